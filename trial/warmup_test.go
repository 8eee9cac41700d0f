package trial

import "testing"

func TestSteadyRule(t *testing.T) {
	for name, tt := range map[string]struct {
		rates []float64
		want  bool
	}{
		"too few":            {[]float64{100, 100, 100}, false},
		"flat":               {[]float64{100, 100, 100, 100}, true},
		"rising":             {[]float64{50, 80, 110, 140}, false},
		"rose and is steady": {[]float64{10, 50, 95, 100, 105, 101}, true},
		"nothing moves":      {[]float64{0, 0, 0, 0}, false},
		"just within":        {[]float64{90, 100, 100, 110}, true},
		"just beyond":        {[]float64{89, 100, 100, 111}, false},
	} {
		if got := isSteady(tt.rates); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
