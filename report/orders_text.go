package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/text"
)

// place is the place as it is written, or nothing where there is none.
func (c rankingCell) place() string {
	if c.Place == 0 {
		return ""
	}
	return strconv.Itoa(c.Place) + "."
}

// figure is the figure, marked where it doesn't count.
func (c rankingCell) figure() string { return sideWords(c.Estimate) }

// words are place, figure and letters in a line.
func (c rankingCell) words() string {
	return strings.Join(strings.Fields(c.place()+" "+c.figure()+" "+c.Letters), " ")
}

// markdownOrders writes the orders of finish, and below each, folded, what else was measured there.
func markdownOrders(b *bytes.Buffer, all *Report) {
	for _, r := range all.Rankings {
		fmt.Fprintf(b, "\n### %s: %s\n\n", orderTitle, markdown(r.title()))
		if len(all.Rankings) > 1 {
			fmt.Fprintf(b, "%s.\n\n", markdown(text.Upper(r.Answer)))
		}
		b.WriteString("| side |")
		for _, c := range r.Columns {
			fmt.Fprintf(b, " %s |", markdown(c.Label))
		}
		b.WriteString("\n|---|" + strings.Repeat("---|", len(r.Columns)) + "\n")
		for _, row := range r.Rows {
			fmt.Fprintf(b, "| %s |", markdown(row.Name))
			for _, c := range row.Cells {
				fmt.Fprintf(b, " %s |", markdown(c.words()))
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "\n%s\n", markdown(r.Note))
		for i, s := range r.Remarks {
			if i == 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(b, "- %s\n", markdown(s))
		}
		markdownOthers(b, r, all.Figures)
	}
}

// markdownOthers writes the metrics that decide nothing, a row a metric. Each with its verdict against the first side would
// be a table a pair, of which nine sides have eight.
func markdownOthers(b *bytes.Buffer, r ranking, figures []sideFigure) {
	rows, labels := r.others(figures)
	if len(rows) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>Other metrics: medians over trials</summary>\n\n| metric |")
	for _, row := range r.Rows {
		fmt.Fprintf(b, " %s |", markdown(row.Name))
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|", len(r.Rows)) + "\n")
	for i, row := range rows {
		fmt.Fprintf(b, "| %s | %s |\n", markdown(labels[i]), strings.Join(mapped(row, markdown), " | "))
	}
	b.WriteString("\n</details>\n")
}

// others are the figures of the sides in the metrics that have no order of finish, a row a metric, with their labels.
func (r ranking) others(figures []sideFigure) (rows [][]string, labels []string) {
	ranked := map[string]bool{}
	for _, o := range r.orders {
		ranked[o.Metric] = true
	}
	at := map[string]int{}
	for _, f := range figures {
		if f.scenario != r.scenario || f.broker != r.broker || f.defaults != r.defaults || ranked[f.metric] {
			continue
		}
		for col, row := range r.Rows {
			if row.Arm != armName(f.Estimate) {
				continue
			}
			if _, ok := at[f.metric]; !ok {
				at[f.metric] = len(rows)
				empty := make([]string, len(r.Rows))
				for i := range empty {
					empty[i] = "-"
				}
				rows, labels = append(rows, empty), append(labels, metricLabel(f.comparison()))
			}
			rows[at[f.metric]][col] = sideWords(f.Estimate)
		}
	}
	return rows, labels
}

// order writes an order of finish: a line a side where the terminal is wide enough, and else a list a metric.
func (t *terminal) order(r ranking, several bool) {
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", orderTitle, r.title()))
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

func (p parts) of(c rankingCell) string {
	return pad(c.place(), p.place, true) + " " + pad(c.figure(), p.figure, true) + " " + pad(c.Letters, p.letters, false)
}

func partsIn(cells []rankingCell) parts {
	var p parts
	for _, c := range cells {
		p.place, p.figure = max(p.place, len(c.place())), max(p.figure, utf8.RuneCountInString(c.figure()))
		p.letters = max(p.letters, utf8.RuneCountInString(c.Letters))
	}
	return p
}

// orderTable writes the table, or nothing where it would be too wide.
func (t *terminal) orderTable(r ranking) bool {
	header, widths := []string{"side"}, []int{4}
	lines := make([][]string, len(r.Rows))
	for i, row := range r.Rows {
		lines[i] = []string{row.Name}
		widths[0] = max(widths[0], utf8.RuneCountInString(row.Name))
	}
	total := widths[0]
	for col, c := range r.Columns {
		var cells []rankingCell
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
func (t *terminal) orderList(r ranking, col int, c rankingColumn) {
	t.wrap("", "", c.Label)
	var cells []rankingCell
	var arms []string
	for _, f := range r.orders[col].Sides {
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
		t.line("  " + pad(cell.place(), p.place, true) + " " + pad(text.Clean(arms[i], widest), widest, false) + " " +
			pad(cell.figure(), p.figure, true) + " " + cell.Letters)
	}
}

// shortStandings is what each side gave on each broker where orders of finish say all else: a row a side, a column a broker.
func shortStandings(s standings) [][]string {
	rows := [][]string{{"side"}}
	for _, r := range s.Rows {
		rows[0] = append(rows[0], r.Broker)
	}
	for _, r := range s.Turned() {
		row := []string{r.Name}
		for _, c := range r.Cells {
			words := c.Status
			if c.HasValue {
				words = c.figureWords("")
			}
			row = append(row, words)
		}
		rows = append(rows, row)
	}
	return rows
}

func (t *terminal) shortStandings(s standings) {
	t.b.WriteByte('\n')
	t.wrap("", "", fmt.Sprintf("%s: %s", standingsTitle, s.Title))
	t.wrap("", "  ", s.Metric)
	t.table(shortStandings(s))
}

func markdownShortStandings(b *bytes.Buffer, s standings) {
	fmt.Fprintf(b, "\n### %s: %s\n\n%s.\n\n", standingsTitle, markdown(s.Title), markdown(s.Metric))
	for i, row := range shortStandings(s) {
		fmt.Fprintf(b, "| %s |\n", strings.Join(mapped(row, markdown), " | "))
		if i == 0 {
			b.WriteString("|---|" + strings.Repeat("--:|", len(row)-1) + "\n")
		}
	}
}

func mapped(list []string, f func(string) string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = f(s)
	}
	return out
}
