package markdown

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Compare writes a comparison of runs for a pull request.
func Compare(w io.Writer, c regress.Comparison) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark: new run against old\n\n**%s**\n\n- old: %s\n- new: %s\n",
		markdown(view.CompareHeadline(c)), markdown(view.RunsWords(c.Old)), markdown(view.RunsWords(c.New)))
	for _, l := range view.SameWords(c) {
		fmt.Fprintf(&b, "- the same: %s\n", markdown(l))
	}
	if len(c.Decisions) > 0 {
		b.WriteString("\n| threshold | outcome | why |\n|---|---|---|\n")
		for _, d := range c.Decisions {
			outcome := markdown(view.Name(d.Outcome))
			if outcome != regress.Passes {
				outcome = "**" + outcome + "**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", markdown(view.Sentence(d.Threshold)), outcome, markdown(view.Sentence(view.DecisionWords(c, d))))
		}
	}
	if len(c.Differences) > 0 {
		b.WriteString("\n### What else differs\n\n")
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "- %s\n", markdown(view.DifferenceWords(d)))
		}
	}
	for _, g := range view.RowGroups(c.Rows) {
		fmt.Fprintf(&b, "\n### %s\n\n| metric | old | new | change (95 %% interval) | valid trials |\n|---|--:|--:|--:|--:|\n", markdown(view.CellWords(g[0].Cell)))
		for _, r := range g {
			cells := view.RowCells(r)
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", markdown(cells[0]), cells[1], cells[2], cells[3], cells[4])
		}
		for i, n := range view.RowNotes(g) {
			if i == 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "- %s\n", markdown(n))
		}
	}
	for _, l := range append(view.CompareNotes(c), view.Paragraph(c.Rule)) {
		fmt.Fprintf(&b, "\n%s\n", markdown(l))
	}
	_, err := w.Write(b.Bytes())
	return err
}
