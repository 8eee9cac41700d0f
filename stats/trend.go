package stats

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// Kendall is the rank correlation tau-b of values with their order and its two-sided p-value: Kendall, "A new measure
// of rank correlation", Biometrika 30 (1938); as a test for trend it is Mann's, Econometrica 13 (1945). Without ties and
// up to 50 values the p-value is exact, beyond that it is that of the normal distribution with the variance for ties.
// Equal values, and fewer than two, have a tau of 0 and a p of 1.
func Kendall(values []float64) (tau, p float64) {
	n := len(values)
	pairs := n * (n - 1) / 2
	sorted, falling := ascending(values), inversions(slices.Clone(values), make([]float64, n))
	tied := 0
	for i, same := 1, 0; i < n; i++ {
		if same++; sorted[i] != sorted[i-1] {
			same = 0
		}
		tied += same
	}
	score := pairs - tied - 2*falling
	if tied == pairs {
		return 0, 1
	}
	tau = float64(score) / math.Sqrt(float64(pairs-tied)*float64(pairs))
	if tied == 0 && n <= 50 {
		return tau, kendallExact(n, (pairs-abs(score))/2)
	}
	var ties float64
	for i := 0; i < n; {
		j := i
		for j < n && sorted[j] == sorted[i] {
			j++
		}
		t := float64(j - i)
		ties += t * (t - 1) * (2*t + 5)
		i = j
	}
	m := float64(n)
	variance := (m*(m-1)*(2*m+5) - ties) / 18
	return tau, min(1, 2*distuv.UnitNormal.CDF(-math.Abs(float64(score))/math.Sqrt(variance)))
}

// inversions counts the pairs of which the first is the larger one, as Knight, "A computer method for calculating Kendall's
// tau with ungrouped data", Journal of the American Statistical Association 61 (1966). It puts the values in order by way of
// spare.
func inversions(values, spare []float64) int {
	n := len(values)
	if n < 2 {
		return 0
	}
	left, right := values[:n/2], values[n/2:]
	count := inversions(left, spare[:n/2]) + inversions(right, spare[n/2:])
	i, j := 0, 0
	for k := range spare {
		if j == len(right) || i < len(left) && left[i] <= right[j] {
			spare[k] = left[i]
			i++
		} else {
			spare[k] = right[j]
			count += len(left) - i
			j++
		}
	}
	copy(values, spare)
	return count
}

// kendallExact is twice the probability that a random order of n values has at most that number of pairs in the
// rarer direction.
func kendallExact(n, discordant int) float64 {
	// chance[k] is the probability of k discordant pairs among the values so far. The i-th value adds 0 to i-1 of them,
	// each as likely.
	chance := []float64{1}
	for i := 2; i <= n; i++ {
		next := make([]float64, len(chance)+i-1)
		for k, c := range chance {
			for add := range i {
				next[k+add] += c / float64(i)
			}
		}
		chance = next
	}
	var sum float64
	for k := 0; k <= discordant; k++ {
		sum += chance[k]
	}
	return min(1, 2*sum)
}

func abs(x int) int { return max(x, -x) }

// TheilSen is the median of the slopes between all pairs of points: Sen, "Estimates of the regression coefficient based
// on Kendall's tau", Journal of the American Statistical Association 63 (1968). It is in
// units of y per unit of x, and 0 where no two points have different x.
func TheilSen(x, y []float64) float64 {
	slopes := make([]float64, 0, len(x)*(len(x)-1)/2)
	for i := range x {
		for j := range i {
			if x[i] != x[j] {
				slopes = append(slopes, (y[i]-y[j])/(x[i]-x[j]))
			}
		}
	}
	if len(slopes) == 0 {
		return 0
	}
	return middle(slopes)
}
