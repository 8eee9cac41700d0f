package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// valid tells whether a run measured anything of use, and where it has to be strict, whether every deciding verdict holds
// whatever the noise did.
func valid(a analysis.Analysis, strict bool) error {
	ran := ranTrials(a)
	switch {
	case ran == 0:
		return fmt.Errorf("%w: no trial ran%s", runner.ErrInvalid, becauseOf(a))
	case !compared(a): // nothing was to be compared
		if why := spoiledAll(a); why != "" {
			return fmt.Errorf("%w: no trial counts: %s", runner.ErrInvalid, why)
		}
		return nil
	case slices.ContainsFunc(a.Trials, func(t analysis.TrialRow) bool { return t.Flagged(results.FlagProfiled) }):
		return nil // it was run for its profiles
	}
	usable, open := false, 0
	for _, c := range a.Comparisons {
		if !c.Deciding && !c.NotCounted.Differ() {
			continue
		}
		usable = usable || c.Blocks > 0 && c.Blocks >= min(suite.MinBlocks, ranBlocks(a, c))
		if c.Deciding && c.Grade != analysis.GradeSure {
			open++
		}
	}
	switch {
	case !usable:
		return fmt.Errorf("%w: no deciding metric has enough blocks that count%s; the report shows what was measured, and why it doesn't",
			runner.ErrInvalid, becauseOf(a))
	case strict && open > 0:
		return fmt.Errorf("%w: --strict: %s undecided, or as measured here alone", runner.ErrInvalid, plural(open, "deciding verdict"))
	}
	return nil
}

// spoiledAll is why no trial that ran counts for anything, "" where one does.
func spoiledAll(a analysis.Analysis) (why string) {
	for _, t := range a.Trials {
		if !t.Done() {
			continue
		}
		i := slices.IndexFunc(t.Flags, func(f results.Flag) bool { return f.Code != results.FlagProfiled && f.Invalidates("*") })
		if i < 0 {
			return ""
		}
		if why == "" {
			why = oneLine(fmt.Errorf("trial %d: %s", t.ID, t.Flags[i].Detail))
		}
	}
	return why
}

// compared tells whether two sides or more were to meet anywhere.
func compared(a analysis.Analysis) bool {
	seen := map[suite.Place]bool{}
	for _, c := range a.Cells {
		at := suite.At(c.Scenario, c.Broker)
		if seen[at] {
			return true
		}
		seen[at] = true
	}
	return false
}

func ranTrials(a analysis.Analysis) int {
	n := 0
	for _, t := range a.Trials {
		if t.Done() {
			n++
		}
	}
	return n
}

// ranBlocks is how many blocks ran of which a comparison could have been made.
func ranBlocks(a analysis.Analysis, c analysis.Comparison) int {
	n := math.MaxInt
	for _, x := range a.Cells {
		if x.Scenario == c.Scenario && x.Broker == c.Broker && (x.Arm == c.Baseline.Arm || x.Arm == c.Candidate.Arm) {
			n = min(n, x.Ran)
		}
	}
	return n
}

// becauseOf gives the first reason for which a trial did not run, in parentheses; nothing where all did.
func becauseOf(a analysis.Analysis) string {
	for _, t := range a.Trials {
		if !t.Done() {
			return " (" + oneLine(fmt.Errorf("trial %d: %s", t.ID, t.Reason)) + ")"
		}
	}
	return ""
}

// missing says how many trials of a plan there are no figures of, and why; nothing where all ran.
func missing(a analysis.Analysis) string {
	var parts []string
	if failed := len(a.Trials) - ranTrials(a); failed > 0 {
		parts = append(parts, fmt.Sprintf("%d did not run%s", failed, becauseOf(a)))
	}
	if left := a.Planned - len(a.Trials); left > 0 {
		parts = append(parts, fmt.Sprintf("%d did not begin (%s)", left, report.EndWords(a.Ended)))
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("of %s, %s", plural(a.Planned, "planned trial"), strings.Join(parts, " and "))
}
