package regress

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// steps are levels of so many values each, with log-normal noise.
func steps(rng *rand.Rand, sd float64, levels ...float64) []float64 {
	var out []float64
	for i := 0; i+1 < len(levels); i += 2 {
		for range int(levels[i+1]) {
			out = append(out, levels[i]*math.Exp(sd*rng.NormFloat64()))
		}
	}
	return out
}

func TestChangePointsAreThoseOfIndependentCode(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/divisive.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref []struct {
		Name         string    `json:"name"`
		Series       []float64 `json:"series"`
		DivergenceAt int       `json:"divergence_at"`
		Divergence   float64   `json:"divergence"`
		Otava        []int     `json:"otava"`
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	for _, r := range ref {
		first := r.Series[:min(50, len(r.Series))]
		if at, _, q := divergence(first); at != r.DivergenceAt || math.Abs(q/r.Divergence-1) > 1e-9 {
			t.Errorf("%s: it diverges most at %d by %v, want %d by %v", r.Name, at, q, r.DivergenceAt, r.Divergence)
		}
		if got := changePoints(r.Series, DefaultWindow, DefaultLevel); !slices.Equal(got, r.Otava) {
			t.Errorf("%s: change points %v, want %v", r.Name, got, r.Otava)
		}
	}
	if len(ref) != 6 {
		t.Errorf("%d series were compared", len(ref))
	}
}

func TestPlantedStepsAreFoundWhereTheyAre(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		series func(*rand.Rand) []float64
		want   []int
		// share of the series that have just these points.
		share float64
	}{
		"one step":              {func(r *rand.Rand) []float64 { return steps(r, 0.01, 100, 20, 92, 20) }, []int{20}, 0.97},
		"the last four runs":    {func(r *rand.Rand) []float64 { return steps(r, 0.01, 100, 20, 92, 4) }, []int{20}, 0.97},
		"a bump":                {func(r *rand.Rand) []float64 { return steps(r, 0.01, 100, 15, 110, 10, 100, 15) }, []int{15, 25}, 0.97},
		"stairs over windows":   {func(r *rand.Rand) []float64 { return steps(r, 0.01, 100, 40, 92, 40, 85, 40) }, []int{40, 80}, 0.97},
		"too few runs after it": {func(r *rand.Rand) []float64 { return steps(r, 0.01, 100, 20, 50, 3) }, nil, 0},
	} {
		rng := rand.New(rand.NewPCG(3, 9))
		found := 0
		const times = 200
		for range times {
			got := changePoints(levels(tt.series(rng)), DefaultWindow, DefaultLevel)
			if slices.Equal(got, tt.want) {
				found++
			}
		}
		if share := float64(found) / times; share < tt.share {
			t.Errorf("%s: %v was found in %.1f %% of the series", name, tt.want, 100*share)
		}
	}
}

// The level says how often noise may show a change point: 1 %, so 5 of 500 series. Outliers make it twice that.
func TestNoiseHasNoChangePoints(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		draw func(*rand.Rand) float64
		most int
	}{
		"normal":     {func(r *rand.Rand) float64 { return 100 + r.NormFloat64() }, 5},
		"log-normal": {func(r *rand.Rand) float64 { return math.Exp(0.1 * r.NormFloat64()) }, 5},
		"outliers":   {func(r *rand.Rand) float64 { return 100 + r.ExpFloat64() - r.ExpFloat64() }, 10},
	} {
		for _, n := range []int{8, 20, 50, 120} {
			rng := rand.New(rand.NewPCG(5, uint64(n)))
			found := 0
			for range 500 {
				s := make([]float64, n)
				for i := range s {
					s[i] = tt.draw(rng)
				}
				if len(changePoints(levels(s), DefaultWindow, DefaultLevel)) > 0 {
					found++
				}
			}
			if found > tt.most {
				t.Errorf("%s, %d runs: %d of 500 series have a change point", name, n, found)
			}
		}
	}
}

func TestAwkwardSeriesHaveNoChangePoints(t *testing.T) {
	t.Parallel()
	for name, s := range map[string][]float64{
		"empty": {}, "one": {1}, "too short": {1, 1, 1, 2, 2, 2, 2}, "constant": make([]float64, 30),
		"huge": {math.MaxFloat64, -math.MaxFloat64, 1, 2, 3, 4, 5, 6, 7},
	} {
		if got := changePoints(s, DefaultWindow, DefaultLevel); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	// Without any noise a step is certain.
	if got := changePoints([]float64{1, 1, 1, 1, 1, 2, 2, 2, 2}, DefaultWindow, DefaultLevel); !slices.Equal(got, []int{5}) {
		t.Errorf("a step without noise: %v", got)
	}
}

func TestTheSameSeriesHasTheSameChangePoints(t *testing.T) {
	t.Parallel()
	s := steps(rand.New(rand.NewPCG(1, 1)), 0.02, 100, 30, 95, 25, 99, 40)
	want := changePoints(s, DefaultWindow, DefaultLevel)
	for range 20 {
		if got := changePoints(s, DefaultWindow, DefaultLevel); !slices.Equal(got, want) {
			t.Fatalf("%v, then %v", want, got)
		}
	}
	// Points don't hang on the unit.
	scaled := slices.Clone(s)
	for i := range scaled {
		scaled[i] *= 1024
	}
	if got := changePoints(levels(scaled), DefaultWindow, DefaultLevel); !slices.Equal(got, changePoints(levels(s), DefaultWindow, DefaultLevel)) {
		t.Errorf("in another unit: %v", got)
	}
}
