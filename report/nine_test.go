package report

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

// The fixture has what its name says: all kinds of cells, orders with ties, and sides that promise less.
func TestTheRunOfNineSidesHasAllThatCanHappen(t *testing.T) {
	t.Parallel()
	a := fixture.NineSides(t)
	if len(a.Orders) != 10 || len(a.Choices) != 4 {
		t.Fatalf("%d orders, %d choices", len(a.Orders), len(a.Choices))
	}
	status := map[string]int{}
	for _, c := range a.Cells {
		status[c.Status]++
	}
	if len(a.Cells) != 36 || status[analysis.CellNotOffered] != 6 || status[analysis.CellNotRun] != 1 || status[analysis.CellInvalid] != 1 {
		t.Errorf("cells: %v", status)
	}
	verdicts, apart := map[string]int{}, 0
	for _, o := range a.Orders {
		for _, p := range o.Pairs {
			verdicts[p.Verdict+p.Grade]++
			if p.NotCounted.Differ() {
				apart++
			}
		}
	}
	for _, v := range []string{analysis.Undecided, analysis.Equivalent + analysis.GradeSure, analysis.Faster + analysis.GradeSure, analysis.Faster + analysis.GradeHere} {
		if verdicts[v] == 0 {
			t.Errorf("no pair is %s: %v", v, verdicts)
		}
	}
	if apart == 0 {
		t.Error("no pair promises different things")
	}
}
