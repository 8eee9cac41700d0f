package view

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/report/internal/number"
)

// BisectHeadline sums up a bisection.
func BisectHeadline(b bisect.Bisection) string {
	good, bad := Name(b.Releases[0]), Name(b.Releases[len(b.Releases)-1])
	switch b.Outcome {
	case bisect.Found:
		return fmt.Sprintf("The first release of %s that fails is %s; %s passes.", Name(b.Contender), Name(b.First), Name(b.After))
	case bisect.Range:
		return fmt.Sprintf("The first release of %s that fails is one of %s and %s: the steps between %s, which passes, and %s, which fails, can't tell.",
			Name(b.Contender), Sentence(strings.Join(b.Between, ", ")), Name(b.First), Name(b.After), Name(b.First))
	case bisect.Unchanged:
		return fmt.Sprintf("The last release of %s, %s, doesn't fail against %s, so there is nothing to find.", Name(b.Contender), bad, good)
	case bisect.Undecided:
		return fmt.Sprintf("The step from %s to %s has no answer, so no release of %s between them can be found.", good, bad, Name(b.Contender))
	}
	return "Steps are missing: the same command with --resume continues."
}

// BisectHead are the heads of the columns of BisectRows.
func BisectHead() []string { return append([]string{"release"}, GateHead()...) }

// BisectRows are the steps in the order of the releases, a row for each decision.
func BisectRows(b bisect.Bisection) [][]string {
	var out [][]string
	cells := slices.ContainsFunc(b.Steps, func(s bisect.Step) bool { return GateCells(s.Decisions) })
	for _, r := range b.Releases {
		s, ok := b.StepOf(r)
		if !ok {
			continue
		}
		if len(s.Decisions) == 0 {
			out = append(out, []string{Name(r), "-", "-", "-", "-", "-", Name(s.Outcome)})
		}
		for _, d := range s.Decisions {
			out = append(out, append([]string{Name(r)}, GateRow(d, cells)...))
		}
	}
	return out
}

// BisectNotes are below the table of a bisection: the change at the first release that fails, what the steps without an answer lack, which
// releases were left out, and what it all took.
func BisectNotes(b bisect.Bisection) []string {
	var out []string
	if s, ok := b.StepOf(b.First); ok {
		for _, d := range s.Decisions {
			if d.Outcome == regress.Fails {
				out = append(out, fmt.Sprintf("%s against %s: %s", Name(b.First), Name(b.Releases[0]), GateDecisionWords(d)))
			}
		}
	}
	seconds, blocks := 0.0, 0
	for _, s := range b.Steps {
		seconds, blocks = seconds+s.Seconds, blocks+s.Blocks
		switch s.Outcome {
		case regress.Passes, regress.Fails:
			continue
		case bisect.Unusable:
			out = append(out, fmt.Sprintf("%s was left out: %s.", Name(s.Release), Sentence(strings.TrimSuffix(s.Why, "."))))
		}
		for _, d := range s.Decisions {
			if d.Outcome == s.Outcome {
				out = append(out, fmt.Sprintf("%s can't tell: %s", Name(s.Release), GateDecisionWords(d)))
			}
		}
	}
	for _, l := range b.Left {
		out = append(out, fmt.Sprintf("%s was left out: %s.", Name(l.Release), Sentence(l.Why)))
	}
	took := fmt.Sprintf("%s of %s, %s, %s of trials", number.Plural(len(b.Steps), "step"), number.Plural(len(b.Releases), "release"), number.Plural(blocks, "block"),
		roughly(time.Duration(seconds*float64(time.Second))))
	return append(out, text.Upper(took)+". Each step compares a release with "+Name(b.Releases[0])+".")
}
