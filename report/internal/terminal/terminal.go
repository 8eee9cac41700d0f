// Package terminal writes a report, a comparison of two runs and a trend as text that keeps to the width of a terminal.
package terminal

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/view"
)

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

// Styles of a terminal (SGR). Winners get the same hues as on the page; what is undecided gets none.
const (
	styleStrong    = "1"
	styleCandidate = "36"
	styleBaseline  = "33"
)

// leftOutMark comes before metrics that would decide and don't count.
const leftOutMark = "(*)"

// narrowest is the width below which a table would have to be cut: there each metric gets its own lines.
const narrowest = 76

// Screen is how a terminal is written to.
type Screen struct {
	// Width is in columns; 0 means that lines may be of any length.
	Width int
	// Colour repeats what the words say.
	Colour bool
	// Claims lists each claim that the run checked, in place of their counts.
	Claims bool
}

// Write writes the tables, and the answer last: that is what a screen shows when all has been printed.
func Write(w io.Writer, r *view.Report, s Screen) error {
	t := &terminal{width: s.Width, colour: s.Colour}
	t.profiles(r)
	for _, o := range r.Rankings {
		t.order(o, len(r.Rankings) > 1)
	}
	for _, s := range r.Standings {
		if s.Ranked {
			t.shortStandings(s)
		} else {
			t.standings(s)
		}
	}
	for _, x := range r.Recoveries {
		t.recovery(x)
	}
	for _, s := range r.Scalings {
		t.scaling(s)
	}
	for _, g := range r.Unranked {
		t.group(g)
		t.leftOut(g)
	}
	for _, l := range r.Alone {
		t.alone(l)
	}
	if len(r.Rankings) > 0 {
		t.b.WriteByte('\n')
		t.wrap("", "", "Other metrics, and each pair of sides, are in the report's page.")
	}
	words := r.Grades
	if len(r.Unranked) > 0 {
		words = strings.TrimSpace("Verdicts are on the candidate; metrics marked * decide. " + words)
	}
	if words != "" {
		t.wrap("", "", words)
	}
	t.flags(r)
	t.claims(r, s.Claims)
	if t.b.Len() > 0 {
		t.b.WriteByte('\n')
	}
	t.wrap(styleStrong, "", r.Headline)
	for _, s := range r.Failing {
		t.wrap(styleStrong, "", s)
	}
	for _, s := range slices.Concat(r.Phases, []string{r.Noise, r.Clocks}) {
		if s != "" {
			t.wrap("", "", s)
		}
	}
	_, err := w.Write(bytes.TrimPrefix(t.b.Bytes(), []byte("\n")))
	return err
}

type terminal struct {
	b      bytes.Buffer
	width  int
	colour bool
}

func (t *terminal) group(g view.Group) {
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: baseline %s, candidate %s", text.Upper(g.Place()), view.Name(g.Base), view.Name(g.Cand)))
	header := []string{"metric", "baseline", "candidate", "ratio (interval)", "verdict"}
	rows := [][]string{header}
	notes := []string{""}
	for _, c := range g.Compared {
		base, cand, ratio := view.Cells(c)
		label := view.MetricLabel(c)
		switch {
		case c.Deciding:
			label = "* " + label
		case c.NotCounted.Differ():
			label = leftOutMark + " " + label
		}
		rows = append(rows, []string{label, base, cand, ratio, view.VerdictWord(c)})
		notes = append(notes, view.VerdictNote(c))
	}
	widths := make([]int, len(header))
	total := 2 * (len(header) - 1)
	for col := range header {
		for _, r := range rows {
			widths[col] = max(widths[col], utf8.RuneCountInString(r[col]))
		}
		total += widths[col]
	}
	// Titles are the only column that others fill, so they alone give way: to a second line.
	if over := total - t.width; t.width >= narrowest && over > 0 {
		widths[0] = max(widths[0]-over, 12)
	}
	if t.width > 0 && t.width < min(total, narrowest) {
		t.stacked(g, rows)
		return
	}
	for i, r := range rows {
		style := ""
		if i > 0 {
			style = winnerStyle(g.Compared[i-1])
		}
		label := fold(r[0], widths[0])
		line := pad(label[0], widths[0], false)
		for col := 1; col <= 3; col++ {
			line += "  " + pad(r[col], widths[col], true)
		}
		line += "  " + t.paint(style, r[4])
		if notes[i] != "" && (t.width == 0 || total+len(notes[i])+3 <= t.width) {
			line += " (" + notes[i] + ")"
			notes[i] = ""
		}
		t.line(line)
		for _, more := range label[1:] {
			t.line(more)
		}
	}
	for i, note := range notes {
		if note != "" {
			t.wrap("", "  ", fmt.Sprintf("%s: %s", view.MetricTitle(g.Compared[i-1]), note))
		}
	}
	t.spoiled(g)
}

// spoiled says of what the mark at a figure means, and why.
func (t *terminal) spoiled(g view.Group) {
	for _, s := range view.SpoiledSides(g.Compared) {
		t.wrap("", "  ", view.SpoiledMark+" "+s.Words())
	}
}

// leftOut says of what the mark in the table means, and why.
func (t *terminal) leftOut(g view.Group) {
	for _, l := range view.LeftOut(g.Compared) {
		t.wrap("", "  ", fmt.Sprintf("%s %s: %s", leftOutMark, l.Dont(text.Upper(text.List(view.Titles(l.Compared)))), view.Sentence(l.Reason)))
	}
}

// stacked writes a comparison below the other, for a narrow terminal.
func (t *terminal) stacked(g view.Group, rows [][]string) {
	header := rows[0]
	for i, r := range rows[1:] {
		c := g.Compared[i]
		t.wrap("", "", r[0])
		for col := 1; col <= 3; col++ {
			t.wrap("", "  ", header[col]+" "+r[col])
		}
		t.line("  " + header[4] + " " + t.paint(winnerStyle(c), r[4]))
		if note := view.VerdictNote(c); note != "" {
			t.wrap("", "  ", note)
		}
	}
	t.spoiled(g)
}

func (t *terminal) flags(r *view.Report) {
	t.b.WriteByte('\n')
	t.wrap("", "", r.Ran)
	for _, x := range r.Absences {
		t.wrap("", "  ", fmt.Sprintf("%s did not run: %s", x.Words, x.Reason))
	}
	for _, s := range slices.Concat(r.Failures, r.Following) {
		t.wrap("", "  ", s)
	}
}

func (t *terminal) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteByte('\n')
}

// wrap writes words in as many lines as they take, all but the first indented further.
func (t *terminal) wrap(style, indent, s string) {
	room := 0
	if t.width > 0 {
		room = max(t.width-len(indent), 20)
	}
	for _, line := range fold(s, room) {
		t.line(indent + t.paint(style, line))
	}
}

// fold breaks s at blanks into lines of at most width characters, all but the first indented; 0 means one line. A
// word that is longer than a line is cut.
func fold(s string, width int) []string {
	const indent = "  "
	if width <= 0 {
		return []string{s}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		word = text.Clean(word, width-len(indent))
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, line)
			line = indent + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

func (t *terminal) paint(style, s string) string {
	if !t.colour || style == "" {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}

func winnerStyle(c analysis.Comparison) string {
	switch view.Winner(c) {
	case mark.Candidate:
		return styleCandidate
	case mark.Baseline:
		return styleBaseline
	}
	return ""
}

// pad fills s with blanks to n characters, before it where the column is one of figures.
func pad(s string, n int, figures bool) string {
	fill := strings.Repeat(" ", max(0, n-utf8.RuneCountInString(s)))
	if figures {
		return fill + s
	}
	return s + fill
}
