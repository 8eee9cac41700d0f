package stats

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/stats/sequential"
)

// clear are blocks of a ratio of about 1.5 whose brackets change it by a few percent.
func clear(n int) Blocks {
	var b Blocks
	for i := range n {
		x := math.Log(1.5 + 0.1*float64(i%2))
		b = append(b, Block{Low: x - 0.05, Log: x, High: x + 0.05})
	}
	return b
}

// turned are the blocks of baseline over candidate.
func turned(b Blocks) Blocks {
	out := make(Blocks, len(b))
	for i, x := range b {
		out[i] = Block{Low: -x.High, Log: -x.Log, High: -x.Low}
	}
	return out
}

// Each clause of the rule is enough to change the verdict or its grade by itself, whichever side is the baseline.
func TestEachClauseOfTheRuleCounts(t *testing.T) {
	t.Parallel()
	within := Exactly([]float64{0.01, 0.011, 0.009, 0.01, 0.011, 0.009, 0.01, 0.01})
	for _, test := range []struct {
		name    string
		change  func(*Comparison, *PValues)
		verdict Verdict
		grade   Grade
	}{
		{"all for it", func(*Comparison, *PValues) {}, Higher, Sure},
		{"corrected p too large", func(_ *Comparison, p *PValues) { *p = PValues{0.05, 0.05} }, Undecided, ""},
		{"p too large at an end of the bracket", func(_ *Comparison, p *PValues) { p.Bracketed = 0.05 }, Higher, Here},
		{"an end of the brackets on the other side", func(c *Comparison, _ *PValues) {
			for i := range c.Blocks {
				c.Blocks[i].Low = -0.1
			}
		}, Higher, Here},
		{"the median isn't on the side of the mean", func(c *Comparison, _ *PValues) {
			c.Blocks = Exactly([]float64{-0.01, -0.02, -0.01, -0.02, 0.01, 3, 3, 3})
		}, Undecided, ""},
		{"five blocks", func(c *Comparison, _ *PValues) { c.Blocks = c.Blocks[:5] }, Undecided, ""},
		{"no block", func(c *Comparison, _ *PValues) { c.Blocks = nil }, Undecided, ""},
		{"within the margin", func(c *Comparison, _ *PValues) { c.Blocks = within }, Equivalent, Sure},
		{"within the margin, five blocks", func(c *Comparison, _ *PValues) { c.Blocks = within[:5] }, Undecided, ""},
		{"within the margin, but not at an end of the brackets", func(c *Comparison, p *PValues) {
			c.Blocks, *p = slices.Clone(within), PValues{0.5, 0.5}
			c.Blocks[3].High = 0.5
		}, Undecided, ""},
	} {
		c, p := Comparison{Blocks: clear(8)}, PValues{0.001, 0.001}
		test.change(&c, &p)
		if verdict, grade := c.Verdict(p); verdict != test.verdict || grade != test.grade {
			t.Errorf("%s: %s, %s, want %s, %s", test.name, verdict, grade, test.verdict, test.grade)
		}
		c.Blocks = turned(c.Blocks)
		want := test.verdict
		if want == Higher {
			want = Lower
		}
		if verdict, grade := c.Verdict(p); verdict != want || grade != test.grade {
			t.Errorf("%s, sides swapped: %s, %s, want %s, %s", test.name, verdict, grade, want, test.grade)
		}
	}
}

// The p-value at the ends of the brackets is the larger one, and there is none where the ends are on two sides.
func TestThePValueOfBracketsIsTheWorse(t *testing.T) {
	t.Parallel()
	c := Comparison{Blocks: clear(8)}
	p := c.Test()
	if p.Plain != PairedT(c.Blocks.Logs()).P || p.Bracketed != PairedT(c.Blocks.Lows()).P || p.Bracketed <= p.Plain {
		t.Errorf("%+v", p)
	}
	for i := range c.Blocks {
		c.Blocks[i].Low = -c.Blocks[i].High
	}
	if p := c.Test(); p.Bracketed != 1 || p.Plain > 0.001 {
		t.Errorf("%+v", p)
	}
}

// Looks cost something: the p-value of the last of several is no smaller than that of a single one, and so is that of a run
// that goes on until its interval is narrow.
func TestLooksMakeNoPValueSmaller(t *testing.T) {
	t.Parallel()
	scale, err := sequential.NewScale([]float64{0.3, 0.6, 1})
	if err != nil {
		t.Fatal(err)
	}
	once := Comparison{Blocks: Exactly([]float64{0.10, -0.05, 0.12, 0.02, 0.08, 0.20, 0.15})}
	thrice, narrow := once, once
	thrice.Scale, narrow.Narrow = scale, true
	p := once.Test().Plain
	if q := thrice.Test().Plain; !(q > p && q < 2*p) {
		t.Errorf("three looks made %g of %g", q, p)
	}
	if q := narrow.Test().Plain; math.Abs(q/p-1.25) > 1e-9 {
		t.Errorf("looking after each block made %g of %g", q, p)
	}
}

// A family is corrected by Holm, and each comparison gets what it has by itself with the corrected p-values.
func TestAFamilyIsCorrectedTogether(t *testing.T) {
	t.Parallel()
	weak := Exactly([]float64{0.12, 0.1, 0.02, 0.3, 0.05, 0.2})
	alone := Judge([]Comparison{{Blocks: weak}})[0]
	if alone.Verdict != Higher || alone.P != (Comparison{Blocks: weak}).Test() || alone.Need != 0 {
		t.Fatalf("alone: %+v", alone)
	}
	family := []Comparison{{Blocks: weak}}
	for range 9 {
		family = append(family, Comparison{Blocks: Exactly([]float64{0.1, -0.1, 0.1, -0.1, 0.11, -0.1})})
	}
	all := Judge(family)
	if got := all[0]; got.Verdict != Undecided || got.Grade != "" || math.Abs(got.P.Plain/alone.P.Plain-10) > 1e-9 || got.Need != weak.Need(10) {
		t.Errorf("in a family of ten: %+v, alone %+v", got, alone)
	}
	if got := all[9]; got.Verdict != Undecided || got.P.Plain < 0.5 || got.Need < MinBlocks {
		t.Errorf("a comparison of equal sides: %+v", got)
	}
	if got := Judge(nil); len(got) != 0 {
		t.Errorf("of no comparison: %+v", got)
	}
}

// Too little is undecided, and no error: nothing, one block, and two.
func TestTooFewBlocksAreUndecided(t *testing.T) {
	t.Parallel()
	for _, logs := range [][]float64{nil, {0.7}, {0.7, 0.7}} {
		got := Judge([]Comparison{{Blocks: Exactly(logs)}})[0]
		if got.Verdict != Undecided || got.Need < MinBlocks || len(logs) < 2 && got.P != (PValues{1, 1}) {
			t.Errorf("%v: %+v", logs, got)
		}
		ratio, bracketed := Exactly(logs).Interval(Confidence)
		if want := 0.0; len(logs) < 2 && (ratio.Confidence != want || bracketed.Confidence != want || ratio.Low != ratio.High) {
			t.Errorf("%v: %+v, %+v", logs, ratio, bracketed)
		}
	}
}

func TestBlocksArePairsOfValuesAboveZero(t *testing.T) {
	t.Parallel()
	b, err := Paired([]float64{1, 2}, []float64{2, 1})
	if err != nil || len(b) != 2 || b[0].Log != math.Log(2) || b[0].Low != b[0].Log || b[1].High != -math.Log(2) {
		t.Errorf("%+v (%v)", b, err)
	}
	for _, tt := range []struct {
		a, b []float64
		want error
	}{
		{[]float64{1}, nil, ErrUnpaired}, {[]float64{1, 0}, []float64{1, 1}, ErrNoRatio}, {[]float64{-1}, []float64{-2}, ErrNoRatio},
		{[]float64{1}, []float64{math.NaN()}, ErrNoRatio}, {[]float64{5e-324}, []float64{math.MaxFloat64}, ErrNoRatio},
	} {
		if _, err := Paired(tt.a, tt.b); !errors.Is(err, tt.want) {
			t.Errorf("%v and %v: %v, want %v", tt.a, tt.b, err, tt.want)
		}
	}
}

// The first number of blocks that is said to do must do, and the one before must not, at the level of the correction.
func TestNeedIsTheFirstNumberThatDoes(t *testing.T) {
	t.Parallel()
	logs := []float64{0.10, -0.05, 0.12, 0.02, -0.08, 0.20, 0.15}
	m, last := MomentsOf(logs), 0
	for _, factor := range []int{1, 8, 64} {
		n := Exactly(logs).Need(factor)
		level := 1 - Alpha/float64(factor)
		if m.Mean <= halfWidth(m.SD, n, level) || m.Mean > halfWidth(m.SD, n-1, level) {
			t.Errorf("factor %d: %d is not the first", factor, n)
		}
		if n <= last {
			t.Errorf("a correction by %d asks for %d blocks, no more than a weaker one", factor, n)
		}
		last = n
	}
}

// The search for the least number of blocks that decides finds what trying each finds.
func TestNeedIsTheLeastThatDecides(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 5))
	for range 60 {
		spread, shift := math.Exp(-3+2*rng.NormFloat64()), 0.05*rng.NormFloat64()
		var logs []float64
		for range 2 + rng.IntN(8) {
			logs = append(logs, shift+spread*rng.NormFloat64())
		}
		factor := 1 + rng.IntN(50)
		m := MomentsOf(logs)
		want := 0
		for n := max(MinBlocks, len(logs)+1); n <= MaxNeed && want == 0; n++ {
			if math.Abs(m.Mean) > halfWidth(m.SD, n, 1-Alpha/float64(factor)) || math.Abs(m.Mean)+halfWidth(m.SD, n, 1-2*Alpha) < math.Log1p(Margin) {
				want = n
			}
		}
		if got := Exactly(logs).Need(factor); got != want {
			t.Errorf("%d blocks are needed, want %d: %+v", got, want, m)
		}
	}
}

func TestOnlyASureVerdictIsSettledAtOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		g      Grade
		blocks int
		want   bool
	}{{"", 100, false}, {Sure, MinBlocks, true}, {Here, 2*MinBlocks - 1, false}, {Here, 2 * MinBlocks, true}} {
		if got := Settled(tt.g, tt.blocks); got != tt.want {
			t.Errorf("%q, %d blocks: %v", tt.g, tt.blocks, got)
		}
	}
	i := Interval{Estimate: 2, Low: 1.9, High: 2.2}
	if !NarrowEnough(i, MinBlocks, 0.1001) || NarrowEnough(i, MinBlocks, 0.0999) || NarrowEnough(i, MinBlocks-1, 0.2) {
		t.Errorf("half-width %g", i.HalfWidth())
	}
}
