package markdown

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Trend writes a trend for a page or a pull request.
func Trend(w io.Writer, tr regress.Trend) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark: trend\n\n**%s**\n", markdown(view.TrendHeadline(tr)))
	for _, g := range view.ChangesByRun(tr) {
		fmt.Fprintf(&b, "\n%s\n\n", markdown(g.Title))
		for _, l := range g.Lines {
			fmt.Fprintf(&b, "- %s\n", markdown(l))
		}
	}
	for _, g := range view.SeriesGroups(tr.Series) {
		fmt.Fprintf(&b, "\n### %s\n\n", markdown(view.CellWords(g[0].Cell)))
		h := view.SeriesHeader()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n|---|--:|--:|--:|--:|\n", h[0], h[1], h[2], h[3], h[4])
		for _, s := range g {
			r := view.SeriesCells(s)
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", markdown(r[0]), r[1], r[2], r[3], r[4])
		}
		for _, l := range []string{view.LeftOutRuns(tr, g[0]), view.PartsWords(g[0])} {
			if l != "" {
				fmt.Fprintf(&b, "\n%s\n", markdown(l))
			}
		}
	}
	for _, l := range tr.LeftOut {
		fmt.Fprintf(&b, "\n%s\n", markdown(view.LeftOutWords(l)))
	}
	for _, l := range append(view.TrendNotes(tr), view.Paragraph(tr.Rule)) {
		fmt.Fprintf(&b, "\n%s\n", markdown(l))
	}
	_, err := w.Write(b.Bytes())
	return err
}
