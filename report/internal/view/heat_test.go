package view

import (
	"math"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

func TestColoursAreDeeperTheFartherFrom1(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]int{
		1: 0, 1.04: 0, 1.06: 1, 1 / 1.06: 1, 1.3: 2, 0.5: 3, 2: 3, 4.9: 3, 5: 4, 0.01: 4, 0: 0, -1: 0, math.Inf(1): 0,
	} {
		if got := step(ratio); got != want {
			t.Errorf("%v has the step %d, want %d", ratio, got, want)
		}
	}
	if step(math.NaN()) != 0 {
		t.Error("what is no number has a colour")
	}
}

// Who is first in what is nothing on an ordinary day is painted, and no ratio says by how much.
func TestFirstsHaveNoRatioOfWhatMayBeZero(t *testing.T) {
	t.Parallel()
	c := verdictOn(analysis.Slower, analysis.GradeSure, growth)
	s := newSection(Group{Base: "B", Cand: "C", Compared: []analysis.Comparison{c}}, "x")
	if got := s.firstInEach(); len(got) != 1 || got[0].Who != "B" || !got[0].Ahead || got[0].Ratio != 0 || got[0].Step != 1 || got[0].Unsure {
		t.Errorf("%+v", got)
	}
	o := analysis.Order{Metric: c.Metric}
	side := func(arm string, v float64) analysis.Finisher {
		return analysis.Finisher{Arm: arm, Estimate: analysis.Estimate{Estimate: v}}
	}
	if got := lengthAhead(o, side("B", 5.47e-14), []analysis.Finisher{side("B", 5.47e-14), side("C", 0.017)}); got != 0 {
		t.Errorf("ahead by %v", got)
	}
}

// Where one side is first alone, it is named with how far it is ahead; where none is, nothing is said of a distance.
func TestFirstsAreThoseOfTheOrders(t *testing.T) {
	t.Parallel()
	r := New(fixture.NineSides(t))
	if len(r.Firsts.Rows) != 2 || len(r.Firsts.Columns) != 2 || !r.Large {
		t.Fatalf("%d rows, %d columns, large is %v", len(r.Firsts.Rows), len(r.Firsts.Columns), r.Large)
	}
	for _, row := range r.Firsts.Rows {
		for i, cell := range row.Cells {
			if cell.ID == "" || len(cell.Metrics) == 0 {
				t.Errorf("%s on %s has no order", row.Name, r.Firsts.Columns[i].Name)
			}
			for _, m := range cell.Metrics {
				if m.Who == "" || m.Detail == "" || m.Ratio > 0 && m.Ratio < 1 || m.Ratio == 0 && !m.Unsure {
					t.Errorf("%s on %s: %+v", row.Name, r.Firsts.Columns[i].Name, m)
				}
			}
		}
	}
}
