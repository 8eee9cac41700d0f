package view

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/suite"
)

// matrix is the table of verdicts: a row a scenario and a column a broker, or the other way about where that is narrower.
// Each pair of sides has its own rows.
type matrix struct {
	// Corner says what the rows are.
	Corner  string
	Columns []matrixHead
	Groups  []matrixGroup
}

// matrixHead names a row or a column.
type matrixHead struct{ Name, Tags string }

type matrixGroup struct {
	Title, Tags string
	Rows        []matrixRow
}

type matrixRow struct {
	matrixHead
	Cells []matrixCell
}

// matrixCell has the deciding comparisons of one group. Where the run has no such group, Why says so.
type matrixCell struct {
	ID, Title, Tags string
	Cards           []Card
	// LeftOut are the comparisons that would decide and don't count.
	LeftOut []leftOutCards
	Why     string
}

type leftOutCards struct {
	Reason string
	Cards  []Card
}

// newMatrix lays the sections out. Brokers and scenarios that were planned for both sides and gave no comparison have
// their place too.
func newMatrix(a analysis.Analysis, tags Tagger, sections []Section) matrix {
	known := productsOf(a)
	var gs []Group
	for _, s := range sections {
		gs = append(gs, s.Group)
	}
	ps := pairs(gs)
	var all []suite.Place
	for _, p := range ps {
		all = append(all, p.places(a)...)
	}
	scenarios, brokers := tags.axes(all)
	m := matrix{Corner: "Scenario"}
	across := func(b string) matrixHead { return matrixHead{Name(known.Name(b)), tags.Of("", b)} }
	down := func(s string) matrixHead { return matrixHead{known.Load(s), tags.Of(s, "")} }
	columns, rows := brokers, scenarios
	cell := func(row, column string) (scenario, broker string) { return row, column }
	if len(scenarios) < len(brokers) {
		m.Corner = "Broker"
		across, down = down, across
		columns, rows = scenarios, brokers
		cell = func(row, column string) (scenario, broker string) { return column, row }
	}
	for _, c := range columns {
		m.Columns = append(m.Columns, across(c))
	}
	for _, p := range ps {
		g := matrixGroup{Title: fmt.Sprintf("%s against %s", Name(p.candidate), Name(p.baseline)), Tags: tags.Of("", "", p.candidate, p.baseline)}
		if p.defaults {
			g.Title += ", as installed"
		}
		places := p.places(a)
		for _, r := range rows {
			row := matrixRow{matrixHead: down(r)}
			planned := false
			for _, c := range columns {
				scenario, broker := cell(r, c)
				planned = planned || slices.Contains(places, suite.At(scenario, broker))
				x := cellOf(sections, p, broker, scenario)
				if x.ID == "" {
					x.Why = nothingToCompare(a, p, broker, scenario)
				}
				x.Tags = tags.Of(scenario, broker)
				row.Cells = append(row.Cells, x)
			}
			if planned {
				g.Rows = append(g.Rows, row)
			}
		}
		m.Groups = append(m.Groups, g)
	}
	return m
}

// large tells whether the table is of several brokers, or of many scenarios.
func (m matrix) large() bool {
	if len(m.Columns) > 1 {
		return true
	}
	for _, g := range m.Groups {
		if len(g.Rows) > mostRows {
			return true
		}
	}
	return false
}

// Single tells whether there is one pair of sides only, which then needs no rows to name it.
func (m matrix) Single() bool { return len(m.Groups) == 1 }

// places are the scenarios and brokers at which the pair has comparisons, or would have if both sides had run.
func (p pair) places(a analysis.Analysis) []suite.Place {
	var out []suite.Place
	for _, g := range p.groups {
		out = append(out, suite.At(g.Scenario, g.Broker))
	}
	sides, measured := map[suite.Place]int{}, map[suite.Place]int{}
	for _, c := range a.Cells {
		if c.Arm == p.baseline || c.Arm == p.candidate {
			where := suite.At(c.Scenario, c.Broker)
			if c.Status == analysis.CellMeasured {
				measured[where]++
			}
			// Two sides that were both measured and have no comparison are each compared with another one.
			if sides[where]++; sides[where] == 2 && measured[where] < 2 && !slices.Contains(out, where) {
				out = append(out, where)
			}
		}
	}
	return out
}

func cellOf(sections []Section, p pair, broker, scenario string) matrixCell {
	for _, s := range sections {
		if s.Broker != broker || s.Scenario != scenario || s.Base != p.baseline || s.Cand != p.candidate ||
			s.Defaults != p.defaults {
			continue
		}
		cell := matrixCell{ID: s.ID, Title: s.Title}
		for _, c := range s.Comparisons {
			if c.Deciding {
				cell.Cards = append(cell.Cards, c)
			}
		}
		for _, l := range LeftOut(s.Group.Compared) {
			cell.LeftOut = append(cell.LeftOut, leftOutCards{Reason: Sentence(l.Reason)})
			last := &cell.LeftOut[len(cell.LeftOut)-1]
			for _, c := range s.Comparisons {
				if c.Uncounted == l.Reason {
					last.Cards = append(last.Cards, c)
				}
			}
		}
		return cell
	}
	return matrixCell{}
}

// nothingToCompare says which side has nothing that could be compared.
func nothingToCompare(a analysis.Analysis, p pair, broker, scenario string) string {
	var whys []string
	sides := map[string][]string{}
	for _, arm := range []string{p.baseline, p.candidate} {
		for _, c := range a.Cells {
			if c.Scenario != scenario || c.Broker != broker || c.Arm != arm || c.Status == analysis.CellMeasured {
				continue
			}
			why := Name(c.Status) + ", " + newReason(WhyOf(a, c)).Short
			if sides[why] == nil {
				whys = append(whys, why)
			}
			sides[why] = append(sides[why], Name(arm))
		}
	}
	if len(whys) == 0 {
		return "not run"
	}
	out := "nothing to compare"
	for _, why := range whys {
		out += "; " + text.List(sides[why]) + ": " + why
	}
	return out
}
