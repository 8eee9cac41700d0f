package report

import (
	"fmt"
	"io"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
)

// tracked is an entry of github-action-benchmark's own format (customBiggerIsBetter, customSmallerIsBetter):
// https://github.com/benchmark-action/github-action-benchmark.
type tracked struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range"`
	Extra string  `json:"extra"`
}

// writeTracked writes the figures of which more is better, or those of which less is: that tool takes one kind a file.
func writeTracked(w io.Writer, r *Report, bigger bool) error {
	a := r.Analysis
	out := []tracked{}
	for _, f := range r.Figures {
		if f.higher != bigger {
			continue
		}
		name := fmt.Sprintf("%s: %s on %s, %s", f.metric, f.scenario, f.broker, f.Arm)
		if f.defaults {
			name += ", as installed"
		}
		extra := fmt.Sprintf("median over %s, run %s", number.Plural(len(shown(f.Estimate)), "trial"), a.Run.ID)
		if spoiled(f.Estimate) {
			// It is a series apart: a tracker would take it for a change of the other.
			name += ", not valid"
			extra += "; none of these trials counts"
		}
		for _, c := range verdictsOn(a, f) {
			extra += fmt.Sprintf("; against %s %s", armName(c.Baseline), verdictSentence(c))
		}
		// That tool shows them as they are.
		out = append(out, tracked{Name: text.Escape(name), Unit: text.Escape(f.unit), Value: f.Estimate.Estimate, Range: number.Span(f.Low, f.High),
			Extra: text.Escape(extra)})
	}
	return atomicfile.JSON(out)(w)
}

// verdictsOn are the comparisons that have a figure as their candidate, and a verdict.
func verdictsOn(a analysis.Analysis, f sideFigure) []analysis.Comparison {
	var out []analysis.Comparison
	for _, c := range a.Comparisons {
		if c.Scenario == f.scenario && c.Broker == f.broker && c.Metric == f.metric && c.Candidate.Arm == f.Arm && c.Blocks > 0 {
			out = append(out, c)
		}
	}
	return out
}
