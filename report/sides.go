package report

import "github.com/tqbench/tqbench/analysis"

// sideFigure is one metric of one arm on one broker in one scenario, as comparisons have it.
type sideFigure struct {
	scenario, broker, metric, title, unit string
	higher, defaults                      bool
	analysis.Estimate
}

// sideFigures are the figures of all arms that have any, each once, in the analysis' order.
func sideFigures(a analysis.Analysis) []sideFigure {
	type key struct{ scenario, broker, metric, arm string }
	seen := map[key]bool{}
	var out []sideFigure
	for _, c := range a.Comparisons {
		for _, e := range []analysis.Estimate{c.Baseline, c.Candidate} {
			f := sideFigure{c.Scenario, c.Broker, c.Metric, c.Title, c.Unit, c.HigherIsBetter, c.Defaults, e}
			if k := (key{c.Scenario, c.Broker, c.Metric, e.Arm}); len(e.Values) > 0 && !seen[k] {
				seen[k] = true
				out = append(out, f)
			}
		}
	}
	return out
}
