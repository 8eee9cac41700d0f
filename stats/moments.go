package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Moments sums up a sample for the procedures that assume a normal distribution.
type Moments struct {
	N    int
	Mean float64
	// SD is the standard deviation. It divides by N-1, and is 0 for fewer than two values.
	SD float64
}

// MomentsOf are the moments of a sample, all 0 of an empty one. Equal values have exactly no deviation.
func MomentsOf(values []float64) Moments {
	switch {
	case len(values) == 0:
		return Moments{}
	case constant(values):
		// Exactly: the rounding of a mean would give equal values a deviation of 1e-17, and a t of 1e16.
		return Moments{N: len(values), Mean: values[0]}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return Moments{N: len(values), Mean: mean, SD: sd}
}

// StdErr is the standard error of the mean.
func (m Moments) StdErr() float64 { return m.SD / math.Sqrt(float64(m.N)) }

// CV is the coefficient of variation: the deviation over the size of the mean. It is 0 without deviation, and infinite for a
// mean of 0 otherwise.
func (m Moments) CV() float64 { return over(m.SD, math.Abs(m.Mean)) }

// constant reports whether all values are one.
func constant(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

// studentUpper is the probability that Student's t with df degrees of freedom exceeds t. It asks for the lower
// tail at -t, since 1 minus a probability near 1 has no digits left.
func studentUpper(t, df float64) float64 {
	switch {
	case math.IsInf(t, 1):
		return 0
	case math.IsInf(t, -1):
		return 1
	}
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.CDF(-t)
}

// StudentTwoSided is the probability of a t at least as far from 0.
func StudentTwoSided(t, df float64) float64 { return min(1, 2*studentUpper(math.Abs(t), df)) }

// studentQuantile is the p-quantile of Student's t.
func studentQuantile(p, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// over divides, taking 0/0 as 0: no difference measured without any spread is no difference.
func over(a, b float64) float64 {
	if a == 0 {
		return 0
	}
	return a / b
}
