package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/view"
)

// markdownOrders writes the orders of finish, and below each, folded, what else was measured there.
func markdownOrders(b *bytes.Buffer, all *view.Report) {
	for _, r := range all.Rankings {
		fmt.Fprintf(b, "\n### %s: %s\n\n", view.OrderTitle, markdown(r.Place()))
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
				fmt.Fprintf(b, " %s |", markdown(c.Words()))
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
func markdownOthers(b *bytes.Buffer, r view.Ranking, figures []view.SideFigure) {
	rows, labels := r.Others(figures)
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

func markdownShortStandings(b *bytes.Buffer, s view.Standings) {
	fmt.Fprintf(b, "\n### %s: %s\n\n%s.\n\n", view.StandingsTitle, markdown(s.Title), markdown(s.Metric))
	for i, row := range view.ShortStandings(s) {
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
