package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/internal/fuzzfloats"
)

// Each procedure keeps to its range for any numbers that it can meet: finite values, and logarithms of positive ones.
func FuzzStatisticsKeepToTheirRange(f *testing.F) {
	fuzzfloats.AddSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		values := slices.DeleteFunc(fuzzfloats.Of(data), func(v float64) bool { return !IsFinite(v) })
		if len(values) == 0 {
			return
		}
		s := ascending(values)
		before := s[0]
		for p := 0.0; p <= 1; p += 1.0 / 16 {
			q := Quantile(s, p)
			// Interpolation may round beyond its ends by a last digit.
			slack := 1e-15 * math.Abs(q)
			if !(q >= before-slack && q <= s[len(s)-1]+slack) {
				t.Fatalf("quantile %v of %v is %v after %v", p, s, q, before)
			}
			before = q
		}
		logs := Logs(values)
		if len(logs) < 2 {
			return
		}
		base, cand := logs[:len(logs)/2], logs[len(logs)/2:]
		ps := []float64{}
		for _, x := range []Test{PairedT(logs), Wilcoxon(logs), MannWhitney(base, cand), TOST(logs, Margin)} {
			if !(x.P >= 0 && x.P <= 1) || math.IsNaN(x.Statistic) {
				t.Fatalf("%+v of %v", x, logs)
			}
			ps = append(ps, x.P)
		}
		corrected, _ := Holm(ps)
		for i := range ps {
			if !(corrected[i] >= ps[i] && corrected[i] <= 1) {
				t.Fatalf("%v became %v", ps, corrected)
			}
		}
		for _, i := range []Interval{MeanInterval(logs, Confidence).Exp(), BCaInterval(logs, 100, Confidence, rand.New(rand.NewPCG(1, 2))).Exp()} {
			if !(i.Low <= i.High && IsFinite(i.Low) && IsFinite(i.High) && IsFinite(i.Estimate)) {
				t.Fatalf("%+v of %v", i, logs)
			}
		}
		if i, ok := MedianInterval(logs, Confidence); ok && !(i.Low <= i.Estimate && i.Estimate <= i.High && i.Confidence >= Confidence) {
			t.Fatalf("%+v of %v", i, logs)
		}
		if e, ok := Cliff(base, cand); !ok || !(e.Value >= -1 && e.Value <= 1) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
		if e, ok := HodgesLehmann(base, cand); !ok || !(e.Value > 0 && IsFinite(e.Value)) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
		if e, ok := Hedges(base, cand); ok && !IsFinite(e.Value) {
			t.Fatalf("%+v of %v and %v", e, base, cand)
		}
	})
}
