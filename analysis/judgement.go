package analysis

import (
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Judgement is what the rules of every analysis make of the log ratios by block of one comparison, in a family of one.
// It is for simulations of those rules and for A/A runs: it draws the bootstrap, which takes nearly all of the time,
// only where the answer depends on it.
type Judgement struct {
	logs      []float64
	growing   bool
	rng       *rand.Rand
	m         moments
	intervals []Interval // Student's and order statistics'
	bca       *Interval
}

// Judge judges at least two log ratios, of a run that may have been growing. The bootstrap draws from rng.
func Judge(logs []float64, growing bool, rng *rand.Rand) *Judgement {
	j := &Judgement{logs: logs, growing: growing, rng: rng, m: momentsOf(logs)}
	j.intervals = []Interval{tInterval(j.m, confidence)}
	if i, ok := orderInterval(logs, confidence); ok {
		j.intervals = append(j.intervals, ratiosOf(i))
	}
	return j
}

// hull is the widest of the intervals, the bootstrap's included.
func (j *Judgement) hull() Interval {
	if j.bca == nil {
		i := bcaInterval(j.logs, resamples, confidence, j.rng)
		j.bca = &i
	}
	return hull(ratioOf(j.m.mean), confidence, append([]Interval{*j.bca}, j.intervals...))
}

// without is the hull of what needs no bootstrap.
func (j *Judgement) without() Interval { return hull(ratioOf(j.m.mean), confidence, j.intervals) }

// Covers tells whether the interval of the ratio holds the true one.
func (j *Judgement) Covers(ratio float64) bool {
	holds := func(i Interval) bool { return i.Low <= ratio && ratio <= i.High }
	return holds(j.without()) || holds(j.hull())
}

// Narrow tells whether the interval reaches no further than until from its estimate, as Analysis.TooWide has it.
func (j *Judgement) Narrow(until float64) bool {
	return len(j.logs) >= minBlocks && j.without().half() <= until && j.hull().half() <= until
}

// Verdict is the verdict where more is better.
func (j *Judgement) Verdict() string {
	switch {
	case len(j.logs) < minBlocks:
		return Undecided
	case tost(j.m, margin).P < equivalenceLevel(j.growing):
		// Whose interval lies within the margin has a p of at most 2.5 %.
		return Equivalent
	case pairedT(j.m).P >= alpha || excludes(j.intervals) == 0:
		return Undecided
	case excludes(j.intervals) != j.side():
		// No mean of blocks drawn again leaves their range. Where that has both sides of 1, the bootstrap decides.
		j.hull()
		if excludes(append([]Interval{*j.bca}, j.intervals...)) == 0 {
			return Undecided
		}
	}
	if j.m.mean > 0 {
		return Faster
	}
	return Slower
}

// side is 1 where all blocks have a ratio above 1, -1 where all have one below, and else 0.
func (j *Judgement) side() int {
	switch {
	case slices.Min(j.logs) > 0:
		return 1
	case slices.Max(j.logs) < 0:
		return -1
	}
	return 0
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
