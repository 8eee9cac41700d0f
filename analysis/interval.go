package analysis

import (
	"gonum.org/v1/gonum/stat/distuv"
)

// The methods of intervals.
const (
	IntervalPairedT         = "paired t"
	IntervalBCa             = "BCa bootstrap"
	IntervalOrderStatistics = "order statistics"
	// IntervalHull is the widest of the three.
	IntervalHull = "widest of all"
	// IntervalRange is from the smallest to the largest value, of too few for an interval with a stated coverage.
	IntervalRange = "range"
)

// tInterval is Student's interval for the mean log ratio, as ratios around the geometric mean.
func tInterval(m moments, confidence float64) Interval {
	half := tHalfWidth(m.sd, m.n, confidence)
	return Interval{
		Method: IntervalPairedT, Confidence: confidence,
		Estimate: ratioOf(m.mean), Low: ratioOf(m.mean - half), High: ratioOf(m.mean + half),
	}
}

// tHalfWidth is half the width of Student's interval for the mean of n values of that deviation.
func tHalfWidth(sd float64, n int, confidence float64) float64 {
	if sd == 0 {
		return 0
	}
	return studentQuantile(1-(1-confidence)/2, float64(n-1)) * moments{n: n, sd: sd}.stderr()
}

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

// orderInterval is the interval of order statistics for the median, if there are values enough for one.
func orderInterval(values []float64, confidence float64) (Interval, bool) {
	k, coverage, ok := medianRanks(len(values), confidence)
	if !ok {
		return Interval{}, false
	}
	s := ascending(values)
	return Interval{
		Method: IntervalOrderStatistics, Confidence: coverage,
		Estimate: quantile(s, 0.5), Low: s[k-1], High: s[len(s)-k],
	}, true
}

// hull is the widest interval that those given span around the estimate. Each rests on other assumptions (normal
// log ratios, a faithful resample, nothing), and who reports their hull needn't choose the one that flatters.
func hull(estimate, confidence float64, intervals []Interval) Interval {
	h := Interval{Method: IntervalHull, Estimate: estimate, Low: estimate, High: estimate}
	for _, i := range intervals {
		h.Low, h.High = min(h.Low, i.Low), max(h.High, i.High)
		h.Confidence = confidence
	}
	return h
}
