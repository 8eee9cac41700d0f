package analysis

import (
	"math"
	"slices"
	"sort"

	"golang.org/x/perf/benchmath"
)

// The names of the tests.
const (
	TestPairedT     = "paired t"
	TestWilcoxon    = "Wilcoxon signed rank"
	TestMannWhitney = "Mann-Whitney"
	TestWelch       = "Welch's t"
	TestTOST        = "TOST"
)

// pairedT tests whether the mean of the log ratios is 0, two-sided: Student, "The probable error of a mean",
// Biometrika 6 (1908). It is the test that verdicts follow, because blocks make pairs and logarithms make ratios
// symmetric: B over A is then exactly as far from 1 as A over B. Without any spread t is infinite and p is 0, or
// both say that nothing differs.
func pairedT(m moments) Test {
	t := over(m.mean, m.stderr())
	return Test{TestPairedT, t, studentTwoSided(t, float64(m.n-1))}
}

// tost tests for equivalence with two one-sided t-tests: Schuirmann, "A comparison of the two one-sided tests
// procedure and the power approach", J. Pharmacokinetics and Biopharmaceutics 15 (1987). Its p is the larger of
// the two; the statistic is the t of that side. Margin is relative: 0.05 stands for ratios from 1/1.05 to 1.05.
func tost(m moments, margin float64) Test {
	delta := math.Log1p(margin)
	above := over(m.mean+delta, m.stderr())
	below := over(delta-m.mean, m.stderr())
	t := min(above, below)
	return Test{TestTOST, t, studentUpper(t, float64(m.n-1))}
}

// welch tests whether two means differ without assuming equal variances, two-sided: Welch, "The generalization of
// Student's problem when several different population variances are involved", Biometrika 34 (1947), with the
// degrees of freedom of Satterthwaite (1946). It ignores the pairs, so it tells what the blocks bought.
func welch(baseline, candidate moments) Test {
	se, df := welchError(baseline, candidate)
	t := over(candidate.mean-baseline.mean, se)
	if math.IsInf(t, 0) || t == 0 {
		// Without spread the degrees of freedom are 0/0, and at t = 0 they don't matter.
		return Test{TestWelch, t, studentTwoSided(t, 1)}
	}
	return Test{TestWelch, t, studentTwoSided(t, df)}
}

// welchError is the standard error of the difference of two means, and its degrees of freedom.
func welchError(baseline, candidate moments) (se, df float64) {
	vb := baseline.sd * baseline.sd / float64(baseline.n)
	vc := candidate.sd * candidate.sd / float64(candidate.n)
	return math.Sqrt(vb + vc), (vb + vc) * (vb + vc) / (vb*vb/float64(baseline.n-1) + vc*vc/float64(candidate.n-1))
}

// mannWhitney tests whether values of one side tend to be larger, two-sided: Mann and Whitney, "On a test of
// whether one of two random variables is stochastically larger than the other", Annals of Mathematical Statistics
// 18 (1947). Statistic is U of the candidate. The p-value is benchmath's, computed as benchstat does: exact for
// samples of up to 50 (25 with ties), the normal approximation beyond.
func mannWhitney(baseline, candidate []float64) Test {
	u := uStatistic(baseline, candidate)
	if n := float64(len(baseline) * len(candidate)); 2*u > n {
		// benchmath doubles the lower tail of its first sample's U, whichever tail that U is in. With ties and sides
		// of unequal size the tails differ, so the side with the smaller U goes first.
		baseline, candidate = candidate, baseline
	}
	// NewSample sorts in place.
	b := benchmath.NewSample(slices.Clone(baseline), &benchmath.DefaultThresholds)
	c := benchmath.NewSample(slices.Clone(candidate), &benchmath.DefaultThresholds)
	p := benchmath.AssumeNothing.Compare(c, b).P
	return Test{TestMannWhitney, u, min(1, p)}
}

// uStatistic counts the pairs in which the candidate is larger, ties as half.
func uStatistic(baseline, candidate []float64) float64 {
	var u float64
	sorted := ascending(baseline)
	for _, c := range candidate {
		below := sort.SearchFloat64s(sorted, c)
		upTo := sort.Search(len(sorted), func(i int) bool { return sorted[i] > c })
		u += float64(below) + float64(upTo-below)/2
	}
	return u
}

// over divides, taking 0/0 as 0: no difference measured without any spread is no difference.
func over(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}

// writable are the tests as JSON can hold them: without those that are no numbers, and with large ones for infinity.
func writable(tests ...Test) []Test {
	out := []Test{}
	for _, t := range tests {
		if math.IsInf(t.Statistic, 0) {
			t.Statistic = math.Copysign(math.MaxFloat64, t.Statistic)
		}
		if finite(t.Statistic) && finite(t.P) {
			out = append(out, t)
		}
	}
	return out
}
