package stats

import (
	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of intervals.
const (
	IntervalPairedT         = "paired t"
	IntervalBCa             = "BCa bootstrap"
	IntervalOrderStatistics = "order statistics"
	// IntervalHull is the widest of several.
	IntervalHull = "widest of all"
	// IntervalRange is from the smallest to the largest value, of too few for an interval with a stated coverage.
	IntervalRange = "range"
)

// Interval is an estimate with the interval that a method gives it.
type Interval struct {
	Method   string  `json:"method"`
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	// Confidence is the coverage that the method states; an order-statistic interval can't have just any.
	Confidence float64 `json:"confidence"`
}

// Exp turns an interval of log ratios into one of ratios.
func (i Interval) Exp() Interval {
	i.Estimate, i.Low, i.High = Ratio(i.Estimate), Ratio(i.Low), Ratio(i.High)
	return i
}

// Holds reports whether x is in the interval.
func (i Interval) Holds(x float64) bool { return i.Low <= x && x <= i.High }

// HalfWidth is how far the worse end of a ratio's interval is from its estimate, as a share: 0.07 is 7 %. It is 0 of an
// interval that isn't all above zero.
func (i Interval) HalfWidth() float64 {
	if i.Estimate <= 0 || i.Low <= 0 {
		return 0
	}
	return max(i.High/i.Estimate, i.Estimate/i.Low) - 1
}

// MeanInterval is Student's interval for the mean, in the unit of the values. Of equal values it has no width, and of fewer
// than two neither width nor confidence.
func MeanInterval(values []float64, confidence float64) Interval {
	m := MomentsOf(values)
	if m.N < 2 {
		confidence = 0
	}
	half := halfWidth(m.SD, m.N, confidence)
	return Interval{Method: IntervalPairedT, Confidence: confidence, Estimate: m.Mean, Low: m.Mean - half, High: m.Mean + half}
}

// halfWidth is half the width of Student's interval for the mean of n values of that deviation.
func halfWidth(sd float64, n int, confidence float64) float64 {
	if sd == 0 {
		return 0
	}
	return studentQuantile(1-tailOf(confidence), float64(n-1)) * Moments{N: n, SD: sd}.StdErr()
}

// tailOf is the chance that a confidence leaves on each side. One that is no confidence counts as 0 or 1.
func tailOf(confidence float64) float64 { return (1 - min(max(confidence, 0), 1)) / 2 }

// medianRanks finds the order statistics k and n+1-k, counted from 1, that enclose the median of any distribution
// with at least the stated confidence, as close to each other as that allows: David and Nagaraja, "Order
// Statistics", 3rd ed. 2003, section 7.1. The true coverage is 1 - 2 P(B < k) with B binomial (n, 1/2); for 0.95
// there is no such pair with fewer than 6 values. Only symmetric pairs are taken, so that the interval of B over A
// is that of A over B turned round; benchmath's may lean to one side.
func medianRanks(n int, confidence float64) (k int, coverage float64, ok bool) {
	b := distuv.Binomial{N: float64(n), P: 0.5}
	for i := 1; 2*i <= n; i++ {
		c := 1 - 2*b.CDF(float64(i-1))
		if c < confidence {
			break
		}
		k, coverage, ok = i, c, true
	}
	return k, coverage, ok
}

// MedianInterval is the interval of order statistics for the median of any distribution, of at least that confidence, and
// false where there are too few values for one: for 95 % it takes 6. It is in the unit of the values, and David and
// Nagaraja's, "Order Statistics", 3rd ed. 2003, section 7.1.
func MedianInterval(values []float64, confidence float64) (Interval, bool) {
	k, coverage, ok := medianRanks(len(values), confidence)
	if !ok {
		return Interval{}, false
	}
	s := ascending(values)
	return Interval{
		Method: IntervalOrderStatistics, Confidence: coverage,
		Estimate: Quantile(s, 0.5), Low: s[k-1], High: s[len(s)-k],
	}, true
}

// MedianOrRange is MedianInterval, or the range around the median of too few values for it, whose confidence is 0. It is all
// 0 of an empty sample.
func MedianOrRange(values []float64, confidence float64) Interval {
	if i, ok := MedianInterval(values, confidence); ok || len(values) == 0 {
		return i
	}
	s := ascending(values)
	return Interval{Method: IntervalRange, Estimate: Quantile(s, 0.5), Low: s[0], High: s[len(s)-1]}
}

// LevelInterval is an interval for the level of one side: that of order statistics around the median, or of too few values
// for it the widest of their range and Student's, on logarithms where all values have one. One value has none, and neither have
// values whose interval would leave the range of floats.
func LevelInterval(values []float64, confidence float64) (Interval, bool) {
	level := MedianOrRange(values, confidence)
	switch {
	case level.Method == IntervalOrderStatistics:
		return level, true
	case len(values) < 2:
		return level, false
	}
	student := MeanInterval(values, confidence)
	if logs := Logs(values); len(logs) == len(values) {
		student = MeanInterval(logs, confidence).Exp()
	}
	if !IsFinite(student.Low) || !IsFinite(student.High) {
		return level, false
	}
	return Hull(level.Estimate, confidence, level, student), true
}

// vagueFactor is how far an end of an interval may be from its estimate, as a factor, before the interval of a few values says nothing.
const vagueFactor = 3

// Vague reports whether an interval of n positive values says next to nothing: of two values, Student's is 13 times as wide as their
// standard error. From MinBlocks values on, a wide interval is a finding.
func Vague(low, estimate, high float64, n int) bool {
	return n < MinBlocks && estimate > 0 && (low < estimate/vagueFactor || high > estimate*vagueFactor)
}

// Hull is the widest interval that those given span around the estimate. Each rests on other assumptions (normal
// log ratios, a faithful resample, nothing), and who reports their hull needn't choose the one that flatters.
// Of none, it has neither width nor confidence.
func Hull(estimate, confidence float64, intervals ...Interval) Interval {
	h := Interval{Method: IntervalHull, Estimate: estimate, Low: estimate, High: estimate}
	for _, i := range intervals {
		h.Low, h.High = min(h.Low, i.Low), max(h.High, i.High)
		h.Confidence = confidence
	}
	return h
}

// ShareInterval is the interval of Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of
// the binomial", Biometrika 26 (1934), for a share of which k of n were counted; k is from 0 to n. Of none at all, it is from
// 0 to 1.
func ShareInterval(k, n int, confidence float64) (low, high float64) {
	tail := tailOf(confidence)
	low, high = 0, 1
	if k > 0 {
		low = distuv.Beta{Alpha: float64(k), Beta: float64(n - k + 1)}.Quantile(tail)
	}
	if k < n {
		high = distuv.Beta{Alpha: float64(k + 1), Beta: float64(n - k)}.Quantile(1 - tail)
	}
	return low, high
}
