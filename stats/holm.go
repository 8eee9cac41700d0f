package stats

import "slices"

// Holm corrects p-values so that the chance of any false rejection among them stays below the level: Holm, "A
// simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6 (1979). It holds
// whatever the tests have to do with each other, and figures of one measurement have much to do with each other.
//
// factors[i] is what p[i] was multiplied by: len(p) for the smallest, 1 for the largest. corrected has the order of p, and no value
// above 1.
func Holm(p []float64) (corrected []float64, factors []int) {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	corrected, factors = make([]float64, len(p)), make([]int, len(p))
	floor := 0.0
	for rank, i := range order {
		factors[i] = len(p) - rank
		floor = max(floor, min(1, float64(factors[i])*p[i]))
		corrected[i] = floor
	}
	return corrected, factors
}
