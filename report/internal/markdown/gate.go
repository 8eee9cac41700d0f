package markdown

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Gate writes what a gate decided for a pull request.
func Gate(w io.Writer, g gate.Gate) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark: change against base\n\n**%s**\n\n- base: %s\n- change: %s\n\n",
		markdown(view.GateHeadline(g)), markdown(view.GateSideWords(g.Base)), markdown(view.GateSideWords(g.Change)))
	fmt.Fprintf(&b, "| %s |\n|---|--:|--:|--:|---|---|\n", strings.Join(view.GateHead(), " | "))
	for _, d := range g.Decisions {
		cells := view.GateRow(d, view.GateCells(g.Decisions))
		for i, c := range cells {
			cells[i] = markdown(c)
		}
		if last := len(cells) - 1; d.Outcome != regress.Passes {
			cells[last] = "**" + cells[last] + "**"
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
	}
	b.WriteByte('\n')
	for _, n := range view.GateNotes(g) {
		fmt.Fprintf(&b, "- %s\n", markdown(n))
	}
	_, err := w.Write(b.Bytes())
	return err
}
