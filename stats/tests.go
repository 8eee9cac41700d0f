package stats

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
	TestStudent     = "Student's t"
	TestTOST        = "TOST"
)

// Test is a hypothesis test.
type Test struct {
	Name      string  `json:"name"`
	Statistic float64 `json:"statistic"`
	P         float64 `json:"p"`
}

// silent is a test of too few values to say anything.
func silent(name string) Test { return Test{Name: name, P: 1} }

// PairedT tests whether the mean of the log ratios is 0, two-sided: Student, "The probable error of a mean",
// Biometrika 6 (1908). It is the test that verdicts follow, because blocks make pairs and logarithms make ratios
// symmetric: B over A is then exactly as far from 1 as A over B. Without any spread t is infinite and p is 0, or
// both say that nothing differs. Of fewer than two values p is 1.
func PairedT(logs []float64) Test { return pairedT(MomentsOf(logs)) }

func pairedT(m Moments) Test {
	if m.N < 2 {
		return silent(TestPairedT)
	}
	t := over(m.Mean, m.StdErr())
	return Test{TestPairedT, t, StudentTwoSided(t, float64(m.N-1))}
}

// TOST tests log ratios for equivalence with two one-sided t-tests: Schuirmann, "A comparison of the two one-sided tests
// procedure and the power approach", J. Pharmacokinetics and Biopharmaceutics 15 (1987). Its p is the larger of
// the two; the statistic is the t of that side. Margin is relative: 0.05 stands for ratios from 1/1.05 to 1.05.
// Of fewer than two values p is 1.
func TOST(logs []float64, margin float64) Test {
	m := MomentsOf(logs)
	if m.N < 2 {
		return silent(TestTOST)
	}
	delta := math.Log1p(margin)
	above := over(m.Mean+delta, m.StdErr())
	below := over(delta-m.Mean, m.StdErr())
	t := min(above, below)
	return Test{TestTOST, t, studentUpper(t, float64(m.N-1))}
}

// Welch tests whether two means differ without assuming equal variances, two-sided: Welch, "The generalization of
// Student's problem when several different population variances are involved", Biometrika 34 (1947), with the
// degrees of freedom of Satterthwaite (1946). It ignores the pairs, so it shows what the blocks bought. Of fewer than two
// values on a side p is 1.
func Welch(baseline, candidate []float64) Test {
	return welch(MomentsOf(baseline), MomentsOf(candidate))
}

func welch(baseline, candidate Moments) Test {
	if baseline.N < 2 || candidate.N < 2 {
		return silent(TestWelch)
	}
	se, df := welchError(baseline, candidate)
	t := over(candidate.Mean-baseline.Mean, se)
	if math.IsInf(t, 0) || t == 0 {
		// Without spread the degrees of freedom are 0/0, and at t = 0 they don't matter.
		return Test{TestWelch, t, StudentTwoSided(t, 1)}
	}
	return Test{TestWelch, t, StudentTwoSided(t, df)}
}

// welchError is the standard error of the difference of two means, and its degrees of freedom.
func welchError(baseline, candidate Moments) (se, df float64) {
	vb := baseline.SD * baseline.SD / float64(baseline.N)
	vc := candidate.SD * candidate.SD / float64(candidate.N)
	return math.Sqrt(vb + vc), (vb + vc) * (vb + vc) / (vb*vb/float64(baseline.N-1) + vc*vc/float64(candidate.N-1))
}

// Student tests whether two samples of any sign have one mean, supposing that they vary alike: the t-test with
// the pooled variance, two-sided, of Student, "The probable error of a mean", Biometrika 6 (1908). Of fewer than two values on a
// side p is 1.
func Student(baseline, candidate []float64) Test {
	a, b := MomentsOf(baseline), MomentsOf(candidate)
	if a.N < 2 || b.N < 2 {
		return silent(TestStudent)
	}
	pooled, df := pooledDeviation(a, b)
	t := over(b.Mean-a.Mean, pooled*math.Sqrt(1/float64(a.N)+1/float64(b.N)))
	return Test{TestStudent, t, StudentTwoSided(t, df)}
}

// MannWhitney tests whether values of one side tend to be larger, two-sided: Mann and Whitney, "On a test of
// whether one of two random variables is stochastically larger than the other", Annals of Mathematical Statistics
// 18 (1947). Statistic is U of the candidate. The p-value is benchmath's, computed as benchstat does: exact for
// samples of up to 50 (25 with ties), the normal approximation beyond. Of an empty side, and of values that have no order since
// one is NaN, p is 1.
func MannWhitney(baseline, candidate []float64) Test {
	if len(baseline) == 0 || len(candidate) == 0 || slices.ContainsFunc(slices.Concat(baseline, candidate), math.IsNaN) {
		return silent(TestMannWhitney)
	}
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

// FiniteTests are the tests whose figures are numbers, with the largest float for an infinite statistic: JSON and other
// formats hold neither NaN nor infinity.
func FiniteTests(tests ...Test) []Test {
	out := []Test{}
	for _, t := range tests {
		if math.IsInf(t.Statistic, 0) {
			t.Statistic = math.Copysign(math.MaxFloat64, t.Statistic)
		}
		if IsFinite(t.Statistic) && IsFinite(t.P) {
			out = append(out, t)
		}
	}
	return out
}
