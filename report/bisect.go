package report

import (
	"io"

	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/report/internal/view"
)

// BisectTerminal writes what a bisection found for a terminal of the given width; 0 means lines of any length.
func BisectTerminal(w io.Writer, b bisect.Bisection, width int, colour bool) error {
	return terminal.Bisect(w, b, width, colour)
}

// BisectHeadline sums up a bisection in a sentence.
func BisectHeadline(b bisect.Bisection) string { return view.BisectHeadline(b) }
