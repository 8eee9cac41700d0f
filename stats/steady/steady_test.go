package steady

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// testdata/reference.py says where the values are from.
func TestChangePointsAndTruncationAreThoseOfTheReference(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Series []struct {
			Name    string    `json:"name"`
			Values  []float64 `json:"values"`
			Changes []int     `json:"changes"`
			Skip    int       `json:"skip"`
			OK      bool      `json:"ok"`
		} `json:"series"`
	}
	if err := json.Unmarshal(data, &ref); err != nil || len(ref.Series) < 11 {
		t.Fatalf("%d series (%v)", len(ref.Series), err)
	}
	for _, s := range ref.Series {
		if got := Changes(s.Values); !slices.Equal(got, s.Changes) {
			t.Errorf("%s: changes at %v, want %v", s.Name, got, s.Changes)
		}
		if skip, ok := MSER5(s.Values); skip != s.Skip || ok != s.OK {
			t.Errorf("%s: MSER-5 leaves out %d (%t), want %d (%t)", s.Name, skip, ok, s.Skip, s.OK)
		}
	}
}

// levels draws a series of levels, each of a length.
func levels(seed uint64, noise float64, parts ...[2]float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 5))
	var out []float64
	for _, p := range parts {
		for range int(p[1]) {
			out = append(out, p[0]*math.Exp(noise*rng.NormFloat64()))
		}
	}
	return out
}

func TestSeriesAreOfTheirClass(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		values []float64
		lower  bool // lower is better
		class  Class
		from   int
	}{
		{"flat", levels(1, 0.05, [2]float64{1000, 100}), false, Flat, 0},
		{"warm-up", levels(2, 0.05, [2]float64{500, 30}, [2]float64{1000, 70}), false, WarmUp, 30},
		{"slow-down", levels(3, 0.05, [2]float64{1500, 30}, [2]float64{1000, 70}), false, SlowDown, 30},
		{"latency that falls", levels(4, 0.05, [2]float64{9, 30}, [2]float64{4, 70}), true, WarmUp, 30},
		{"latency that rises", levels(5, 0.05, [2]float64{4, 30}, [2]float64{9, 70}), true, SlowDown, 30},
		{"never", levels(6, 0.05, [2]float64{1000, 85}, [2]float64{500, 15}), false, Never, 100},
		{"a dip", levels(7, 0.02, [2]float64{1000, 30}, [2]float64{500, 20}, [2]float64{1000, 50}), false, WarmUp, 50},
		{"within the margin", levels(8, 0.005, [2]float64{1000, 30}, [2]float64{1030, 70}), false, Flat, 0},
		{"too short", levels(9, 0.05, [2]float64{1000, 39}), false, Short, 39},
		{"constant", slices.Repeat([]float64{7}, 60), false, Flat, 0},
	} {
		r, err := Judge(tt.values, !tt.lower, 0.05)
		if err != nil {
			t.Fatal(err)
		}
		// MSER-5 cuts in steps of five, and may take a batch that is half and half.
		if r.Class != tt.class || r.From < tt.from || r.From > tt.from+30 && tt.class != Never {
			t.Errorf("%s: %+v, want %s from %d", tt.name, r, tt.class, tt.from)
		}
	}
	for _, bad := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := Judge(append(levels(1, 0.1, [2]float64{1, 50}), bad), true, 0.05); err == nil {
			t.Errorf("%v was judged", bad)
		}
	}
}

// Levels found in noise would make trials unsteady that are steady. The penalty is for that.
func TestNoiseHasOneLevel(t *testing.T) {
	t.Parallel()
	const runs = 1000
	wrong := 0
	for seed := range uint64(runs) {
		if len(Changes(levels(seed, 0.1, [2]float64{100, 100}))) > 0 {
			wrong++
		}
	}
	if wrong > runs/100 {
		t.Errorf("%d of %d series of noise have a change", wrong, runs)
	}
}

func TestChangesKeepUnderShiftAndScale(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		x := levels(seed, 0.05, [2]float64{5, 40}, [2]float64{5.5, 60})
		want := Changes(x)
		y := make([]float64, len(x))
		for i := range x {
			y[i] = 1000 - 8*x[i]
		}
		if got := Changes(y); !slices.Equal(got, want) {
			t.Errorf("seed %d: %v after shift and scale, %v before", seed, got, want)
		}
	}
}

func TestRatesAreThoseOfTheDrain(t *testing.T) {
	t.Parallel()
	var ends []float64
	for i := range 10_000 {
		ends = append(ends, float64(i+1)/1000)
	}
	rates, seconds := Rates(ends, Tail)
	if len(rates) != MaxWindows || math.Abs(seconds-0.095) > 1e-9 {
		t.Fatalf("%d windows of %g s", len(rates), seconds)
	}
	for i, r := range rates {
		if math.Abs(r-1000) > 12 { // one task more or less
			t.Errorf("window %d: %g tasks/s", i, r)
		}
	}
	// A worker that alone does the last tasks is in no window.
	for i := range 400 {
		ends[len(ends)-400+i] = 9.6 + float64(i)
	}
	if _, after := Rates(ends, Tail); math.Abs(after-seconds) > 1e-9 {
		t.Errorf("windows are %g s long with a straggler", after)
	}
	if rates, _ := Rates(ends[:400], Tail); rates != nil {
		t.Errorf("%d windows of 400 tasks", len(rates))
	}
	if rates, _ := Rates(make([]float64, 5000), Tail); rates != nil {
		t.Error("rates of no time")
	}
}

func TestMediansKeepTheOrder(t *testing.T) {
	t.Parallel()
	var values []float64
	for i := range 1000 {
		values = append(values, float64(i))
	}
	got := Medians(values)
	if len(got) != MaxWindows || got[0] != 4.5 || got[99] != 994.5 {
		t.Errorf("%d windows from %g to %g", len(got), got[0], got[len(got)-1])
	}
	if Medians(values[:399]) != nil {
		t.Error("medians of 399 values")
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte{1, 2, 3}, true)
	f.Add(make([]byte, 400), false)
	f.Fuzz(func(t *testing.T, data []byte, higher bool) {
		var values []float64
		for i := 0; i+2 <= len(data); i += 2 {
			values = append(values, math.Ldexp(1+float64(data[i])/256, int(int8(data[i+1]))*8))
		}
		r, err := Judge(values, higher, 0.05)
		if err != nil {
			return
		}
		if r.From < 0 || r.From > r.Windows || r.Skip < -1 || r.Skip > r.Windows || !slices.IsSorted(r.Changes) {
			t.Errorf("%+v", r)
		}
	})
}
