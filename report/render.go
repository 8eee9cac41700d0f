package report

import (
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/chart"
)

// Render writes one file of the report of a, by its name below the report's folder, where no folder is to be written.
// The folder is the run's, whose drawings of profiles the page leads to. A name that a report doesn't have is an
// fs.ErrNotExist.
func Render(w io.Writer, folder, name string, a analysis.Analysis) error {
	list, err := files(folder, a, new(chart.GoChart))
	if err != nil {
		return fmt.Errorf("report file %s: %w", name, err)
	}
	for _, f := range list {
		if filepath.ToSlash(f.name) != name {
			continue
		}
		if err := f.fill(w); err != nil {
			return fmt.Errorf("report file %s: %w", name, err)
		}
		return nil
	}
	return fmt.Errorf("report file %q: %w", name, fs.ErrNotExist)
}

// Screen is how a terminal is written to.
type Screen = screen

// Terminal writes the report for a terminal: the tables, and the answer last, where a screen shows it when all has been
// printed.
func Terminal(w io.Writer, a analysis.Analysis, s Screen) error { return writeTerminal(w, New(a), s) }

// Style is the style sheet of the report, for pages that are to look like it.
func Style() ([]byte, error) {
	data, err := templates.ReadFile("templates/style.css")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return data, nil
}

// CompareTable is a comparison of two runs in words and rounded figures, as text and Markdown have it, for a page. It
// escapes nothing.
type CompareTable struct {
	Headline, Old, New string
	Decisions          []regress.Decision
	// Differences are what else differs between the runs.
	Differences []string
	Cells       []CompareCell
	// Notes stand below all.
	Notes []string
}

// CompareCell is one arm on one broker in one scenario: its rows have a label, old, new, the change with its interval, and
// the valid trials of both sides.
type CompareCell struct {
	Title string
	Rows  [][]string
	Notes []string
}

// NewCompareTable puts a comparison in words.
func NewCompareTable(c regress.Comparison) CompareTable {
	t := CompareTable{Headline: compareHeadline(c), Old: subjectWords(c.Old), New: subjectWords(c.New)}
	for _, d := range c.Decisions {
		d.Outcome, d.Threshold, d.Sentence = name(d.Outcome), sentence(d.Threshold), sentence(d.Sentence)
		t.Decisions = append(t.Decisions, d)
	}
	for _, d := range c.Differences {
		t.Differences = append(t.Differences, differenceWords(d))
	}
	for _, g := range rowGroups(c.Rows) {
		cell := CompareCell{Title: cellWords(g[0].Cell)}
		var notes []string
		for _, r := range g {
			cell.Rows = append(cell.Rows, rowCells(r))
			if r.Reason != "" {
				notes = append(notes, rowLabel(r)+": "+sentence(r.Reason))
			}
		}
		cell.Notes = together(notes, len(g))
		t.Cells = append(t.Cells, cell)
	}
	t.Notes = append(compareNotes(c), paragraph(c.Rule))
	return t
}
