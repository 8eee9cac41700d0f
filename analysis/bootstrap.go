package analysis

import (
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// bcaInterval is the bias-corrected and accelerated bootstrap interval of the mean log ratio, as ratios: Efron,
// "Better bootstrap confidence intervals", Journal of the American Statistical Association 82 (1987). Whole blocks
// are drawn with replacement, since blocks are what is independent. With few blocks the interval is too narrow
// (the resamples can't leave the range of the data), which is why no verdict rests on it alone.
func bcaInterval(logs []float64, resamples int, confidence float64, rng *rand.Rand) Interval {
	m := momentsOf(logs)
	i := Interval{Method: IntervalBCa, Confidence: confidence, Estimate: ratioOf(m.mean), Low: ratioOf(m.mean), High: ratioOf(m.mean)}
	if m.sd == 0 || resamples < 1 {
		return i
	}
	means := make([]float64, resamples)
	for r := range means {
		var sum float64
		for range logs {
			sum += logs[rng.IntN(len(logs))]
		}
		means[r] = sum / float64(len(logs))
	}
	slices.Sort(means)
	low, high := bcaBounds(m.mean, means, jackknifeMeans(logs), confidence)
	i.Low, i.High = ratioOf(low), ratioOf(high)
	return i
}

// bcaBounds takes the bounds from the ascending bootstrap distribution of a statistic, its estimate, and its
// values with each observation left out in turn. The formulas are (14.10), (14.14) and (14.15) of Efron and
// Tibshirani, "An Introduction to the Bootstrap" (1993); resamples equal to the estimate count half below it, as
// in SciPy, so that the bounds of the negated sample are the bounds negated.
func bcaBounds(estimate float64, boot, jackknife []float64, confidence float64) (low, high float64) {
	tail := (1 - confidence) / 2
	bias := distuv.UnitNormal.Quantile(shareBelow(boot, estimate))
	accel := acceleration(jackknife)
	at := func(p float64) float64 {
		z := bias + distuv.UnitNormal.Quantile(p)
		q := distuv.UnitNormal.CDF(bias + z/(1-accel*z))
		if math.IsNaN(q) || math.IsInf(bias, 0) || accel*z >= 1 {
			// So lopsided that the correction has no meaning: the plain percentile is what is left.
			q = p
		}
		return quantile(boot, q)
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

// acceleration tells how the standard error changes with the statistic, estimated by the jackknife.
func acceleration(jackknife []float64) float64 {
	mean := momentsOf(jackknife).mean
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

// generator draws for one comparison. It is seeded by the plan and by what is compared, so that an analysis gives
// the same bytes each time, and adding a scenario doesn't change the others.
func generator(seed uint64, scenario, broker, metric string) *rand.Rand {
	h := fnv.New64a()
	for _, s := range []string{scenario, broker, metric} {
		_, _ = io.WriteString(h, s+"\x00") // a hash never fails to write
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}
