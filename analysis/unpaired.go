package analysis

import (
	"errors"
	"math"
	"sort"

	"github.com/aclements/go-moremath/stats"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The methods of intervals for samples that are not paired.
const (
	IntervalWelch         = "Welch's t"
	IntervalHodgesLehmann = "Hodges-Lehmann"
)

// Why two samples have no ratio.
var (
	ErrTooFew  = errors.New("fewer than two valid trials on a side")
	ErrNoRatio = errors.New("a ratio needs values above zero")
)

// Unpaired is the ratio of two samples whose trials are not paired, since they come from different runs.
type Unpaired struct {
	// Ratio is that of the geometric means, the second sample over the first. Its interval is the widest of Intervals.
	Ratio     Interval   `json:"ratio"`
	Intervals []Interval `json:"intervals"`
	Tests     []Test     `json:"tests"`
}

// Whole tells whether every method gave an interval: of too few trials there is none that assumes nothing.
func (u Unpaired) Whole() bool { return len(u.Intervals) == 2 }

// CompareUnpaired compares two samples of values above zero, or of one value that all share.
func CompareUnpaired(first, second []float64) (Unpaired, error) {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return Unpaired{}, err
	}
	ma, mb := momentsOf(a), momentsOf(b)
	u := Unpaired{Intervals: []Interval{welchInterval(ma, mb, confidence)}, Tests: writable(welch(ma, mb), mannWhitney(a, b))}
	if i, ok := shiftInterval(a, b, confidence); ok {
		u.Intervals = append(u.Intervals, i)
	}
	u.Ratio = hull(ratioOf(mb.mean-ma.mean), confidence, u.Intervals)
	return u, nil
}

// NeedUnpaired estimates how many trials a side it takes until the interval of Welch's t leaves out a ratio, if both
// samples stay as they are; 0 means more than maxNeed, or that there is no telling.
func NeedUnpaired(first, second []float64, ratio float64) int {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return 0
	}
	ma, mb := momentsOf(a), momentsOf(b)
	away := math.Abs(mb.mean - ma.mean - math.Log(ratio))
	for n := max(ma.n, mb.n) + 1; n <= maxNeed; n++ {
		ma.n, mb.n = n, n
		if i := welchInterval(ma, mb, confidence); math.Log(i.High/i.Estimate) < away {
			return n
		}
	}
	return 0
}

// unpairedLogs are the logarithms of both samples. Counts that are nought in every trial have none, and are the same.
func unpairedLogs(first, second []float64) (a, b []float64, err error) {
	all := append(append([]float64{}, first...), second...)
	a, b = logsOf(first), logsOf(second)
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
// logarithms, two-sided. It is 1 where the samples have no ratio.
func WelchRatio(first, second []float64, ratio float64) float64 {
	a, b, err := unpairedLogs(first, second)
	if err != nil {
		return 1
	}
	for i := range b {
		b[i] -= math.Log(ratio)
	}
	return welch(momentsOf(a), momentsOf(b)).P
}

// StudentMeans tests whether two samples of any sign have one mean, supposing that they vary alike: Student's t-test with
// the pooled variance, two-sided. It is 1 where a side has fewer than two values.
func StudentMeans(first, second []float64) float64 {
	if len(first) < 2 || len(second) < 2 {
		return 1
	}
	a, b := momentsOf(first), momentsOf(second)
	pooled, df := pooledDeviation(a, b)
	t := over(b.mean-a.mean, pooled*math.Sqrt(1/float64(a.n)+1/float64(b.n)))
	return studentTwoSided(t, df)
}

// welchInterval is the interval of the ratio that belongs to Welch's test.
func welchInterval(first, second moments, confidence float64) Interval {
	shift := second.mean - first.mean
	half := 0.0
	if se, df := welchError(first, second); se > 0 {
		half = studentQuantile(1-(1-confidence)/2, df) * se
	}
	return Interval{
		Method: IntervalWelch, Confidence: confidence,
		Estimate: ratioOf(shift), Low: ratioOf(shift - half), High: ratioOf(shift + half),
	}
}

// shiftInterval is the distribution-free interval of the ratio around the Hodges-Lehmann estimate: the k-th smallest
// and the k-th largest of all ratios of a second value to a first, where k-1 is the largest U that Mann and Whitney's
// test rejects. Hollander, Wolfe and Chicken, "Nonparametric Statistical Methods", 3rd ed. 2014, section 4.3. It supposes
// that the samples differ by a factor alone. For 0.95 there is none with fewer than 4 values a side (or 3 and 5, or 2
// and 8). With ties it covers more than it says.
func shiftInterval(first, second []float64, confidence float64) (Interval, bool) {
	k, coverage := shiftRank(len(first), len(second), confidence)
	if k < 1 {
		return Interval{}, false
	}
	d := ascending(shifts(first, second))
	return Interval{
		Method: IntervalHodgesLehmann, Confidence: coverage,
		Estimate: ratioOf(quantile(d, 0.5)), Low: ratioOf(d[k-1]), High: ratioOf(d[len(d)-k]),
	}, true
}

// shiftExact is the largest sample for which the distribution of U is counted out; beyond, it is normal enough.
const shiftExact = 20

// shiftRank is the largest k with P(U < k) <= (1-confidence)/2, and the coverage that comes of it; 0 if there is none.
func shiftRank(m, n int, confidence float64) (k int, coverage float64) {
	tail := (1 - confidence) / 2
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

// Holm corrects p-values for being a family, as the verdicts of a report are.
func Holm(p []float64) []float64 {
	corrected, _ := holm(p)
	return corrected
}

// Level sums up the values of an arm, as one side of a comparison is summed up.
func Level(a suite.Arm, values, spoiled []float64) Estimate { return estimate(a, values, spoiled) }

// Median is the middle of a sample in any order, 0 of an empty one.
func Median(values []float64) float64 { return median(values) }

// KeptOutBy lists the codes of the flags that keep a trial out of a metric. That tasks failed doesn't keep it out of
// their share.
func KeptOutBy(t results.Trial, metric string) []string {
	var out []string
	for _, f := range t.Flags {
		if f.Invalidates(metric) && !(f.Code == results.FlagFailed && metric == suite.MetricFailedShare) {
			out = append(out, f.Code)
		}
	}
	return out
}
