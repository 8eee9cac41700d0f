package view

import (
	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// BarMarks are both sides of a comparison.
func BarMarks(c analysis.Comparison) []mark.Bar {
	return []mark.Bar{barMark(ArmName(c.Baseline), mark.Baseline, c.Baseline), barMark(ArmName(c.Candidate), mark.Candidate, c.Candidate)}
}

// barMark is an estimate of a side. Where it doesn't count, it says so and has no side's colour.
func barMark(name string, side mark.Side, e analysis.Estimate) mark.Bar {
	b := mark.Bar{Name: name, Side: side, Value: e.Estimate, Low: e.Low, High: e.High, Dots: Shown(e), Spoiled: Spoiled(e)}
	if b.Spoiled {
		b.Name, b.Side = Name(name)+" (not valid)", mark.Neutral
	}
	return b
}
