package analysis

import (
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tqbench/tqbench/stats/sequential"
)

// Block is the logarithm of a block's ratio, and of the ends of its bracket.
type Block struct{ Low, Log, High float64 }

// Blocks are those of one comparison, in any order.
type Blocks []Block

func (b Blocks) logs() []float64  { return b.each(func(x Block) float64 { return x.Log }) }
func (b Blocks) lows() []float64  { return b.each(func(x Block) float64 { return x.Low }) }
func (b Blocks) highs() []float64 { return b.each(func(x Block) float64 { return x.High }) }

func (b Blocks) each(of func(Block) float64) []float64 {
	out := make([]float64, len(b))
	for i, x := range b {
		out[i] = of(x)
	}
	return out
}

// pvalues are those of the paired test for all looks: of the ratios as measured, and at the worse end of the brackets.
type pvalues struct{ plain, bracketed float64 }

// A run that adds blocks until its intervals are narrow looks after each block, and stops at what is most readily a
// difference or an equivalence by chance. Simulated, these are right for it; at 5 %, up to 5.7 % of alarms were false.
const (
	narrowFactor = alpha / 0.04
	narrowAlike  = alpha / 2
)

func (b Blocks) test(scale sequential.Scale, narrow bool) pvalues {
	low, mid, high := momentsOf(b.lows()), momentsOf(b.logs()), momentsOf(b.highs())
	value := func(m moments) float64 {
		p := scale.P(pairedT(m).P)
		if narrow {
			p = min(narrowFactor*p, 1)
		}
		return p
	}
	p := pvalues{plain: value(mid)}
	p.bracketed = max(p.plain, value(low), value(high))
	if low.mean*high.mean <= 0 && p.plain > 0 || low.mean*high.mean < 0 {
		p.bracketed = 1 // the ends are on two sides of 1
	}
	return p
}

// guard is the confidence of the interval of order statistics that has to be on the verdict's side.
const guard = 0.75

// side is 1 where the median is above 0 by the guard's interval, -1 where it is below, and else 0.
func side(logs []float64) int {
	i, ok := orderInterval(logs, guard)
	switch {
	case ok && i.Low > 0:
		return 1
	case ok && i.High < 0:
		return -1
	}
	return 0
}

// judgement is all that a verdict rests on.
type judgement struct {
	blocks Blocks
	scale  sequential.Scale
	// narrow is true in a run that adds blocks until its intervals are narrow.
	narrow bool
	// plain and bracketed are the p-values of the test, for all looks and corrected for the family.
	plain, bracketed float64
}

// verdict is the verdict on the candidate and its grade.
func (j judgement) verdict(higherIsBetter bool) (verdict, grade string) {
	if len(j.blocks) < minBlocks {
		return Undecided, ""
	}
	level := alpha
	if j.narrow {
		level = narrowAlike
	}
	// Two one-sided tests at a level are one two-sided test at twice that, as far as looks go.
	alike := func(logs []float64) bool { return j.scale.P(2*tost(momentsOf(logs), margin).P) < 2*level }
	if alike(j.blocks.logs()) && alike(j.blocks.lows()) && alike(j.blocks.highs()) {
		return Equivalent, GradeSure
	}
	mid := side(j.blocks.logs())
	mean := momentsOf(j.blocks.logs()).mean
	if j.plain >= alpha || mid == 0 || mid > 0 != (mean > 0) {
		return Undecided, ""
	}
	verdict, grade = Slower, GradeHere
	if (mid > 0) == higherIsBetter {
		verdict = Faster
	}
	if j.bracketed < alpha && side(j.blocks.lows()) == mid && side(j.blocks.highs()) == mid {
		grade = GradeSure
	}
	return verdict, grade
}

// Judgement is what the rules of every analysis make of one comparison, in a family of one. It is for simulations of those
// rules and for A/A runs.
type Judgement struct {
	j judgement
	m moments
}

// Terms are what a comparison is judged by beside its blocks. Those of a single comparison of a run that looks once are zero.
type Terms struct {
	// Scale is that of the run's looks.
	Scale sequential.Scale
	// Family is how many comparisons the p-value is corrected for, as the smallest of them would be.
	Family int
	// Narrow is true in a run that adds blocks until its intervals are narrow.
	Narrow bool
}

// Judge judges at least two blocks.
func Judge(b Blocks, t Terms) *Judgement {
	p, family := b.test(t.Scale, t.Narrow), float64(max(t.Family, 1))
	return &Judgement{
		j: judgement{blocks: b, scale: t.Scale, narrow: t.Narrow, plain: family * p.plain, bracketed: family * p.bracketed},
		m: momentsOf(b.logs()),
	}
}

// Verdict is the verdict where more is better, and its grade.
func (j *Judgement) Verdict() (verdict, grade string) { return j.j.verdict(true) }

// Covers tells whether the interval of the ratio holds a true one, as measured and with the brackets.
func (j *Judgement) Covers(ratio float64) (plain, bracketed bool) {
	mid := tInterval(j.m, confidence)
	low, high := tInterval(momentsOf(j.j.blocks.lows()), confidence), tInterval(momentsOf(j.j.blocks.highs()), confidence)
	return mid.Low <= ratio && ratio <= mid.High, min(low.Low, mid.Low) <= ratio && ratio <= max(high.High, mid.High)
}

// Narrow tells whether the interval reaches no further than until from its estimate, as Analysis.TooWide has it.
func (j *Judgement) Narrow(until float64) bool {
	return len(j.j.blocks) >= minBlocks && tInterval(j.m, confidence).half() <= until
}

// Exactly are blocks whose ratios are known, without brackets.
func Exactly(logs []float64) Blocks {
	out := make(Blocks, len(logs))
	for i, x := range logs {
		out[i] = Block{x, x, x}
	}
	return out
}

// ratiosOf turns an interval of log ratios into one of ratios.
func ratiosOf(i Interval) Interval {
	i.Estimate, i.Low, i.High = ratioOf(i.Estimate), ratioOf(i.Low), ratioOf(i.High)
	return i
}

// Spread is the standard deviation of log ratios.
func Spread(logs []float64) float64 { return momentsOf(logs).sd }

// Exact is the interval of Clopper and Pearson, Biometrika 26 (1934), for a share of which k of n were counted.
func Exact(k, n int) (low, high float64) {
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(alpha / 2)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - alpha/2)
	}
	return low, high
}

// Settled tells whether a comparison with that verdict needs no further block. One that holds as measured here alone gets
// more at first: noise comes and goes.
func Settled(verdict, grade string, blocks int) bool {
	return verdict != Undecided && verdict != NoData && (grade == GradeSure || blocks >= 2*minBlocks)
}

// FormerRule tells whether the rule before this one would have called two sides different by the log ratios of at least six
// blocks: for a comparison of what the rules find.
func FormerRule(logs []float64, family int) bool {
	p := pairedT(momentsOf(logs))
	i, ok := orderInterval(logs, confidence)
	return ok && float64(family)*p.P < alpha && (i.Low > 0 || i.High < 0)
}
