package terminal

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tqbench/tqbench/report/internal/view"
)

// footnotes are numbered remarks, each listed once.
type footnotes []string

// mark is the number of a remark, to stand where it applies.
func (f *footnotes) mark(s string) string {
	i := slices.Index(*f, s)
	if i < 0 {
		i = len(*f)
		*f = append(*f, s)
	}
	return fmt.Sprintf(" [%d]", i+1)
}

// standings writes the table for a terminal: a line a broker where it is wide enough, else a line an arm.
func (t *terminal) standings(s view.Standings) {
	// Below this many characters a column would be more folds than words.
	const least = 20
	var notes footnotes
	rows := [][]string{append([]string{"broker"}, s.Arms...)}
	for _, r := range s.Rows {
		row := []string{r.Broker}
		for _, c := range r.Cells {
			mark, why := "", ""
			if c.Caveat != nil {
				mark = notes.mark(c.Caveat.Text)
			}
			if c.Reason.Short != "" {
				why = notes.mark(c.Reason.Whole)
			}
			row = append(row, c.Words("", mark, why))
		}
		rows = append(rows, row)
	}
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", view.StandingsTitle, s.Title))
	t.wrap("", "  ", s.Metric)
	widths := make([]int, len(rows[0]))
	for col := range widths {
		for _, r := range rows {
			widths[col] = max(widths[col], utf8.RuneCountInString(r[col]))
		}
	}
	fits := true
	if t.width > 0 {
		room := (t.width-widths[0])/len(s.Arms) - 2
		fits = room >= least
		for col := 1; col < len(widths); col++ {
			widths[col] = min(widths[col], room)
		}
	}
	for i, r := range rows {
		if fits {
			t.row(r, widths)
		} else if i > 0 {
			t.wrap("", "", r[0])
			for col, cell := range r[1:] {
				t.wrap("", "  ", s.Arms[col]+": "+cell)
			}
		}
	}
	for i, n := range notes {
		t.wrap("", "  ", fmt.Sprintf("[%d] %s", i+1, n))
	}
}
