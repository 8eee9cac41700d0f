package terminal

import (
	"io"

	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Bisect writes what a bisection found for a terminal of the given width; 0 means lines of any length.
func Bisect(w io.Writer, b bisect.Bisection, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.table(append([][]string{view.BisectHead()}, view.BisectRows(b)...))
	for _, n := range view.BisectNotes(b) {
		t.wrap("", "  ", n)
	}
	t.b.WriteByte('\n')
	t.wrap(styleStrong, "", view.BisectHeadline(b))
	_, err := w.Write(t.b.Bytes())
	return err
}
