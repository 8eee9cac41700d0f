package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/report/internal/view"
)

// markdownStandings writes the table as one line a broker, and below it what its cells have no room for.
func markdownStandings(b *bytes.Buffer, t view.Standings) {
	fmt.Fprintf(b, "\n### %s: %s\n\n%s.\n\n| broker |", view.StandingsTitle, markdown(t.Title), markdown(t.Metric))
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
			fmt.Fprintf(b, " %s |", markdown(c.Words(c.Unit, mark, why)))
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
