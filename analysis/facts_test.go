package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/stats"
)

// samples are pairs of sides that the facts are tried on: without and with ties, with a trial missing on one side,
// and with tails so heavy that neither mean nor variance exists.
func samples(rng *rand.Rand) [][2][]float64 {
	var out [][2][]float64
	for _, n := range []int{2, 3, 5, 6, 7, 12, 20} {
		for _, sd := range []float64{0.001, 0.05, 1} {
			out = append(out, [2][]float64{draw(rng, n, sd), scaled(draw(rng, n, sd), 1.3)})
		}
		var coarse, lopsided, wild [2][]float64
		for side := range 2 {
			for range n {
				coarse[side] = append(coarse[side], float64(1+rng.IntN(4)))
				lopsided[side] = append(lopsided[side], float64(1+rng.IntN(3)))
				wild[side] = append(wild[side], math.Exp(math.Tan(math.Pi*(rng.Float64()-0.5))))
			}
		}
		lopsided[1][n/2] = missing
		out = append(out, coarse, lopsided, wild)
	}
	return out
}

func closeTo(t *testing.T, what string, got, want float64) {
	t.Helper()
	// Next to 0, as for a shift between equal sides, there is nothing to be relative to.
	if !(math.Abs(got-want) <= 1e-9*max(math.Abs(want), 1e-3)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// log(b/a) = -log(a/b): the candidate over the baseline is the inverse of the baseline over the candidate, and so
// is every bound, with low and high changed over. No test knows which side is which.
func TestSwappedSidesGiveTheInverse(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	turned := map[string]string{Faster: Slower, Slower: Faster}
	for _, s := range samples(rng) {
		x, y := judged(t, "throughput", s[0], s[1]), judged(t, "throughput", s[1], s[0])
		if x.Blocks < 2 {
			continue
		}
		if len(x.Intervals) != len(y.Intervals) || len(x.Tests) != len(y.Tests) || len(x.Effects) != len(y.Effects) {
			t.Fatalf("%v: another number of figures: %+v and %+v", s, x, y)
		}
		for i, a := range append(x.Intervals, x.Ratio) {
			b := append(y.Intervals, y.Ratio)[i]
			closeTo(t, a.Method+", estimate", a.Estimate*b.Estimate, 1)
			closeTo(t, a.Method+", low by high", a.Low*b.High, 1)
			closeTo(t, a.Method+", high by low", a.High*b.Low, 1)
		}
		for i, a := range x.Tests {
			closeTo(t, a.Name+", p", y.Tests[i].P, a.P)
		}
		for i, a := range x.Effects {
			if a.Name == stats.EffectHodgesLehmann {
				closeTo(t, a.Name, a.Value*y.Effects[i].Value, 1)
			} else {
				closeTo(t, a.Name, y.Effects[i].Value, -a.Value)
			}
		}
		want := x.Verdict
		if v := turned[want]; v != "" {
			want = v
		}
		if y.Verdict != want {
			t.Errorf("%v: %s, and %s with the sides swapped", s, x.Verdict, y.Verdict)
		}
	}
}

// log(kb/a) = log k + log(b/a): a candidate k times as fast has k times the ratio, bounds and all.
func TestScalingASideScalesTheRatio(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for _, s := range samples(rng) {
		for _, k := range []float64{0.01, 0.5, 3, 1000} {
			x, y := judged(t, "throughput", s[0], s[1]), judged(t, "throughput", s[0], scaled(s[1], k))
			if x.Blocks < 2 {
				continue
			}
			for i, a := range append(x.Intervals, x.Ratio) {
				b := append(y.Intervals, y.Ratio)[i]
				closeTo(t, a.Method+", estimate", b.Estimate/a.Estimate, k)
				if a.Method == stats.IntervalHull || a.Low < 1e-290 || a.High > 1e290 {
					continue // beyond the largest ratio that is reported, nothing scales; and the hull is made of the others
				}
				closeTo(t, a.Method+", low", b.Low/a.Low, k)
				closeTo(t, a.Method+", high", b.High/a.High, k)
			}
		}
	}
}

// Seconds or milliseconds: the unit cancels out of every ratio, p-value and verdict.
func TestTheUnitChangesNoVerdict(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 6))
	for _, s := range samples(rng) {
		x, y := judged(t, "latency_p99", s[0], s[1]), judged(t, "latency_p99", scaled(s[0], 1024), scaled(s[1], 1024))
		// 1024 is a power of two: not even the last bit of a quotient changes.
		if x.Verdict != y.Verdict || x.Ratio != y.Ratio || mustMarshal(t, x.Intervals) != mustMarshal(t, y.Intervals) {
			t.Errorf("%v: %s %+v became %s %+v", s, x.Verdict, x.Ratio, y.Verdict, y.Ratio)
		}
	}
}

// The order in which the arms of a block ran is drawn by lot and leaves no trace.
func TestTheOrderWithinABlockChangesNothing(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	rows := rowsOf("throughput", draw(rng, 9, 0.1), draw(rng, 9, 0.1))
	x, _ := compareRows(t, "throughput", rows, 1)
	want := mustMarshal(t, x)
	for range 20 {
		for i := 0; i < len(rows); i += 2 {
			if rng.IntN(2) == 0 {
				rows[i], rows[i+1] = rows[i+1], rows[i]
			}
		}
		y, _ := compareRows(t, "throughput", rows, 1)
		if got := mustMarshal(t, y); got != want {
			t.Fatalf("%s\nbecame\n%s", want, got)
		}
	}
}

// The blocks are exchangeable: which of them came first doesn't matter. The one exception is the luck of the
// bootstrap, which draws blocks by their number, so that swapped sides meet the same draws. With 10,000 draws the
// share beyond a bound has a standard error of 0.16 %, which moves the bound by about 3 % of the interval's width at
// most where a sample is as small as here; the estimate and whatever isn't drawn don't move at all.
func TestPermutedBlocksChangeNothingButTheLuckOfTheDraw(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(9, 10))
	for _, n := range []int{6, 8, 12, 20} {
		base, cand := draw(rng, n, 0.1), scaled(draw(rng, n, 0.1), 1.2)
		x := judged(t, "throughput", base, cand)
		order := rng.Perm(n)
		pick := func(v []float64) (out []float64) {
			for _, i := range order {
				out = append(out, v[i])
			}
			return out
		}
		y := judged(t, "throughput", pick(base), pick(cand))
		for i, a := range x.Intervals {
			b := y.Intervals[i]
			closeTo(t, a.Method+", estimate", b.Estimate, a.Estimate)
			if a.Method == stats.IntervalBCa {
				if width := a.High - a.Low; math.Abs(a.Low-b.Low) > 0.05*width || math.Abs(a.High-b.High) > 0.05*width {
					t.Errorf("n = %d: %+v became %+v: more than luck", n, a, b)
				}
				continue
			}
			closeTo(t, a.Method+", low", b.Low, a.Low)
			closeTo(t, a.Method+", high", b.High, a.High)
		}
		for i, a := range x.Tests {
			closeTo(t, a.Name+", statistic", y.Tests[i].Statistic, a.Statistic)
			closeTo(t, a.Name+", p", y.Tests[i].P, a.P)
		}
		for i, a := range x.Effects {
			closeTo(t, a.Name, y.Effects[i].Value, a.Value)
		}
		closeTo(t, "baseline", y.Baseline.Estimate, x.Baseline.Estimate)
		closeTo(t, "CV", y.Candidate.CV, x.Candidate.CV)
	}
}

// Without spread every quotient of the textbooks is x/0 or 0/0. judged fails where one got into the JSON.
func TestConstantSamplesGiveFiniteFigures(t *testing.T) {
	t.Parallel()
	same := func(v float64, n int) []float64 { return slices.Repeat([]float64{v}, n) }
	for name, tt := range map[string]struct {
		base, cand []float64
		verdict    string
	}{
		"one value on both sides": {same(5, 6), same(5, 6), Equivalent},
		"twice as much":           {same(5, 6), same(10, 6), Faster},
		"half as much":            {same(5, 6), same(2.5, 6), Slower},
		"a little more":           {same(100, 6), same(104, 6), Equivalent},
		// 0.1 isn't a binary fraction: a mean that rounds would make a deviation of nothing.
		"rounding":        {same(0.1, 7), same(0.3, 7), Faster},
		"one side varies": {same(5, 6), []float64{9, 10, 11, 10, 9, 11}, Faster},
		// With six blocks, both would be a verdict.
		"five blocks":        {same(5, 5), same(10, 5), Undecided},
		"five equal blocks":  {same(5, 5), same(5, 5), Undecided},
		"two blocks":         {same(5, 2), same(10, 2), Undecided},
		"one block":          {same(5, 1), same(10, 1), Undecided},
		"all zero":           {same(0, 6), same(0, 6), Undecided},
		"zero over a value":  {same(5, 6), same(0, 6), Undecided},
		"a value over zero":  {same(0, 6), same(5, 6), Undecided},
		"negative":           {same(-5, 6), same(-10, 6), Undecided},
		"one side negative":  {same(5, 6), same(-10, 6), Undecided},
		"the largest floats": {same(math.MaxFloat64, 6), same(math.MaxFloat64, 6), Equivalent},
		"the smallest":       {same(5e-324, 6), same(5e-324, 6), Equivalent},
		"from end to end":    {same(1e-140, 6), same(1e140, 6), Faster},
		"too far apart":      {same(5e-324, 6), same(math.MaxFloat64, 6), Undecided},
		"huge, both signs": {[]float64{-1e308, 1e308, -1e308, 1.5e308, -1, 1}, []float64{1e308, -1e308, -1e308, 1e308, 1, 1},
			Undecided},
		"the ends of a ratio": {same(1, 3), []float64{math.MaxFloat64, 5e-324, 1}, Undecided},
	} {
		c := judged(t, "throughput", tt.base, tt.cand)
		if c.Verdict != tt.verdict {
			t.Errorf("%s: %s, want %s", name, c.Verdict, tt.verdict)
		}
		for _, x := range c.Tests {
			if !(x.P >= 0 && x.P <= 1) {
				t.Errorf("%s: %s has p = %v", name, x.Name, x.P)
			}
		}
	}
}

// Two negative numbers have a quotient, but to have twice as little of less than nothing is no ratio.
func TestOnlyPositiveValuesHaveARatio(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		base, cand float64
		blocks     int
	}{{1, 2, 7}, {-1, -2, 6}, {-1, 2, 6}, {1, -2, 6}, {0, 2, 6}, {1, 0, 6}, {0, 0, 6}} {
		base, cand := slices.Repeat([]float64{10}, 6), []float64{20, 21, 22, 20, 21, 22}
		c := judged(t, "latency_p50", append(base, tt.base), append(cand, tt.cand))
		flagged := slices.ContainsFunc(c.Flags, func(f Flagged) bool { return f.Code == flagNoRatio && f.Block == 7 && f.Excluded })
		if c.Blocks != tt.blocks || flagged != (tt.blocks == 6) {
			t.Errorf("%v over %v: %d blocks, flags %+v", tt.cand, tt.base, c.Blocks, c.Flags)
		}
	}
}

// The interval that is shown is that of the test, and the brackets only widen it.
func TestTheIntervalIsThatOfTheTestAndBracketsWidenIt(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(13, 14))
	for _, s := range samples(rng) {
		c := judged(t, "throughput", s[0], s[1])
		for _, i := range c.Intervals {
			if i.Method == stats.IntervalPairedT && i != c.Ratio {
				t.Errorf("%+v isn't %+v", c.Ratio, i)
			}
		}
		if !(c.Bracketed.Low <= c.Ratio.Low && c.Ratio.Low <= c.Ratio.Estimate && c.Ratio.Estimate <= c.Ratio.High && c.Ratio.High <= c.Bracketed.High) {
			t.Errorf("%+v in %+v", c.Ratio, c.Bracketed)
		}
	}
}

// CPU time comes in ticks, so that 3 over 2 in one block meets 2 over 3 in another. Their logarithms are equally far
// from 0, if not in the last digit, and share a rank: 2, 2, 2, 4.5, 4.5 and 6.
func TestEqualRatiosShareARankDespiteRounding(t *testing.T) {
	t.Parallel()
	c := judged(t, "cpu_per_1000", []float64{2, 3, 2, 4, 2, 2}, []float64{3, 2, 4, 2, 3, 5})
	for _, x := range c.Tests {
		// Plus signs: 3/2, 4/2, 3/2 and 5/2.
		if want := 2 + 4.5 + 2 + 6; x.Name == stats.TestWilcoxon && x.Statistic != want {
			t.Errorf("V = %v, want %v", x.Statistic, want)
		}
	}
}
