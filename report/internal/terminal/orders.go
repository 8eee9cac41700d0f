package terminal

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/view"
)

// order writes an order of finish: a line a side where the terminal is wide enough, and else a list a metric.
func (t *terminal) order(r view.Ranking, several bool) {
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", view.OrderTitle, r.Place()))
	if several {
		t.wrap(styleStrong, "  ", text.Upper(r.Answer)+".")
	}
	if !t.orderTable(r) {
		for i, c := range r.Columns {
			t.orderList(r, i, c)
		}
	}
	for _, s := range append([]string{r.Note}, r.Remarks...) {
		t.wrap("", "  ", s)
	}
}

// parts are the widths of place, figure and letters in a column.
type parts struct{ place, figure, letters int }

func (p parts) of(c view.RankingCell) string {
	return pad(c.Ordinal(), p.place, true) + " " + pad(c.Figure(), p.figure, true) + " " + pad(c.Letters, p.letters, false)
}

func partsIn(cells []view.RankingCell) parts {
	var p parts
	for _, c := range cells {
		p.place, p.figure = max(p.place, len(c.Ordinal())), max(p.figure, utf8.RuneCountInString(c.Figure()))
		p.letters = max(p.letters, utf8.RuneCountInString(c.Letters))
	}
	return p
}

// orderTable writes the table, or nothing where it would be too wide.
func (t *terminal) orderTable(r view.Ranking) bool {
	header, widths := []string{"side"}, []int{4}
	lines := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		lines[i] = []string{row.Name}
		widths[0] = max(widths[0], utf8.RuneCountInString(row.Name))
	}
	total := widths[0]
	for col, c := range r.Columns {
		var cells []view.RankingCell
		for _, row := range r.Rows {
			cells = append(cells, row.Cells[col])
		}
		p := partsIn(cells)
		// A title folds, down to its longest word.
		width := p.place + p.figure + p.letters + 2
		for _, word := range strings.Fields(c.Label) {
			width = max(width, utf8.RuneCountInString(word)+2)
		}
		header, widths = append(header, c.Label), append(widths, width)
		total += 2 + width
		for i, cell := range cells {
			lines[i] = append(lines[i], p.of(cell))
		}
	}
	if t.width > 0 && total > t.width {
		return false
	}
	// What room is left goes to the titles, which then fold less.
	for col, h := range header {
		more := max(utf8.RuneCountInString(h)-widths[col], 0)
		if t.width > 0 {
			more = min(more, t.width-total)
		}
		widths[col] += more
		total += more
	}
	t.row(header, widths)
	for _, l := range lines {
		line := ""
		for col, cell := range l {
			line += pad(cell, widths[col]+2, false)
		}
		t.line(line)
	}
	return true
}

// orderList writes the order in one metric: each side with its place.
func (t *terminal) orderList(r view.Ranking, col int, c view.RankingColumn) {
	t.wrap("", "", c.Label)
	var cells []view.RankingCell
	var arms []string
	for _, f := range r.Orders[col].Sides {
		for _, row := range r.Rows {
			if row.Arm == f.Arm && row.Cells[col].Measured {
				cells, arms = append(cells, row.Cells[col]), append(arms, row.Name)
			}
		}
	}
	p, widest := partsIn(cells), 0
	for _, a := range arms {
		widest = max(widest, utf8.RuneCountInString(a))
	}
	if t.width > 0 {
		// A name is cut before figures are: other tables have it in full.
		widest = min(widest, max(t.width-p.place-p.figure-p.letters-5, 8))
	}
	for i, cell := range cells {
		t.line("  " + pad(cell.Ordinal(), p.place, true) + " " + pad(text.Clean(arms[i], widest), widest, false) + " " +
			pad(cell.Figure(), p.figure, true) + " " + cell.Letters)
	}
}

func (t *terminal) shortStandings(s view.Standings) {
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", view.StandingsTitle, s.Title))
	t.wrap("", "  ", s.Metric)
	t.table(view.ShortStandings(s))
}
