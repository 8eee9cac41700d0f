package view

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// GateHeadline sums up a gate.
func GateHeadline(g gate.Gate) string {
	all := number.Plural(len(g.Decisions), "threshold")
	switch g.Outcome {
	case regress.Fails:
		return fmt.Sprintf("The change fails %d of %s.", g.Count(regress.Fails), all)
	case gate.Spoiled:
		return fmt.Sprintf("The data are spoiled for %d of %s, so the change can't pass.", g.Count(gate.Spoiled), all)
	case regress.CantTell:
		return fmt.Sprintf("The data can't tell for %d of %s; no threshold fails.", g.Count(regress.CantTell), all)
	}
	return fmt.Sprintf("The change passes: %s, none crossed.", all)
}

// GateSideWords name a side.
func GateSideWords(s gate.Side) string {
	name := s.Name
	switch {
	case name == "." && s.Tree != "":
		name = "the working tree"
	case s.Commit != "" && !strings.HasPrefix(s.Commit, name):
		name += " (" + s.Commit[:min(len(s.Commit), 12)] + ")"
	case s.Commit != "":
		name = s.Commit[:min(len(s.Commit), 12)]
	}
	out := Sentence(name)
	if framework, _, _ := strings.Cut(s.Name, "@"); s.Tree != "" || !strings.HasPrefix(s.Contender, framework) {
		out += ", " + Name(s.Contender)
	}
	if s.Version != "" && !strings.Contains(out, s.Version) {
		out += " in release " + Name(s.Version)
	}
	return out
}

// GateHead are the heads of the columns of GateRow.
func GateHead() []string {
	return []string{"figure", "base", "change", "changed by (95 % interval)", "threshold", "verdict"}
}

// GateRow is a decision in a row of a table. Two decisions of one gate may be of one figure in two cells: cells says whether to name them.
func GateRow(d gate.Decision, cells bool) []string {
	figure := titleWithUnit(d.Title, d.Unit)
	if d.Cell == (regress.Cell{}) {
		figure = Name(d.Metric)
	} else if cells {
		figure += ", " + Name(d.Scenario) + " on " + Name(d.Broker)
	}
	base, changed, by := "-", "-", "-"
	if d.Ratio != nil {
		base, changed = number.Short(d.Base), number.Short(d.Change)
		by = change(d.Ratio.Estimate)
		if d.Ratio.Confidence > 0 {
			by += fmt.Sprintf(" (%s to %s)", change(d.Ratio.Low), change(d.Ratio.High))
		}
	}
	return []string{figure, base, changed, by, limitWords(d), gateOutcome(d)}
}

// limitWords are a threshold without its figure.
func limitWords(d gate.Decision) string {
	sign := "<"
	if d.Above {
		sign = ">"
	}
	return sign + " " + change(d.Limit)
}

func gateOutcome(d gate.Decision) string {
	if d.Grade == analysis.GradeHere {
		return d.Outcome + " as measured here"
	}
	return d.Outcome
}

// GateCells tells whether decisions are of several cells.
func GateCells(all []gate.Decision) bool {
	return slices.ContainsFunc(all, func(d gate.Decision) bool { return d.Cell != all[0].Cell })
}

// GateDecisionWords say why a decision came out as it did.
func GateDecisionWords(d gate.Decision) string {
	if d.Cell == (regress.Cell{}) {
		return "Nothing that it covers was measured."
	}
	where := cellTitle(d.Title, d.Cell)
	switch {
	case d.Outcome == gate.Spoiled && d.Why != nil && d.Trials == 0:
		return fmt.Sprintf("%s: most blocks have no change in percent; block %d: %s.", where, d.Why.Block, flaggedWords(*d.Why))
	case d.Outcome == gate.Spoiled && d.Why != nil:
		return fmt.Sprintf("%s: %s spoiled; trial %d (%s): %s.", where, number.Plural(d.Trials, "trial"), d.Why.Trial, Name(d.Why.Arm),
			cmp.Or(strings.TrimSuffix(flaggedWords(*d.Why), "."), Name(d.Why.Code)))
	case d.Ratio == nil:
		return where + ": no block has a value on both sides."
	case d.Ratio.Confidence == 0:
		return fmt.Sprintf("%s changed by %s; one block has no interval.", where, change(d.Ratio.Estimate))
	}
	beyond := "below"
	if d.Above {
		beyond = "above"
	}
	out := fmt.Sprintf("%s changed by %s (95 %% interval %s to %s, %s)", where, change(d.Ratio.Estimate), change(d.Ratio.Low), change(d.Ratio.High),
		number.Plural(d.Blocks, "block"))
	switch d.Outcome {
	case regress.Fails:
		out += fmt.Sprintf(": surely %s %s", beyond, change(d.Limit))
	case regress.Passes:
		out += fmt.Sprintf(": surely not %s %s", beyond, change(d.Limit))
	case regress.CantTell:
		return out + fmt.Sprintf(": it may or may not be %s %s; %s.", beyond, change(d.Limit), gateNeed(d))
	}
	switch {
	case d.Grade == analysis.GradeHere && d.NoiseUnknown != "":
		return out + fmt.Sprintf(" as measured here: %s.", noiseUnknown(d.NoiseUnknown))
	case d.Grade == analysis.GradeHere && d.Bracketed != nil:
		return out + fmt.Sprintf(" as measured here. Whatever the noise of the machine did, it is %s to %s.", change(d.Bracketed.Low), change(d.Bracketed.High))
	}
	return out + "."
}

// gateNeed says what would decide.
func gateNeed(d gate.Decision) string {
	switch {
	case d.Blocks < 2:
		return "more blocks would decide"
	case d.NeedBlocks == 0:
		return "more than 1000 blocks would be needed, as the change is too near the threshold for this noise"
	case d.NeedSeconds == 0:
		return fmt.Sprintf("about %s would decide", number.Plural(d.NeedBlocks, "block"))
	}
	more := time.Duration(d.NeedSeconds * float64(time.Second))
	return fmt.Sprintf("about %s would decide, %s more", number.Plural(d.NeedBlocks, "block"), roughly(more))
}

// roughly is a duration in the unit that suits it.
func roughly(d time.Duration) string {
	if d < 2*time.Minute {
		return fmt.Sprintf("%.0f s", math.Ceil(d.Seconds()))
	}
	return fmt.Sprintf("%.0f min", math.Ceil(d.Minutes()))
}

// GateNotes are below the table of a gate: why each threshold that doesn't simply pass came out so, and what the run took.
func GateNotes(g gate.Gate) []string {
	var out []string
	noisy := 0
	for _, d := range g.Decisions {
		if d.Outcome != regress.Passes || d.Grade == analysis.GradeHere {
			out = append(out, Sentence(d.Threshold)+": "+Sentence(GateDecisionWords(d)))
		}
		noisy = max(noisy, d.Noisy)
	}
	took := fmt.Sprintf("It took %s in %s", number.Plural(g.Blocks, "block"), roughly(time.Duration(g.Seconds*float64(time.Second))))
	if g.Within > 0 {
		took += fmt.Sprintf(", of at most %s", roughly(time.Duration(g.Within*float64(time.Second))))
	}
	if noisy > 0 {
		took += fmt.Sprintf("; %d of them noisy", noisy)
	}
	// A run whose time isn't enough for another block is complete, and its last look may decide everything although the time was over. One with
	// spoiled data ends early, as no block repairs them.
	ended := g.Ended == results.EndTimeOver || g.Ended == results.EndComplete && g.Count(gate.Spoiled) == 0
	if ended && g.Within > 0 && g.Blocks < g.MaxBlocks && g.Count(regress.CantTell) > 0 {
		took += "; the time was over before each threshold was decided"
	}
	return append(out, text.Upper(took)+".")
}
