package stats

import (
	"math"
	"slices"
)

// Quantile is the p-quantile of an ascending sample, interpolated linearly between the order statistics around
// (n-1)p. It is type 7 of Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician
// 50 (1996), which R, NumPy and spreadsheets use by default: a reader who checks a number gets the same one.
// It is in the unit of the sample, and 0 of an empty one.
func Quantile(ascending []float64, p float64) float64 {
	if len(ascending) == 0 {
		return 0
	}
	h := p * float64(len(ascending)-1)
	i := int(math.Floor(h))
	switch {
	case i < 0:
		return ascending[0]
	case i >= len(ascending)-1:
		return ascending[len(ascending)-1]
	}
	return between(ascending[i], ascending[i+1], h-float64(i))
}

// between is the value at a share of the way from low to high.
func between(low, high, share float64) float64 {
	if math.IsInf(high-low, 0) {
		return (1-share)*low + share*high
	}
	return low + share*(high-low)
}

// Median is the middle of a sample in any order, 0 of an empty one.
func Median(values []float64) float64 { return Quantile(ascending(values), 0.5) }

// ascending is a sorted copy.
func ascending(values []float64) []float64 {
	s := slices.Clone(values)
	slices.Sort(s)
	return s
}
