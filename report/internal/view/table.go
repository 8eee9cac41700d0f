package view

import (
	"github.com/tqbench/tqbench/regress"
)

// CompareTable is a comparison of two runs in words and rounded figures, as text and Markdown have it, for a page. It
// escapes nothing.
type CompareTable struct {
	Headline, Old, New string
	Decisions          []DecisionRow
	// Differences are what else differs between the runs.
	Differences []string
	Cells       []CompareCell
	// Notes come last.
	Notes []string
}

// DecisionRow is a threshold on one cell, its outcome and why.
type DecisionRow struct{ Threshold, Outcome, Sentence string }

// CompareCell is one arm on one broker in one scenario: its rows have a label, old, new, the change with its interval, and
// the valid trials of both sides.
type CompareCell struct {
	Title string
	Rows  [][]string
	Notes []string
}

// NewCompareTable puts a comparison in words.
func NewCompareTable(c regress.Comparison) CompareTable {
	t := CompareTable{Headline: CompareHeadline(c), Old: RunsWords(c.Old), New: RunsWords(c.New)}
	for _, d := range c.Decisions {
		t.Decisions = append(t.Decisions, DecisionRow{Sentence(d.Threshold), Name(d.Outcome), Sentence(DecisionWords(c, d))})
	}
	for _, d := range c.Differences {
		t.Differences = append(t.Differences, DifferenceWords(d))
	}
	for _, g := range RowGroups(c.Rows) {
		cell := CompareCell{Title: CellWords(g[0].Cell)}
		for _, r := range g {
			cell.Rows = append(cell.Rows, RowCells(r))
		}
		cell.Notes = RowNotes(g)
		t.Cells = append(t.Cells, cell)
	}
	t.Notes = append(CompareNotes(c), Paragraph(c.Rule))
	return t
}
