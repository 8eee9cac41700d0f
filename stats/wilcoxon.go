package stats

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// wilcoxonExact is the largest number of non-zero differences for which the null distribution is counted out.
const wilcoxonExact = 100

// Wilcoxon tests whether the values, such as log ratios, are symmetric about 0, two-sided: Wilcoxon, "Individual comparisons by
// ranking methods", Biometrics Bulletin 1 (1945). Differences of 0 are left out, as Wilcoxon did, and equal ones
// share the mean of their ranks. Statistic is V, the sum of the ranks of the positive differences, as in R.
//
// Up to wilcoxonExact differences p is exact, with ties too: each of the 2^n assignments of signs to the ranks at
// hand is equally likely, and their sums are counted by dynamic programming. Beyond, it is the normal
// approximation with the correction for ties (Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods",
// 3rd ed. 2014, section 3.1), without one for continuity. Without any difference p is 1.
func Wilcoxon(values []float64) Test {
	ranks, ties := signedRanks(values)
	n := float64(len(ranks))
	var v, total float64
	for _, r := range ranks {
		total += math.Abs(r)
		if r > 0 {
			v += r
		}
	}
	switch {
	case len(ranks) == 0:
		return Test{TestWilcoxon, 0, 1}
	case len(ranks) > wilcoxonExact:
		variance := n*(n+1)*(2*n+1)/24 - ties/48
		z := (v - total/2) / math.Sqrt(variance)
		return Test{TestWilcoxon, v, min(1, 2*distuv.UnitNormal.CDF(-math.Abs(z)))}
	}
	// Mean ranks are multiples of one half: doubled, they are whole numbers. chance[s] is the probability that the
	// doubled ranks with a plus sign sum to s.
	chance := make([]float64, int(2*total)+1)
	chance[0] = 1
	top := 0
	for _, r := range ranks {
		step := int(2 * math.Abs(r))
		top += step
		for s := top; s >= 0; s-- {
			chance[s] /= 2
			if s >= step {
				chance[s] += chance[s-step] / 2
			}
		}
	}
	var below, above float64
	for s, c := range chance {
		if s <= int(2*v) {
			below += c
		}
		if s >= int(2*v) {
			above += c
		}
	}
	return Test{TestWilcoxon, v, min(1, 2*min(below, above))}
}

// signedRanks ranks the non-zero values by size, equal ones sharing the mean rank, and gives each the sign of its
// value. ties is the sum of t^3-t over groups of t equal sizes.
func signedRanks(values []float64) (ranks []float64, ties float64) {
	d := slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v == 0 })
	slices.SortFunc(d, func(a, b float64) int { return cmp.Compare(math.Abs(a), math.Abs(b)) })
	ranks = make([]float64, len(d))
	for i := 0; i < len(d); {
		j := i + 1
		// Equal up to rounding: the logarithms of 3/2 and 2/3 differ in their last digit.
		for j < len(d) && math.Abs(d[j])-math.Abs(d[i]) <= 1e-12 {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		for k := i; k < j; k++ {
			ranks[k] = math.Copysign(float64(i+j+1)/2, d[k])
		}
		i = j
	}
	return ranks, ties
}
