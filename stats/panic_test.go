package stats

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// Values that no measurement gives, and confidences that are none, end no program: neither with a panic nor by a function that
// never returns.
func TestNoSamplePanics(t *testing.T) {
	t.Parallel()
	never := func(what string, f func()) {
		t.Helper()
		defer func() {
			if e := recover(); e != nil {
				t.Errorf("%s: %v", what, e)
			}
		}()
		f()
	}
	plain := []float64{1, 2, 3}
	for _, v := range [][]float64{
		{1e308, -1e308, 1e308, 1.7e308, -1, 1}, {1e308, 1e308, 1.5e308}, {5e-324, 1e-320, 1}, {-5, 3, -1e200},
		{math.NaN(), 1, 2}, {math.Inf(1), 1, 2}, {math.Inf(1), math.Inf(-1)},
	} {
		for name, f := range map[string]func(){
			"tests of one sample": func() { PairedT(v); TOST(v, Margin); Wilcoxon(v); Kendall(v); TheilSen(v, v) },
			"tests of two": func() {
				Welch(v, v)
				Welch(v, plain)
				Student(v, plain)
				MannWhitney(v, plain)
				MannWhitney(plain, v)
				WelchRatio(v, plain, 1)
			},
			"intervals": func() {
				MeanInterval(v, Confidence)
				MedianOrRange(v, Confidence)
				LevelInterval(v, Confidence)
				ShiftInterval(v, v, Confidence)
				BCaInterval(v, 50, Confidence, rand.New(rand.NewPCG(1, 1)))
			},
			"effects":  func() { Hedges(v, v); Cliff(v, v); HodgesLehmann(v, v) },
			"unpaired": func() { _, _ = CompareUnpaired(v, v); NeedUnpaired(v, plain, 1) },
			"verdicts": func() { Judge([]Comparison{{Blocks: Exactly(v)}, {Blocks: Exactly(append(v, v...)), Narrow: true}}) },
		} {
			never(fmt.Sprintf("%s of %v", name, v), f)
		}
	}
	for _, c := range []float64{math.Inf(-1), -1, 0, 1, 2} {
		never(fmt.Sprintf("a confidence of %v", c), func() {
			MeanInterval(plain, c)
			MedianInterval(plain, c)
			ShiftInterval(plain, plain, c)
			ShareInterval(1, 3, c)
			Exactly(plain).Interval(c)
		})
	}
}
