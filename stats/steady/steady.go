// Package steady tells from a series of measurements within one trial whether and since when they were steady.
//
// Two rules look at the same series. MSER-5 says how much of its beginning to leave out, as simulation does with the
// initial transient. A search for change points says how many levels the series had, and so of which kind it is: flat,
// with a warm-up, with a slow-down, or never steady.
package steady

import (
	"fmt"
	"math"
	"slices"
)

// Class is the kind of a series.
type Class string

// The classes, after Barrett et al., "Virtual Machine Warmup Blows Hot and Cold", OOPSLA 2017, section 4.
const (
	// Flat: every level is that of the end.
	Flat Class = "flat"
	// WarmUp: some earlier level was worse than that of the end, and none was better.
	WarmUp Class = "warm-up"
	// SlowDown: some earlier level was better than that of the end.
	SlowDown Class = "slow-down"
	// Never: the last level began in the last quarter, so that nothing says that it would have lasted.
	Never Class = "never steady"
	// Short: the series has fewer than MinWindows values.
	Short Class = "too short"
)

// The settings of the rules.
const (
	// MinWindows is the least length of a series that is judged.
	MinWindows = 40
	// MaxWindows is the most windows that Rates and Medians make.
	MaxWindows = 100
	// minSegment is the least length of a level, in windows.
	minSegment = 5
	// penalty times the logarithm of the series' length is what one more level must gain in likelihood: Barrett et al.
	// took 15, for series of which most are autocorrelated.
	penalty = 15
	// lastShare is the least share of the series that its last level must fill to count as steady.
	lastShare = 0.25
	// batch is MSER-5's 5.
	batch = 5
)

// Result is what became of a series.
type Result struct {
	Class Class `json:"class"`
	// Windows is the length of the series.
	Windows int `json:"windows"`
	// Changes are the windows, counted from 0, at which a new level begins.
	Changes []int `json:"changes"`
	// Skip is how many windows MSER-5 leaves out at the beginning; -1 where it finds no steady part, since the best
	// place to cut is not in the first half.
	Skip int `json:"skip"`
	// From is the first window of the steady part: the later of Skip and of where the last level, or earlier ones that
	// equal it, began. It is Windows where there is no steady part.
	From int `json:"from"`
}

// Judge judges a series of positive values that differ by ratios. Two levels are equal where their geometric means
// differ by less than margin, such as 0.05. It fails for values that have no logarithm.
func Judge(values []float64, higherIsBetter bool, margin float64) (Result, error) {
	logs := make([]float64, len(values))
	for i, v := range values {
		logs[i] = math.Log(v)
		if math.IsNaN(logs[i]) || math.IsInf(logs[i], 0) {
			return Result{}, fmt.Errorf("window %d of %d is %g: a series is judged by ratios", i+1, len(values), v)
		}
		if !higherIsBetter {
			logs[i] = -logs[i]
		}
	}
	r := Result{Class: Short, Windows: len(values), Changes: []int{}, Skip: -1, From: len(values)}
	if len(values) < MinWindows {
		return r, nil
	}
	r.Changes = Changes(logs)
	bounds := append(append([]int{0}, r.Changes...), len(logs))
	last := len(bounds) - 2
	end := mean(logs[bounds[last]:])
	start, worse, better := bounds[last], false, false
	for i, same := last-1, true; i >= 0; i-- {
		d := mean(logs[bounds[i]:bounds[i+1]]) - end
		equal := math.Abs(d) < math.Log1p(margin)
		if same = same && equal; same {
			start = bounds[i]
		}
		worse, better = worse || !equal && d < 0, better || !equal && d > 0
	}
	var ok bool
	if r.Skip, ok = MSER5(logs); !ok {
		r.Skip = -1
	}
	switch {
	case float64(len(logs)-start) < lastShare*float64(len(logs)):
		r.Class = Never
		return r, nil
	case better:
		r.Class = SlowDown
	case worse:
		r.Class = WarmUp
	default:
		r.Class = Flat
	}
	r.From = max(start, r.Skip)
	return r, nil
}

// MSER5 is how many values to leave out at the beginning so that the mean of the rest has the least standard error:
// White, "An effective truncation heuristic for bias reduction in simulation output", Simulation 69 (1997), on the
// means of batches of 5 as White, Cobb and Spratt, "A comparison of five steady-state truncation heuristics for
// simulation", Winter Simulation Conference 2000. It isn't ok where the least lies in the second half, which they take
// as a sign of too short a series, or where there are fewer than 5 batches.
func MSER5(values []float64) (skip int, ok bool) {
	var means []float64
	for i := 0; i+batch <= len(values); i += batch {
		means = append(means, mean(values[i:i+batch]))
	}
	if len(means) < batch {
		return 0, false
	}
	best, at := math.Inf(1), 0
	// From the end, mean and squares are kept up by Welford's method. The last few batches are too few for a variance
	// that means something, and always look best.
	var n, m, squares float64
	for d := len(means) - 1; d >= 0; d-- {
		n++
		delta := means[d] - m
		m += delta / n
		squares += delta * (means[d] - m)
		if n < batch {
			continue
		}
		// Of equal ones the one that leaves out less is taken.
		if z := squares / (n * n); z <= best {
			best, at = z, d
		}
	}
	return at * batch, 2*at <= len(means)
}

// Changes are the places at which the level or the spread of a series changes: the partition that has the least
// cost, exact, by the recursion of Jackson et al., "An algorithm for optimal partitioning of data on an interval",
// IEEE Signal Processing Letters 12 (2005). The cost of a segment is minus twice its greatest log-likelihood as a
// sample of a normal distribution of its own, as changepoint's cpt.meanvar for R has it, and each change costs
// 15 log n.
func Changes(values []float64) []int {
	n := len(values)
	if n < 2*minSegment {
		return []int{}
	}
	// Prefix sums around the mean keep the differences of squares exact enough.
	center := mean(values)
	sums, squares := make([]float64, n+1), make([]float64, n+1)
	for i, v := range values {
		sums[i+1] = sums[i] + (v - center)
		squares[i+1] = squares[i] + (v-center)*(v-center)
	}
	// A segment without spread would have an infinite likelihood. A floor far below any noise keeps it finite.
	floor := max(1e-12, 1e-9*squares[n]/float64(n))
	cost := func(from, to int) float64 {
		k := float64(to - from)
		s := sums[to] - sums[from]
		variance := max((squares[to]-squares[from]-s*s/k)/k, floor)
		return k * (math.Log(2*math.Pi*variance) + 1)
	}
	each := penalty * math.Log(float64(n))
	best, prev := make([]float64, n+1), make([]int, n+1)
	best[0] = -each
	for to := 1; to <= n; to++ {
		best[to] = math.Inf(1)
		for from := 0; from+minSegment <= to; from++ {
			if from > 0 && from < minSegment {
				continue
			}
			if c := best[from] + cost(from, to) + each; c < best[to] {
				best[to], prev[to] = c, from
			}
		}
	}
	out := []int{}
	for at := prev[n]; at > 0; at = prev[at] {
		out = append(out, at)
	}
	slices.Reverse(out)
	return out
}

func mean(values []float64) float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}
