package terminal

import (
	"io"

	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Gate writes what a gate decided for a terminal of the given width; 0 means lines of any length.
func Gate(w io.Writer, g gate.Gate, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.wrap("", "  ", "base: "+view.GateSideWords(g.Base))
	t.wrap("", "  ", "change: "+view.GateSideWords(g.Change))
	table := [][]string{view.GateHead()}
	for _, d := range g.Decisions {
		table = append(table, view.GateRow(d, view.GateCells(g.Decisions)))
	}
	t.table(table)
	for _, n := range view.GateNotes(g) {
		t.wrap("", "  ", n)
	}
	t.b.WriteByte('\n')
	t.wrap(styleStrong, "", view.GateHeadline(g))
	_, err := w.Write(t.b.Bytes())
	return err
}
