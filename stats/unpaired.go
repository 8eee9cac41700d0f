package stats

import (
	"math"
	"slices"
	"sort"

	"github.com/aclements/go-moremath/stats"
	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of intervals for samples that are not paired.
const (
	IntervalWelch         = "Welch's t"
	IntervalHodgesLehmann = "Hodges-Lehmann"
)

// Unpaired is the ratio of two samples whose values belong to no common blocks, as those of different runs.
type Unpaired struct {
	// Ratio is that of the geometric means, the second sample over the first. Its interval is the widest of Intervals.
	Ratio     Interval   `json:"ratio"`
	Intervals []Interval `json:"intervals"`
	Tests     []Test     `json:"tests"`
}

// Whole reports whether there is an interval that assumes nothing: of too few values there is none.
func (u Unpaired) Whole() bool {
	return slices.ContainsFunc(u.Intervals, func(i Interval) bool { return i.Method == IntervalHodgesLehmann })
}

// CompareUnpaired compares two samples of values above zero, or of one value that all share. The error is ErrTooFew or
// ErrNoRatio.
func CompareUnpaired(first, second []float64) (Unpaired, error) {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return Unpaired{}, err
	}
	ma, mb := MomentsOf(a), MomentsOf(b)
	u := Unpaired{Intervals: []Interval{welchInterval(ma, mb, Confidence).Exp()}, Tests: FiniteTests(welch(ma, mb), MannWhitney(a, b))}
	if i, ok := ShiftInterval(a, b, Confidence); ok {
		u.Intervals = append(u.Intervals, i.Exp())
	}
	u.Ratio = Hull(Ratio(mb.Mean-ma.Mean), Confidence, u.Intervals...)
	return u, nil
}

// NeedUnpaired estimates how many values a side it takes until the interval of Welch's t leaves out a ratio, if both
// samples stay as they are; 0 means more than MaxNeed, or that there is no telling.
func NeedUnpaired(first, second []float64, ratio float64) int {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return 0
	}
	ma, mb := MomentsOf(a), MomentsOf(b)
	away := math.Abs(mb.Mean - ma.Mean - math.Log(ratio))
	for n := max(ma.N, mb.N) + 1; n <= MaxNeed; n++ {
		ma.N, mb.N = n, n
		if i := welchInterval(ma, mb, Confidence).Exp(); math.Log(i.High/i.Estimate) < away {
			return n
		}
	}
	return 0
}

// unpairedLogs are the logarithms of both samples. Counts that are nought in every trial have none, and are the same.
func unpairedLogs(first, second []float64) (a, b []float64, err error) {
	all := slices.Concat(first, second)
	a, b = Logs(first), Logs(second)
	switch {
	case len(first) < 2 || len(second) < 2:
		return nil, nil, ErrTooFew
	case constant(all):
		return make([]float64, len(first)), make([]float64, len(second)), nil
	case len(a)+len(b) < len(all):
		return nil, nil, ErrNoRatio
	}
	return a, b, nil
}

// WelchRatio tests whether the ratio of the geometric means, second over first, is that one: Welch's t-test on
// logarithms, two-sided. Its p-value is 1 where the samples have no ratio.
func WelchRatio(first, second []float64, ratio float64) Test {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return silent(TestWelch)
	}
	for i := range b {
		b[i] -= math.Log(ratio)
	}
	return Welch(a, b)
}

// welchInterval is the interval of the difference of two means, second less first, that belongs to Welch's test.
func welchInterval(first, second Moments, confidence float64) Interval {
	shift := second.Mean - first.Mean
	half := 0.0
	if se, df := welchError(first, second); se > 0 {
		half = studentQuantile(1-tailOf(confidence), df) * se
	}
	return Interval{Method: IntervalWelch, Confidence: confidence, Estimate: shift, Low: shift - half, High: shift + half}
}

// ShiftInterval is the distribution-free interval of the shift from first to second around the Hodges-Lehmann estimate: the k-th
// smallest and the k-th largest of all differences of a second value to a first, where k-1 is the largest U that Mann and
// Whitney's test rejects. Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd ed. 2014, section 4.3. It
// supposes that the samples differ by a shift alone. For 0.95 there is none with fewer than 4 values a side (or 3 and 5, or 2
// and 8). With ties it covers more than it says.
func ShiftInterval(first, second []float64, confidence float64) (Interval, bool) {
	k, coverage := shiftRank(len(first), len(second), confidence)
	if k < 1 {
		return Interval{}, false
	}
	// Of samples of thousands, a list of the differences would take gigabytes.
	f, s := ascending(first), ascending(second)
	low, _ := shiftOfRank(f, s, k-1)
	high, _ := shiftOfRank(f, s, len(f)*len(s)-k)
	return Interval{Method: IntervalHodgesLehmann, Confidence: coverage, Estimate: medianShift(f, s), Low: low, High: high}, true
}

// shiftExact is the largest sample for which the distribution of U is counted out; beyond, it is normal enough.
const shiftExact = 20

// shiftRank is the largest k with P(U < k) <= (1-confidence)/2, and the coverage that comes of it; 0 if there is none.
func shiftRank(m, n int, confidence float64) (k int, coverage float64) {
	tail := tailOf(confidence)
	if max(m, n) > shiftExact {
		mn := float64(m * n)
		z := distuv.UnitNormal.Quantile(1 - tail)
		return max(0, int(math.Floor(mn/2-z*math.Sqrt(mn*float64(m+n+1)/12)))), confidence
	}
	u := stats.UDist{N1: m, N2: n}
	k = sort.Search(m*n, func(i int) bool { return u.CDF(float64(i)) > tail })
	if k == 0 {
		return 0, 0
	}
	return k, 1 - 2*u.CDF(float64(k-1))
}
