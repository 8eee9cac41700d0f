package analysis

import (
	"math"
	"slices"

	"github.com/tqbench/tqbench/stats"
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
			for _, m := range figuresOf(sc) {
				if !slices.Contains(sc.Decide, m.Name) {
					continue
				}
				if d, ok := driftOf(at[suite.At(sc.Name, b)], sc.Name, b, m.Name, plan.Sides(sc, b)); ok {
					d.Title = m.Title
					out = append(out, d)
				}
			}
		}
	}
	var ps []float64
	for _, d := range out {
		ps = append(ps, d.P)
	}
	corrected, _ := stats.Holm(ps)
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
		mean := stats.MomentsOf(logs).Mean
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
	d.Tau, d.P = stats.Kendall(y)
	d.Percent = 100 * (stats.Ratio(stats.TheilSen(x, y)*(x[len(x)-1]-x[0])) - 1)
	return d, stats.IsFinite(d.Percent)
}
