package data

import (
	"fmt"
	"io"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// tracked is an entry of github-action-benchmark's own format (customBiggerIsBetter, customSmallerIsBetter):
// https://github.com/benchmark-action/github-action-benchmark.
type tracked struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
	Range string  `json:"range,omitempty"`
	Extra string  `json:"extra"`
}

// Tracked writes the figures of which more is better, or those of which less is: that tool takes one kind a file.
func Tracked(w io.Writer, r *view.Report, bigger bool) error {
	a := r.Analysis
	out := []tracked{}
	for _, f := range r.Figures {
		if f.Higher != bigger {
			continue
		}
		name := fmt.Sprintf("%s: %s on %s, %s", f.Metric, f.Scenario, f.Broker, f.Arm)
		if f.Defaults {
			name += ", as installed"
		}
		extra := fmt.Sprintf("median over %s, run %s", number.Plural(len(view.Shown(f.Estimate)), "trial"), a.Run.ID)
		if view.Spoiled(f.Estimate) {
			// It is a series apart: a tracker would take it for a change of the other.
			name += ", not valid"
			extra += "; none of these trials counts"
		}
		for _, c := range verdictsOn(a, f) {
			extra += fmt.Sprintf("; against %s %s", view.ArmName(c.Baseline), view.VerdictSentence(c))
		}
		// That tool shows them as they are.
		x := tracked{Name: text.Escape(name), Unit: text.Escape(f.Unit), Value: f.Estimate.Estimate, Extra: text.Escape(extra)}
		if f.HasInterval() {
			x.Range = number.Span(f.Low, f.High)
		}
		out = append(out, x)
	}
	return atomicfile.JSON(out)(w)
}

// verdictsOn are the comparisons that have a figure as their candidate, and a verdict.
func verdictsOn(a analysis.Analysis, f view.SideFigure) []analysis.Comparison {
	var out []analysis.Comparison
	for _, c := range a.Comparisons {
		if c.Scenario == f.Scenario && c.Broker == f.Broker && c.Metric == f.Metric && c.Candidate.Arm == f.Arm && c.Blocks > 0 {
			out = append(out, c)
		}
	}
	return out
}
