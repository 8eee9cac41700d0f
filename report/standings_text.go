package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/report/internal/number"
)

// standingsTitle is what the table is called wherever it stands.
const standingsTitle = "Which framework on which broker"

// figureWords is a cell's figure, marked where its trials don't count.
func (s standing) figureWords(unit string) string {
	if !s.HasValue {
		return "no figure"
	}
	out := strings.TrimSpace(number.Short(s.Value) + " " + unit)
	if s.Spoiled {
		out += " " + spoiledMark
	}
	return out
}

// words are a cell's figure, guarantee and status, each with what follows it.
func (s standing) words(unit, caveat, reason string) string {
	parts := []string{s.figureWords(unit)}
	if s.Delivery != "" {
		parts = append(parts, s.Delivery+caveat)
	}
	switch {
	case s.Status != "":
		parts = append(parts, s.Status+reason)
	case s.Reason.Short != "":
		parts = append(parts, "measured"+reason)
	}
	return strings.Join(parts, "; ")
}

// markdownStandings writes the table as one line a broker, and below it what its cells have no room for.
func markdownStandings(b *bytes.Buffer, t standings) {
	fmt.Fprintf(b, "\n### %s: %s\n\n%s.\n\n| broker |", standingsTitle, markdown(t.Title), markdown(t.Metric))
	for _, arm := range t.Arms {
		fmt.Fprintf(b, " %s |", markdown(arm))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(t.Arms)) + "\n")
	var notes []string
	for _, c := range t.Caveats {
		notes = append(notes, c.Mark+" "+markdown(c.Text))
	}
	for _, row := range t.Rows {
		fmt.Fprintf(b, "| %s |", markdown(row.Broker))
		for i, c := range row.Cells {
			mark, why := "", ""
			if c.Caveat != nil {
				mark = fmt.Sprintf(" %s (%s)", c.Caveat.Mark, c.Caveat.Short)
			}
			if c.Reason.Short != "" {
				why = ": " + c.Reason.Short
			}
			fmt.Fprintf(b, " %s |", markdown(c.words(c.Unit, mark, why)))
			if c.Reason.Rest != "" {
				notes = append(notes, markdown(fmt.Sprintf("%s, %s: %s", row.Broker, t.Arms[i], c.Reason.Whole)))
			}
		}
		b.WriteByte('\n')
	}
	for i, n := range notes {
		if i == 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "- %s\n", n)
	}
}

// footnotes are numbered remarks, each told once.
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
func (t *terminal) standings(s standings) {
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
			row = append(row, c.words("", mark, why))
		}
		rows = append(rows, row)
	}
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", standingsTitle, s.Title))
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

// row writes one line of a table, and further ones where a cell is wider than its column.
func (t *terminal) row(cells []string, widths []int) {
	folded := make([][]string, len(cells))
	lines := 0
	for i, c := range cells {
		folded[i] = fold(c, widths[i])
		lines = max(lines, len(folded[i]))
	}
	for n := range lines {
		line := ""
		for i := range cells {
			cell := ""
			if n < len(folded[i]) {
				cell = folded[i][n]
			}
			line += pad(cell, widths[i]+2, false)
		}
		t.line(line)
	}
}
