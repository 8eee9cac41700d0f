package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// BCaInterval is the bias-corrected and accelerated bootstrap interval of the mean, in the unit of the values: Efron,
// "Better bootstrap confidence intervals", Journal of the American Statistical Association 82 (1987). Whole values
// are drawn with replacement, since they are what is independent. With few values the interval is too narrow
// (the resamples can't leave the range of the data), which is why no verdict rests on it alone.
//
// It draws from rng, and is the same for the same seed. Of equal values, of none and without resamples it has no width.
func BCaInterval(values []float64, resamples int, confidence float64, rng *rand.Rand) Interval {
	m := MomentsOf(values)
	i := Interval{Method: IntervalBCa, Confidence: confidence, Estimate: m.Mean, Low: m.Mean, High: m.Mean}
	if m.SD == 0 || resamples < 1 {
		return i
	}
	means := make([]float64, resamples)
	for r := range means {
		var sum float64
		for range values {
			sum += values[rng.IntN(len(values))]
		}
		means[r] = sum / float64(len(values))
	}
	slices.Sort(means)
	i.Low, i.High = bcaBounds(m.Mean, means, jackknifeMeans(values), confidence)
	return i
}

// bcaBounds takes the bounds from the ascending bootstrap distribution of a statistic, its estimate, and its
// values with each observation left out in turn. The formulas are (14.10), (14.14) and (14.15) of Efron and
// Tibshirani, "An Introduction to the Bootstrap" (1993); resamples equal to the estimate count half below it, as
// in SciPy, so that the bounds of the negated sample are the bounds negated.
func bcaBounds(estimate float64, boot, jackknife []float64, confidence float64) (low, high float64) {
	tail := tailOf(confidence)
	bias := distuv.UnitNormal.Quantile(shareBelow(boot, estimate))
	accel := acceleration(jackknife)
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		q := distuv.UnitNormal.CDF(bias + z/(1-accel*z))
		if math.IsNaN(q) || math.IsInf(bias, 0) || accel*z >= 1 {
			// So lopsided that the correction has no meaning: the plain percentile is what is left.
			q = p
		}
		return Quantile(boot, q)
	}
	return at(tail), at(1 - tail)
}

// shareBelow is the share of ascending values below x, those equal to x counting half. The order of summation
// makes equal means differ in their last digits, so that "equal" needs a tolerance.
func shareBelow(ascending []float64, x float64) float64 {
	tolerance := 1e-12 * (ascending[len(ascending)-1] - ascending[0])
	below, _ := slices.BinarySearch(ascending, x-tolerance)
	upTo, _ := slices.BinarySearch(ascending, math.Nextafter(x+tolerance, math.Inf(1)))
	return float64(below+upTo) / float64(2*len(ascending))
}

// acceleration is how the standard error changes with the statistic, estimated by the jackknife.
func acceleration(jackknife []float64) float64 {
	mean := MomentsOf(jackknife).Mean
	var squares, cubes float64
	for _, v := range jackknife {
		d := mean - v
		squares += d * d
		cubes += d * d * d
	}
	if squares == 0 {
		return 0
	}
	return cubes / (6 * math.Pow(squares, 1.5))
}

// jackknifeMeans are the means with each value left out in turn.
func jackknifeMeans(values []float64) []float64 {
	var sum float64
	for _, v := range values {
		sum += v
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = (sum - v) / float64(len(values)-1)
	}
	return out
}
