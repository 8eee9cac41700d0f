package terminal

import (
	"io"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Trend writes a trend for a terminal of the given width; 0 means lines of any length.
func Trend(w io.Writer, tr regress.Trend, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.wrap(styleStrong, "", view.TrendHeadline(tr))
	for _, g := range view.ChangesByRun(tr) {
		t.b.WriteByte('\n')
		t.wrap("", "", g.Title)
		for _, l := range g.Lines {
			t.wrap("", "  ", l)
		}
	}
	for _, g := range view.SeriesGroups(tr.Series) {
		t.b.WriteByte('\n')
		t.wrap("", "", view.CellWords(g[0].Cell))
		table := [][]string{view.SeriesHeader()}
		for _, s := range g {
			table = append(table, view.SeriesCells(s))
		}
		t.table(table)
		for _, l := range []string{view.LeftOutRuns(tr, g[0]), view.PartsWords(g[0])} {
			if l != "" {
				t.wrap("", "  ", l)
			}
		}
	}
	for _, l := range view.TrendNotes(tr) {
		t.wrap("", "", l)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}
