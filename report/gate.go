package report

import (
	"io"

	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/report/internal/view"
)

// GateTerminal writes what a gate decided for a terminal of the given width; 0 means lines of any length.
func GateTerminal(w io.Writer, g gate.Gate, width int, colour bool) error {
	return terminal.Gate(w, g, width, colour)
}

// GateMarkdown writes what a gate decided for a pull request.
func GateMarkdown(w io.Writer, g gate.Gate) error { return markdown.Gate(w, g) }

// GateJUnit writes each decision of a gate as a test case.
func GateJUnit(w io.Writer, g gate.Gate) error { return data.GateJUnit(w, g) }

// GateHeadline sums up a gate in a sentence.
func GateHeadline(g gate.Gate) string { return view.GateHeadline(g) }

// GateDecisionWords say why a decision of a gate came out as it did.
func GateDecisionWords(d gate.Decision) string { return view.GateDecisionWords(d) }
