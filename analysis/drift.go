package analysis

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/tqbench/tqbench/suite"
)

// Drift tells whether a metric rose or fell over the run, for all arms of a cell together. It is a property of the
// machine and its surroundings: arms are interleaved, so that it meets them alike.
type Drift struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Metric   string `json:"metric"`
	Title    string `json:"title"`
	// Trials is how many valid trials it rests on.
	Trials int `json:"trials"`
	// Tau is Kendall's correlation of value and order, P its p-value, and CorrectedP that after Holm's correction over all
	// drifts of the report.
	Tau        float64 `json:"tau"`
	P          float64 `json:"p"`
	CorrectedP float64 `json:"corrected_p"`
	// Percent is how much the value changed from the first to the last trial along the median slope.
	Percent float64 `json:"percent"`
}

// minDrift is the least number of trials that drift is judged by: of five, no order has a p-value below 1 %.
const minDrift = 6

// drifts looks at the deciding metrics of each cell.
func drifts(plan suite.Plan, rows []TrialRow) []Drift {
	out := []Drift{}
	at := byPlace(rows)
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			for _, m := range metricsOf(sc) {
				if !slices.Contains(sc.Decide, m.name) {
					continue
				}
				if d, ok := driftOf(at[place{sc.Name, b}], sc.Name, b, m.name, plan.Sides(sc, b)); ok {
					d.Title = m.title
					out = append(out, d)
				}
			}
		}
	}
	var ps []float64
	for _, d := range out {
		ps = append(ps, d.P)
	}
	corrected, _ := holm(ps)
	for i := range out {
		out[i].CorrectedP = corrected[i]
	}
	return out
}

// driftOf orders the log values of all arms, each less its arm's mean, by the trials' numbers, which is the order in
// which they ran.
func driftOf(rows []TrialRow, scenario, broker, metric string, arms []suite.Arm) (Drift, bool) {
	at := map[int]float64{}
	for _, a := range arms {
		own := map[int]float64{}
		var logs []float64
		for _, r := range rows {
			v, ok := r.Metrics[metric]
			if ok && v > 0 && r.Scenario == scenario && r.Broker == broker && r.Arm == a.Name && valid(r.Trial, metric) {
				own[r.ID] = math.Log(v)
				logs = append(logs, own[r.ID])
			}
		}
		mean := momentsOf(logs).mean
		for id, v := range own {
			at[id] = v - mean
		}
	}
	if len(at) < minDrift {
		return Drift{}, false
	}
	var ids []int
	for id := range at {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	x, y := make([]float64, len(ids)), make([]float64, len(ids))
	for i, id := range ids {
		x[i], y[i] = float64(id), at[id]
	}
	d := Drift{Scenario: scenario, Broker: broker, Metric: metric, Trials: len(ids)}
	d.Tau, d.P = kendall(y)
	d.Percent = 100 * (ratioOf(theilSen(x, y)*(x[len(x)-1]-x[0])) - 1)
	return d, finite(d.Percent)
}

// kendall is the rank correlation tau-b of values with their order and its two-sided p-value: Kendall, "A new measure
// of rank correlation", Biometrika 30 (1938); as a test for trend it is Mann's, Econometrica 13 (1945). Without ties and
// up to 50 values the p-value is exact, beyond that it is that of the normal distribution with the variance for ties.
func kendall(values []float64) (tau, p float64) {
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

// kendallExact is twice the probability that a random order of n values has at most so many pairs in the rarer
// direction.
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

// theilSen is the median of the slopes between all pairs of points: Sen, "Estimates of the regression coefficient based
// on Kendall's tau", Journal of the American Statistical Association 63 (1968).
func theilSen(x, y []float64) float64 {
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
