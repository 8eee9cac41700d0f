package view

import (
	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// BarMarks are both sides of a comparison.
func BarMarks(c analysis.Comparison) []mark.Bar {
	bar := func(e analysis.Estimate, s mark.Side) mark.Bar {
		b := mark.Bar{Name: ArmName(e), Side: s, Value: e.Estimate, Low: e.Low, High: e.High, Dots: Shown(e)}
		if Spoiled(e) {
			b.Name, b.Side = Name(b.Name)+" (not valid)", mark.Neutral
		}
		return b
	}
	return []mark.Bar{bar(c.Baseline, mark.Baseline), bar(c.Candidate, mark.Candidate)}
}
