package shift

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/stats"
)

// steps are levels, each with a number of values, with independent noise of that deviation.
func steps(rng *rand.Rand, sd float64, levels ...float64) []float64 {
	var out []float64
	for i := 0; i+1 < len(levels); i += 2 {
		for range int(levels[i+1]) {
			out = append(out, math.Log(levels[i])+sd*rng.NormFloat64())
		}
	}
	return out
}

// correlated is an unchanged series whose values follow each other with that correlation.
func correlated(rng *rand.Rand, n int, r float64) []float64 {
	out := make([]float64, n)
	x := rng.NormFloat64()
	for i := range out {
		out[i] = 0.02 * x
		x = r*x + math.Sqrt(1-r*r)*rng.NormFloat64()
	}
	return out
}

func TestAPlantedChangeIsFoundWhereItIs(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		levels []float64
		sd     float64
		at     []int
	}{
		"a step down":              {[]float64{100, 40, 90, 30}, 0.02, []int{40}},
		"a step up":                {[]float64{100, 40, 110, 30}, 0.02, []int{40}},
		"a small step, for long":   {[]float64{100, 60, 98, 90}, 0.01, []int{60}},
		"a large step, soon":       {[]float64{100, 12, 80, 4}, 0.005, []int{12}},
		"down and up again":        {[]float64{100, 40, 85, 25, 100, 25}, 0.015, []int{40, 65}},
		"a large step, seen early": {[]float64{100, 40, 50, 8}, 0.01, []int{40}},
		"none":                     {[]float64{100, 200}, 0.02, nil},
		"too short":                {[]float64{100, 4, 50, 3}, 0.001, nil},
	} {
		for seed := range uint64(20) {
			s := steps(rand.New(rand.NewPCG(7, seed)), tt.sd, tt.levels...)
			got := Find(s, 0.01)
			ok := len(got) == len(tt.at)
			for i := range got {
				ok = ok && got[i].P < got[i].Level && got[i].Sure > got[i].At && math.Abs(float64(got[i].At-tt.at[i])) <= 12
			}
			if !ok {
				t.Errorf("%s, seed %d: %+v, want changes at %v", name, seed, got, tt.at)
			}
		}
	}
}

// The flow of the Nile at Aswan, 1871 to 1970, fell when the first dam was begun in 1899: Cobb, "The problem of the Nile",
// Biometrika 65 (1978).
func TestTheNileFellIn1899(t *testing.T) {
	t.Parallel()
	nile := []float64{1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260,
		1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862,
		698, 845, 744, 796, 1040, 759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890, 744, 749, 838,
		1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740}
	got := Find(nile, 0.05)
	if len(got) != 1 || got[0].At != 28 {
		t.Errorf("%+v", got)
	}
}

// Whatever comes later, a change that is sure stays so, and is found with the same value.
func TestLaterValuesTakeNothingBack(t *testing.T) {
	t.Parallel()
	s := steps(rand.New(rand.NewPCG(1, 1)), 0.02, 100, 30, 90, 25, 100, 40)
	var last []Shift
	for n := range len(s) + 1 {
		got := Find(s[:n], 0.01)
		if len(got) < len(last) || !slices.Equal(got[:len(last)], last) {
			t.Fatalf("after %d values %+v, before %+v", n, got, last)
		}
		if len(got) > len(last) && got[len(got)-1].Sure != n-1 {
			t.Fatalf("after %d values, %+v is new", n, got[len(got)-1])
		}
		last = got
	}
	if len(last) != 2 {
		t.Errorf("%+v", last)
	}
}

// The bound holds for series of any correlation, and with outliers. The rates of 1,000 looks are in docs/compare.md.
func TestUnchangedSeriesSeldomHaveAShift(t *testing.T) {
	t.Parallel()
	outliers := func(rng *rand.Rand) []float64 {
		s := correlated(rng, 120, 0)
		for i := range s {
			if rng.Float64() < 0.05 {
				s[i] -= 0.2 * rng.Float64()
			}
		}
		return s
	}
	for name, draw := range map[string]func(*rand.Rand) []float64{
		"independent": func(rng *rand.Rand) []float64 { return correlated(rng, 120, 0) },
		"drifting":    func(rng *rand.Rand) []float64 { return correlated(rng, 120, 0.7) },
		"outliers":    outliers,
	} {
		rng := rand.New(rand.NewPCG(3, 5))
		found := 0
		for range 300 {
			if len(Find(draw(rng), 0.05)) > 0 {
				found++
			}
		}
		if found > 15 {
			t.Errorf("%s: %d of 300 series have a shift", name, found)
		}
	}
}

func TestAwkwardSeries(t *testing.T) {
	t.Parallel()
	for name, s := range map[string][]float64{
		"empty": {}, "one": {1}, "constant": make([]float64, 50), "not finite": append(make([]float64, 20), math.NaN()),
		"huge":         {1e150, -1e150, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"a rare count": {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 4, 0, 0, 0, 0, 0, 0},
	} {
		if got := Find(s, 0.01); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Without noise, a step is certain.
	got := Find([]float64{1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2}, 0.01)
	if len(got) != 1 || got[0].At != 8 {
		t.Errorf("a step without noise: %+v", got)
	}
}

// The shares of all looks add up to the level, and the variance of a mean is that of the sum of all covariances.
func TestSharesAndInflation(t *testing.T) {
	t.Parallel()
	sum := 0.0
	for look := range 1_000_000 {
		sum += spent(look)
	}
	if sum > 1 || sum < 0.999 {
		t.Errorf("the shares add up to %v", sum)
	}
	for _, r := range []float64{0, 0.3, 0.95} {
		for _, n := range []int{1, 2, 7, 50} {
			want := 1.0
			for k := 1; k < n; k++ {
				want += 2 * (1 - float64(k)/float64(n)) * math.Pow(r, float64(k))
			}
			if got := inflated(n, r); math.Abs(got-want) > 1e-9 {
				t.Errorf("n %d, r %v: %v, want %v", n, r, got, want)
			}
		}
	}
	if !stats.IsFinite(spent(0)) {
		t.Error("the first look has no share")
	}
}
