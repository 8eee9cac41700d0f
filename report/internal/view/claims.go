package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// claimTable is the claims that the run could check, and those that it couldn't, each with its reason.
type claimTable struct {
	Checked, Left []claimGroup
	// LeftOut is how many claims Left has.
	LeftOut int
	// Counts sums up what became of them.
	Counts string
}

// claimGroup is the claims of one source.
type claimGroup struct {
	Source string
	Claims []analysis.Claim
}

func claimsOf(a analysis.Analysis) claimTable {
	var t claimTable
	count := map[string]int{}
	var order []string
	for _, c := range a.Claims {
		if count[c.Outcome]++; count[c.Outcome] == 1 {
			order = append(order, c.Outcome)
		}
		if c.Checked() {
			t.Checked = withClaim(t.Checked, c)
		} else {
			t.Left = withClaim(t.Left, c)
			t.LeftOut++
		}
	}
	var words []string
	for _, o := range order {
		words = append(words, fmt.Sprintf("%s %s", Name(o), number.Count(int64(count[o]))))
	}
	t.Counts = strings.Join(words, ", ")
	return t
}

// withClaim puts a claim into the group of its source, behind the others.
func withClaim(groups []claimGroup, c analysis.Claim) []claimGroup {
	i := slices.IndexFunc(groups, func(g claimGroup) bool { return g.Source == c.Source })
	if i < 0 {
		i = len(groups)
		groups = append(groups, claimGroup{Source: c.Source})
	}
	groups[i].Claims = append(groups[i].Claims, c)
	return groups
}

// ClaimedWords is what is claimed, with its unit; nothing of a claim that no figure is checked of.
func ClaimedWords(c analysis.Claim) string {
	if c.Bound == "" && c.Unit == "" {
		return "-"
	}
	bound := number.Exact(c.Claimed)
	if c.Bound != "" {
		words := strings.Fields(Name(c.Bound))
		for i, w := range words {
			if v, err := strconv.ParseFloat(w, 64); err == nil {
				words[i] = number.Exact(v)
			}
		}
		bound = strings.Join(words, " ")
	}
	return strings.TrimSpace(bound + " " + Name(c.Unit))
}

// ClaimSentence says what became of a claim.
func ClaimSentence(c analysis.Claim) string {
	if c.Stated != "" {
		return c.Stated
	}
	if !c.Checked() {
		return whyUnchecked(c)
	}
	setup := "in the matched set-up"
	if c.Defaults {
		setup = "as installed"
	}
	return fmt.Sprintf("%s: %s %s (%s to %s) with %s, %s.", becameOf(c), inClaim(c, c.Measured), Name(c.Unit), inClaim(c, c.Low), inClaim(c, c.High),
		Name(c.Contender), setup)
}

func becameOf(c analysis.Claim) string {
	switch c.Reason.Code {
	case analysis.ReasonNoInterval:
		return "Undecided: one trial has no interval"
	case analysis.ReasonStricter:
		return "Undecided, since what was measured asks more than is claimed (" + c.Reason.Detail + ")"
	}
	switch c.Outcome {
	case analysis.ClaimReproduced:
		return "Reproduced"
	case analysis.ClaimHigher:
		return "Not reproduced: more was measured here"
	case analysis.ClaimLower:
		return "Not reproduced: less was measured here"
	case analysis.ClaimHolds:
		return "Holds here"
	case analysis.ClaimFails:
		return "Does not hold here"
	}
	return "Too few or too varied trials to tell"
}

// inClaim is a figure of a claim as published ones are written: whole from 100 on.
func inClaim(c analysis.Claim, v float64) string {
	switch {
	case c.Unit != suite.Times && v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v < 0:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	return text.Times(v)
}

// whyUnchecked says why a claim has no figure of this run.
func whyUnchecked(c analysis.Claim) string {
	switch r := c.Reason; r.Code {
	case analysis.ReasonUnmeasurable:
		return text.Upper(r.Detail) + "."
	case analysis.ReasonDelayed:
		return "This run has a longer way to its brokers, and no figure was published for such a network."
	case analysis.ReasonMachines:
		return "This run has workers and load on several machines, and no figure was published for that."
	case analysis.ReasonInstalled:
		return "The claim is for each worker process, and as installed, each queue has its own number of them."
	case analysis.ReasonNoPlace:
		return fmt.Sprintf("This run has no %s on %s.", r.Scenario, r.Broker)
	case analysis.ReasonNoContender:
		return fmt.Sprintf("This run has no %s in %s on %s.", r.Contender, r.Scenario, r.Broker)
	case analysis.ReasonNoValue:
		return fmt.Sprintf("No trial of %s in %s on %s has a valid %s.", r.Contender, r.Scenario, r.Broker, text.Lower(titleOf(r.Metric)))
	case analysis.ReasonUnit:
		return fmt.Sprintf("The claim is in %s and what was measured in %s.", c.Unit, r.Unit)
	case analysis.ReasonFewBlocks:
		return "Fewer than two blocks are valid on both sides."
	case analysis.ReasonBeyond:
		return "What was measured is beyond the range of numbers."
	}
	return ""
}

// ClaimMeasured is what was measured of a claim.
func ClaimMeasured(c analysis.Claim) string {
	if !c.Checked() {
		return "-"
	}
	return fmt.Sprintf("%s (%s)", withUnit(c.Measured, c.Unit), number.Span(c.Low, c.High))
}

func withUnit(v float64, unit string) string {
	return strings.TrimSpace(number.Short(v) + " " + Name(unit))
}

// titleOf is a metric's title, or its name where the catalogue has none.
func titleOf(name string) string {
	if m, ok := metric.Named(name); ok {
		return m.Title
	}
	return Name(name)
}
