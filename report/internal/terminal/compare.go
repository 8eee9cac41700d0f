package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Compare writes a comparison of runs for a terminal of the given width; 0 means lines of any length.
func Compare(w io.Writer, c regress.Comparison, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.wrap(styleStrong, "", view.CompareHeadline(c))
	t.wrap("", "  ", "old: "+view.RunsWords(c.Old))
	t.wrap("", "  ", "new: "+view.RunsWords(c.New))
	for _, l := range view.SameWords(c) {
		t.wrap("", "  ", "the same: "+l)
	}
	for _, d := range c.Decisions {
		t.wrap("", "", fmt.Sprintf("%s: %s: %s", strings.ToUpper(view.Name(d.Outcome)), view.Sentence(d.Threshold), view.Sentence(view.DecisionWords(c, d))))
	}
	if len(c.Differences) > 0 {
		t.b.WriteByte('\n')
		t.wrap("", "", "What else differs:")
		for _, d := range c.Differences {
			t.wrap("", "  ", view.DifferenceWords(d))
		}
	}
	for _, g := range view.RowGroups(c.Rows) {
		t.b.WriteByte('\n')
		t.wrap("", "", view.CellWords(g[0].Cell))
		table := [][]string{{"metric", "old", "new", "change (95 % interval)", "trials"}}
		for _, r := range g {
			table = append(table, view.RowCells(r))
		}
		t.table(table)
		for _, n := range view.RowNotes(g) {
			t.wrap("", "  ", n)
		}
	}
	t.b.WriteByte('\n')
	for _, l := range view.CompareNotes(c) {
		t.wrap("", "", l)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
