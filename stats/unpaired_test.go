package stats

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

func TestUnpairedRatiosAreThoseOfSciPy(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/unpaired.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Samples map[string][]float64 `json:"samples"`
		Ranks   []struct {
			M, N, K  int
			Coverage float64
		} `json:"ranks"`
		Pairs []struct {
			A           string  `json:"a"`
			B           string  `json:"b"`
			Ratio       float64 `json:"ratio"`
			WelchP      float64 `json:"welch_p"`
			WelchLow    float64 `json:"welch_low"`
			WelchHigh   float64 `json:"welch_high"`
			MannWhitney float64 `json:"mann_whitney_p"`
			HL          float64 `json:"hl"`
			HLLow       float64 `json:"hl_low"`
			HLHigh      float64 `json:"hl_high"`
			AtLess      float64 `json:"at_five_percent_less_p"`
			Student     float64 `json:"student_p"`
		} `json:"pairs"`
	}
	if err := json.Unmarshal(data, &ref); err != nil {
		t.Fatal(err)
	}
	c := &checker{t: t}
	for _, r := range ref.Ranks {
		k, coverage := shiftRank(r.M, r.N, 0.95)
		if k != r.K {
			t.Errorf("%d and %d values: rank %d, want %d", r.M, r.N, k, r.K)
		}
		c.near("coverage", coverage, r.Coverage)
	}
	for _, r := range ref.Pairs {
		x, y := ref.Samples[r.A], ref.Samples[r.B]
		u, err := CompareUnpaired(x, y)
		if err != nil || len(u.Intervals) != 2 || len(u.Tests) != 2 || !u.Whole() {
			t.Fatalf("%s and %s: %v %+v", r.A, r.B, err, u)
		}
		w, h := u.Intervals[0], u.Intervals[1]
		c.near("ratio", u.Ratio.Estimate, r.Ratio)
		c.near("Welch's estimate", w.Estimate, r.Ratio)
		c.near("Welch's low", w.Low, r.WelchLow)
		c.near("Welch's high", w.High, r.WelchHigh)
		c.near("Hodges-Lehmann", h.Estimate, r.HL)
		c.near("its low", h.Low, r.HLLow)
		c.near("its high", h.High, r.HLHigh)
		c.near("low of all", u.Ratio.Low, min(r.WelchLow, r.HLLow))
		c.near("high of all", u.Ratio.High, max(r.WelchHigh, r.HLHigh))
		c.near("Welch's p", u.Tests[0].P, r.WelchP)
		c.near("Mann and Whitney's p", u.Tests[1].P, r.MannWhitney)
		c.near("p of 5 % less", WelchRatio(x, y, 0.95).P, r.AtLess)
		c.near("Student's p", Student(Logs(x), Logs(y)).P, r.Student)
	}
	if c.n < 100 {
		t.Errorf("only %d values were compared", c.n)
	}
}

// Of 2,000 pairs of log-normal samples each interval must hold the true ratio as often as it says, up to four standard
// errors of a binomial count.
func TestUnpairedIntervalsCoverTheTrueRatio(t *testing.T) {
	t.Parallel()
	const pairs, truth = 2000, 0.93
	rng := rand.New(rand.NewPCG(11, 25))
	draw := func(n int, sd, scale float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = scale * math.Exp(sd*rng.NormFloat64())
		}
		return out
	}
	// Distribution-free intervals suppose that both sides vary alike; Welch's and so the widest don't.
	for _, tt := range []struct {
		m, n   int
		sa, sb float64
		equal  bool
	}{{6, 6, 0.05, 0.05, true}, {7, 7, 0.3, 0.3, true}, {10, 10, 0.02, 0.02, true}, {6, 10, 0.1, 0.1, true}, {8, 8, 0.02, 0.1, false},
		{25, 25, 0.1, 0.1, true}} {
		held, of := map[string]int{}, map[string]float64{}
		for range pairs {
			u, err := CompareUnpaired(draw(tt.m, tt.sa, 1000), draw(tt.n, tt.sb, 1000*truth))
			if err != nil || !u.Whole() {
				t.Fatalf("%+v: %v", tt, err)
			}
			for _, i := range append(u.Intervals, u.Ratio) {
				if i.Low <= truth && truth <= i.High {
					held[i.Method]++
				}
				of[i.Method] = i.Confidence
			}
		}
		for method, confidence := range of {
			share := float64(held[method]) / pairs
			slack := 4 * math.Sqrt(confidence*(1-confidence)/pairs)
			switch {
			case method == IntervalHodgesLehmann && !tt.equal:
			case share < confidence-slack:
				t.Errorf("%+v: %s held it in %.1f %%, and says %.1f %%", tt, method, 100*share, 100*Confidence)
			case method != IntervalHull && share > confidence+slack:
				t.Errorf("%+v: %s is too wide: it held it in %.1f %%, and says %.1f %%", tt, method, 100*share, 100*Confidence)
			}
		}
	}
}

func TestUnpairedSamplesWithoutARatio(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		a, b  []float64
		err   error
		whole bool
		ratio float64
	}{
		"nothing":                {nil, nil, ErrTooFew, false, 0},
		"one":                    {[]float64{1}, []float64{1, 2, 3, 4}, ErrTooFew, false, 0},
		"a nought":               {[]float64{1, 0, 2, 3}, []float64{1, 2, 3, 4}, ErrNoRatio, false, 0},
		"below nought":           {[]float64{1, 2, 3, 4}, []float64{-1, 2, 3, 4}, ErrNoRatio, false, 0},
		"two a side":             {[]float64{1, 1.1}, []float64{2, 2.2}, nil, false, 2},
		"three a side":           {[]float64{1, 1.1, 1.2}, []float64{2, 2.2, 2.4}, nil, false, 2},
		"four a side":            {[]float64{1, 1.1, 1.2, 1.3}, []float64{2, 2.2, 2.4, 2.6}, nil, true, 2},
		"nought in every trial":  {[]float64{0, 0, 0, 0}, []float64{0, 0, 0, 0}, nil, true, 1},
		"constant, not the same": {[]float64{4, 4, 4, 4}, []float64{2, 2, 2, 2}, nil, true, 0.5},
		"too small to be squared": {[]float64{1, 1, 1, math.Nextafter(1, 2)}, []float64{1, 1, 1, math.Nextafter(1, 2)},
			nil, true, 1},
		"as far apart as can be": {[]float64{math.SmallestNonzeroFloat64, 1e-320, 1e-321, 1e-322}, []float64{math.MaxFloat64, 1e308, 1e307, 1e306},
			nil, true, math.Exp(700)},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := slices.Clone(tt.a), slices.Clone(tt.b)
			u, err := CompareUnpaired(tt.a, tt.b)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Fatalf("%v, want %v", err, tt.err)
			}
			if !slices.Equal(a, tt.a) || !slices.Equal(b, tt.b) {
				t.Error("the samples were changed")
			}
			if p := WelchRatio(tt.a, tt.b, 0.95).P; !(p >= 0 && p <= 1) || tt.err != nil && p != 1 {
				t.Errorf("p is %v", p)
			}
			if err != nil {
				return
			}
			if _, err := json.Marshal(u); err != nil {
				t.Errorf("%+v can't be written: %v", u, err)
			}
			if u.Whole() != tt.whole || math.Abs(u.Ratio.Estimate/tt.ratio-1) > 1e-9 {
				t.Errorf("%+v", u)
			}
			if !(u.Ratio.Low <= u.Ratio.Estimate && u.Ratio.Estimate <= u.Ratio.High) {
				t.Errorf("%+v", u.Ratio)
			}
		})
	}
}

// With both sides alike in spread Welch's interval is Student's with twice the degrees of freedom, so the number of
// trials that would decide can be had by hand.
func TestTheTrialsThatWouldDecideAreThoseOfStudentsInterval(t *testing.T) {
	t.Parallel()
	first := []float64{math.Exp(0.1), math.Exp(-0.1), math.Exp(0.1), math.Exp(-0.1)}
	second := make([]float64, len(first))
	for i, v := range first {
		second[i] = 0.9 * v
	}
	sd := MomentsOf(Logs(first)).SD
	for _, bound := range []float64{0.95, 0.85, 0.8} {
		want := 5
		for studentQuantile(0.975, float64(2*want-2))*sd*math.Sqrt(2/float64(want)) >= math.Abs(math.Log(0.9/bound)) {
			want++
		}
		if got := NeedUnpaired(first, second, bound); got != want {
			t.Errorf("%v: %d trials, want %d", bound, got, want)
		}
	}
	if got := NeedUnpaired(first, second, 0.9); got != 0 {
		t.Errorf("just at the ratio: %d trials", got)
	}
	if got := NeedUnpaired(first, nil, 0.9); got != 0 {
		t.Errorf("of nothing: %d trials", got)
	}
}
