package view

import (
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/suite"
)

// SideFigure is one metric of one arm on one broker in one scenario.
type SideFigure struct {
	Scenario, Broker, Metric, Title, Unit string
	Higher, Defaults                      bool
	// lone figures are of arms that nothing is compared with; confidence is that of their interval, 0 if they have none.
	lone       bool
	confidence float64
	analysis.Estimate
}

// sideFigures are the figures of all arms that have any, each once: those of comparisons in the analysis' order, then those of
// arms that nothing is compared with.
func sideFigures(a analysis.Analysis) []SideFigure {
	type key struct {
		suite.Key
		metric string
	}
	seen := map[key]bool{}
	var out []SideFigure
	for _, c := range a.Comparisons {
		for _, e := range []analysis.Estimate{c.Baseline, c.Candidate} {
			f := SideFigure{Scenario: c.Scenario, Broker: c.Broker, Metric: c.Metric, Title: c.Title, Unit: c.Unit, Higher: c.HigherIsBetter,
				Defaults: c.Defaults, Estimate: e}
			if k := (key{suite.KeyOf(c.Scenario, c.Broker, e.Arm), c.Metric}); len(Shown(e)) > 0 && !seen[k] {
				seen[k] = true
				out = append(out, f)
			}
		}
	}
	out = append(out, shownFigures(a, out)...)
	return append(out, loneFigures(a)...)
}

// shownFigures are those of compared arms in the metrics that no comparison is made of.
func shownFigures(a analysis.Analysis, compared []SideFigure) []SideFigure {
	var keys []suite.Key
	for _, f := range compared {
		if k := suite.KeyOf(f.Scenario, f.Broker, ArmName(f.Estimate)); !slices.Contains(keys, k) {
			keys = append(keys, k)
		}
	}
	rows := map[suite.Key][]analysis.TrialRow{}
	for _, t := range a.Trials {
		if t.Done() {
			k := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
			rows[k] = append(rows[k], t)
		}
	}
	var out []SideFigure
	for _, m := range metric.In(metric.Shown) {
		for _, k := range keys {
			if !slices.ContainsFunc(rows[k], func(t analysis.TrialRow) bool { _, ok := t.Metrics[m.Name]; return ok }) {
				continue
			}
			out = append(out, figureOf(analysis.FigureOf(rows[k], m.Name)))
		}
	}
	return out
}
