package results

import "math"

// NearestRank is the quantile q of values in ascending order: the smallest value that at least the share q of them does not
// exceed. Whoever writes a file and whoever checks it take the same.
func NearestRank(ascending []int64, q float64) int64 {
	return ascending[max(int(math.Ceil(q*float64(len(ascending)))), 1)-1]
}
