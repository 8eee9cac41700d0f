package analysis

import (
	"cmp"
	"slices"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Alone is one metric of an arm that the run compares with nothing.
type Alone struct {
	Scenario       string `json:"scenario"`
	Broker         string `json:"broker"`
	Metric         string `json:"metric"`
	Title          string `json:"title"`
	Unit           string `json:"unit"`
	HigherIsBetter bool   `json:"higher_is_better"`
	// Deciding is true for the metrics that the scenario's answer would be made of.
	Deciding bool `json:"deciding"`
	Defaults bool `json:"defaults"`
	// Estimate is the median over trials. Its interval is that of stats.LevelInterval; one trial has none, and its ends are the median.
	Estimate Estimate `json:"estimate"`
	// Confidence is the coverage that the interval states; 0 if there is no interval.
	Confidence float64 `json:"confidence"`
}

// HasInterval reports whether the figure has an interval.
func (f Alone) HasInterval() bool { return f.Confidence > 0 }

// AloneFigures are the figures of the arms that the run compares with nothing. Of an analysis that was written before it had them, they are
// made of its trials, and none decides.
func (a Analysis) AloneFigures() []Alone {
	if a.Alone != nil {
		return a.Alone
	}
	return aloneOf(a.Comparisons, a.Trials, nil)
}

// aloneOf makes the figures of the arms that no comparison has. deciding are the deciding metrics of each scenario, in their order: they come
// first.
func aloneOf(compared []Comparison, rows []TrialRow, deciding map[string][]string) []Alone {
	known := map[suite.Key]bool{}
	for _, c := range compared {
		for _, e := range []Estimate{c.Baseline, c.Candidate} {
			known[suite.KeyOf(c.Scenario, c.Broker, cmp.Or(e.Arm, e.Contender))] = true
		}
	}
	var places []suite.Key
	trials := map[suite.Key][]TrialRow{}
	for _, t := range rows {
		p := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
		if known[p] || !t.Done() {
			continue
		}
		if trials[p] == nil {
			places = append(places, p)
		}
		trials[p] = append(trials[p], t)
	}
	out := []Alone{}
	for _, p := range places {
		decide := deciding[trials[p][0].Scenario]
		list := metricsIn(trials[p])
		slices.SortStableFunc(list, func(x, y string) int { return rankOf(decide, x) - rankOf(decide, y) })
		for _, m := range list {
			f := FigureOf(trials[p], m)
			f.Deciding = slices.Contains(decide, m)
			f.interval()
			out = append(out, f)
		}
	}
	return out
}

// metricsIn are the metrics of trials, in the order in which reports show them.
func metricsIn(rows []TrialRow) []string {
	var out []string
	for _, r := range rows {
		for m := range r.Metrics {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	slices.SortStableFunc(out, func(x, y string) int { return metric.Rank(x) - metric.Rank(y) })
	return out
}

// FigureOf sums up a metric of the trials of one arm in one place, as one side of a comparison is summed up.
func FigureOf(rows []TrialRow, of string) Alone {
	first := rows[0]
	var values, spoiled []float64
	for _, r := range rows {
		v, ok := r.Metrics[of]
		switch {
		case !ok:
		case valid(r.Trial, of):
			values = append(values, v)
		default:
			spoiled = append(spoiled, v)
		}
	}
	f := Alone{Scenario: first.Scenario, Broker: first.Broker, Metric: of, Title: of, Defaults: first.Defaults,
		Estimate: Level(suite.Arm{Name: first.Arm, Contender: first.Contender}, values, spoiled)}
	if m, ok := metric.Named(of); ok {
		f.Title, f.Unit, f.HigherIsBetter = m.Title, m.Unit, m.HigherIsBetter
	}
	return f
}

// interval gives the figure its interval.
func (f *Alone) interval() {
	values := f.Estimate.Values
	if len(values) == 0 {
		values = f.Estimate.Spoiled
	}
	if i, ok := stats.LevelInterval(values, stats.Confidence); ok {
		f.Estimate.Low, f.Estimate.High, f.Confidence = i.Low, i.High, i.Confidence
	}
}
