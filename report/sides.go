package report

import "github.com/tqbench/tqbench/analysis"

// sideFigure is one metric of one arm on one broker in one scenario.
type sideFigure struct {
	scenario, broker, metric, title, unit string
	higher, defaults                      bool
	// lone figures are of arms that nothing is compared with.
	lone bool
	analysis.Estimate
}

// sideFigures are the figures of all arms that have any, each once: those of comparisons in the analysis' order, then those of
// arms that nothing is compared with.
func sideFigures(a analysis.Analysis) []sideFigure {
	type key struct{ scenario, broker, metric, arm string }
	seen := map[key]bool{}
	var out []sideFigure
	for _, c := range a.Comparisons {
		for _, e := range []analysis.Estimate{c.Baseline, c.Candidate} {
			f := sideFigure{scenario: c.Scenario, broker: c.Broker, metric: c.Metric, title: c.Title, unit: c.Unit, higher: c.HigherIsBetter,
				defaults: c.Defaults, Estimate: e}
			if k := (key{c.Scenario, c.Broker, c.Metric, e.Arm}); len(shown(e)) > 0 && !seen[k] {
				seen[k] = true
				out = append(out, f)
			}
		}
	}
	return append(out, loneFigures(a)...)
}
