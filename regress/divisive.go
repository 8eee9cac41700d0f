package regress

import (
	"math"
	"slices"

	"github.com/tqbench/tqbench/stats"
)

// The settings of the search for change points.
const (
	// DefaultWindow is how many runs are looked at together. With more, a short change in the middle is drowned.
	DefaultWindow = 50
	// DefaultLevel is how often a series without any change may show one.
	DefaultLevel = 0.01
	// weakFactor loosens the level while windows are split: a point that looks weak next to a change that is still to be
	// found is judged again once all are there.
	weakFactor = 10
	// minSegment is the least number of runs on a side of a change point: fewer don't show how they vary.
	minSegment = 4
)

// changePoints finds where the level of a series changes: the indexes of the first value of each new level. The same
// series always gives the same ones.
//
// It is E-divisive (Matteson and James, "A nonparametric approach for multiple change point analysis of multivariate
// data", Journal of the American Statistical Association 109 (2014)) as Hunter adapted it to the runs of a benchmark
// (Fleming et al., "Hunter: using change point detection to hunt for performance regressions", ICPE 2023): Student's
// t-test takes the place of random permutations; windows that overlap are split, each apart, at a loose level; then the
// weakest points are merged away until each that is left passes the strict one. Hunter's strict level is a p-value of
// 0.001 at each place. Here the p-value is multiplied by the number of places where a change could be (Bonferroni), so
// that a long history finds no more in noise than a short one.
func changePoints(series []float64, window int, level float64) []int {
	strict := level / float64(places(len(series)))
	loose := min(weakFactor*strict, max(strict, 0.5))
	var points []int
	for start := 0; start < len(series); {
		end := min(start+window, len(series))
		for _, p := range splits(series[start:end], loose) {
			points = append(points, start+p)
		}
		if end == len(series) {
			break
		}
		start += max(window/2, 1)
		if len(points) > 0 {
			// The next window begins with a level, not in the middle of one.
			start = max(start, points[len(points)-1])
		}
	}
	return merged(series, points, strict)
}

// places is how many places for a change point a series of n values has.
func places(n int) int { return max(1, n-2*minSegment+1) }

// splits are the change points of one window, ascending: it is split where it diverges most, if that is significant,
// and then its parts are.
func splits(values []float64, level float64) []int {
	at, end, _ := divergence(values)
	if at == 0 || significance(values[:at], values[at:end]) >= level {
		return nil
	}
	out := append(splits(values[:at], level), at)
	for _, p := range splits(values[at:], level) {
		out = append(out, at+p)
	}
	return out
}

// merged leaves out the weakest point, one after the other, until each divides what lies between its neighbours.
func merged(series []float64, points []int, level float64) []int {
	points = slices.Clone(points)
	for len(points) > 0 {
		weakest, most := 0, -1.0
		for i := range points {
			from, to := neighbours(points, i, len(series))
			if p := significance(series[from:points[i]], series[points[i]:to]); p > most {
				weakest, most = i, p
			}
		}
		if most < level {
			break
		}
		points = slices.Delete(points, weakest, weakest+1)
	}
	return points
}

// neighbours are the ends of the stretches on both sides of a point in a series of n values.
func neighbours(points []int, i, n int) (from, to int) {
	to = n
	if i > 0 {
		from = points[i-1]
	}
	if i+1 < len(points) {
		to = points[i+1]
	}
	return from, to
}

// significance is the p-value of a difference between two stretches; 1 where one is too short to tell.
func significance(left, right []float64) float64 {
	if min(len(left), len(right)) < minSegment {
		return 1
	}
	return stats.Student(left, right).P
}

// divergence finds the place that divides the values best: the largest Q of Matteson and James, section 2.2 with alpha
// 1, in which the mean distance between the parts is set against the mean distances within them:
//
//	E = 2/(mn) sum |x_i - y_j| - sum_{i<k} |x_i - x_k| / C(m,2) - sum_{j<k} |y_j - y_k| / C(n,2)
//	Q = mn/(m+n) E
//
// As there, the right part may end before the window does, so that a level in the middle isn't hidden by one after it
// that is like the first. Of equal places the first is taken; at is 0 where there are too few values for one.
func divergence(values []float64) (at, end int, best float64) {
	n := len(values)
	// sum[k][i] is the sum of the distances of value k to the first i values.
	sum := make([][]float64, n)
	for k := range sum {
		sum[k] = make([]float64, n+1)
		for i, v := range values {
			sum[k][i+1] = sum[k][i] + math.Abs(v-values[k])
		}
	}
	best = math.Inf(-1)
	left := 0.0
	for m := 1; m+minSegment <= n; m++ {
		left += sum[m-1][m-1]
		if m < minSegment {
			continue
		}
		between, right := 0.0, 0.0
		for k := m; k < n; k++ {
			between += sum[k][m]
			right += sum[k][k] - sum[k][m]
			if k+1-m < minSegment {
				continue
			}
			a, b := float64(m), float64(k+1-m)
			q := a * b / (a + b) * (2*between/(a*b) - 2*left/(a*(a-1)) - 2*right/(b*(b-1)))
			if q > best {
				at, end, best = m, k+1, q
			}
		}
	}
	return at, end, best
}
