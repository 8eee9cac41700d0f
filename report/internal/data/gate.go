package data

import (
	"io"
	"time"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/view"
)

// GateJUnit writes the decisions as test cases: what fails as a failure, spoiled data as an error, and what can't be decided as skipped,
// since that is neutral.
func GateJUnit(w io.Writer, g gate.Gate) error {
	s := junitSuite{
		Name: "tqbench gate", Tests: len(g.Decisions), Failures: g.Count(regress.Fails), Errors: g.Count(gate.Spoiled),
		Skipped: g.Count(regress.CantTell), Timestamp: g.Began.UTC().Format(time.RFC3339), Cases: []junitCase{},
	}
	for _, d := range g.Decisions {
		x := junitCase{Class: view.Sentence(d.Cell.String()), Name: view.Sentence(d.Threshold)}
		if d.Cell == (regress.Cell{}) {
			x.Class = "no cell"
		}
		m := &junitMessage{Message: view.Sentence(view.GateDecisionWords(d)), Type: view.Name(d.Outcome)}
		switch d.Outcome {
		case regress.Fails:
			x.Failure = m
		case gate.Spoiled:
			x.Error = m
		case regress.CantTell:
			x.Skipped = m
		default:
			x.Out = m.Message
		}
		s.Cases = append(s.Cases, x)
	}
	return writeJUnit(w, s)
}
