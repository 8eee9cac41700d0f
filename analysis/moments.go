package analysis

import (
	"math"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// moments sums up a sample for the procedures that assume a normal distribution.
type moments struct {
	n    int
	mean float64
	// sd divides by n-1; it is 0 for fewer than two values.
	sd float64
}

func momentsOf(values []float64) moments {
	switch {
	case len(values) == 0:
		return moments{}
	case constant(values):
		// Exactly: the rounding of a mean would give equal values a deviation of 1e-17, and a t of 1e16.
		return moments{n: len(values), mean: values[0]}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return moments{n: len(values), mean: mean, sd: sd}
}

// stderr is the standard error of the mean.
func (m moments) stderr() float64 { return m.sd / math.Sqrt(float64(m.n)) }

// constant tells whether all values are one.
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

// studentTwoSided is the probability of a t at least as far from 0.
func studentTwoSided(t, df float64) float64 { return min(1, 2*studentUpper(math.Abs(t), df)) }

// studentQuantile is the p-quantile of Student's t.
func studentQuantile(p, df float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df}.Quantile(p)
}

// ratioOf turns a difference of logarithms into a ratio that JSON can hold: with two wild blocks the bound of an
// interval can lie beyond the largest float.
func ratioOf(log float64) float64 { return math.Exp(min(max(log, -700), 700)) }

// finite tells whether JSON can hold x.
func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
