package report

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

// matrix is the table of verdicts: a row a broker, a column a scenario.
type matrix struct {
	Title     string
	Scenarios []string
	Rows      []matrixRow
}

type matrixRow struct {
	Broker string
	Cells  []matrixCell
}

// matrixCell has the deciding comparisons of one group. Where the run has no such group, Why says so.
type matrixCell struct {
	ID, Title string
	Cards     []card
	// LeftOut are the comparisons that would decide and don't count.
	LeftOut []leftOutCards
	Why     string
}

type leftOutCards struct {
	Reason string
	Cards  []card
}

// matrices lays the sections out, one matrix a pair of sides. Brokers and scenarios without any comparison have their
// place too.
func matrices(a analysis.Analysis, sections []section) []matrix {
	known := productsOf(a)
	var gs []group
	for _, s := range sections {
		gs = append(gs, s.group)
	}
	var out []matrix
	for _, p := range pairs(gs) {
		m := matrix{Title: fmt.Sprintf("%s against %s", name(p.candidate), name(p.baseline))}
		if p.defaults {
			m.Title += ", as installed"
		}
		var scenarios, brokers []string
		for _, c := range a.Cells {
			if c.Arm != p.baseline && c.Arm != p.candidate {
				continue
			}
			if !slices.Contains(scenarios, c.Scenario) {
				scenarios = append(scenarios, c.Scenario)
			}
			if !slices.Contains(brokers, c.Broker) {
				brokers = append(brokers, c.Broker)
			}
		}
		for _, g := range p.groups {
			if !slices.Contains(scenarios, g.scenario) {
				scenarios = append(scenarios, g.scenario)
			}
			if !slices.Contains(brokers, g.broker) {
				brokers = append(brokers, g.broker)
			}
		}
		for _, s := range scenarios {
			m.Scenarios = append(m.Scenarios, name(s))
		}
		for _, b := range brokers {
			row := matrixRow{Broker: name(known.name(b)), Cells: make([]matrixCell, len(scenarios))}
			for i, scenario := range scenarios {
				row.Cells[i] = cellOf(sections, p, b, scenario)
				if row.Cells[i].ID == "" {
					row.Cells[i].Why = nothingToCompare(a, p, b, scenario)
				}
			}
			m.Rows = append(m.Rows, row)
		}
		out = append(out, m)
	}
	return out
}

func cellOf(sections []section, p pair, broker, scenario string) matrixCell {
	for _, s := range sections {
		if s.broker != broker || s.scenario != scenario || s.baseline != p.baseline || s.candidate != p.candidate ||
			s.defaults != p.defaults {
			continue
		}
		cell := matrixCell{ID: s.ID, Title: s.Title}
		for _, c := range s.Comparisons {
			if c.Deciding {
				cell.Cards = append(cell.Cards, c)
			}
		}
		for _, l := range leftOut(s.group.comparisons) {
			cell.LeftOut = append(cell.LeftOut, leftOutCards{Reason: sentence(l.reason)})
			last := &cell.LeftOut[len(cell.LeftOut)-1]
			for _, c := range s.Comparisons {
				if c.NotCounted == l.reason {
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
			why := name(c.Status) + ", " + newReason(whyOf(a, c)).Short
			if sides[why] == nil {
				whys = append(whys, why)
			}
			sides[why] = append(sides[why], name(arm))
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
