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

// valid checks that a run measured anything useful and, with strict, that every deciding verdict holds in spite of noise.
func valid(a analysis.Analysis, strict bool) error {
	ran := a.Ran()
	switch {
	case ran == 0:
		return fmt.Errorf("%w: no trial ran%s", runner.ErrInvalid, becauseOf(a))
	case !compared(a): // nothing to compare
		if why := spoiledAll(a); why != "" {
			return fmt.Errorf("%w: no trial counts: %s", runner.ErrInvalid, why)
		}
		return nil
	case slices.ContainsFunc(a.Trials, func(t analysis.TrialRow) bool { return t.Flagged(results.FlagProfiled) }):
		return nil // it ran for its profiles
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
		return fmt.Errorf("%w: no deciding metric has enough blocks that count%s; the report shows what was measured, and why it does not count",
			runner.ErrInvalid, becauseOf(a))
	case strict && open > 0:
		return fmt.Errorf("%w: --strict: %s undecided, or only valid as measured here", runner.ErrInvalid, plural(open, "deciding verdict"))
	}
	return nil
}

// spoiledAll is why no trial counts, or "" if one does.
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
			why = oneLine(fmt.Errorf("trial %d: %s", t.ID, report.FlagWords(t.Flags[i])))
		}
	}
	return why
}

// compared reports whether two or more sides were to be compared.
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

// ranBlocks is how many blocks could have been compared.
func ranBlocks(a analysis.Analysis, c analysis.Comparison) int {
	n := math.MaxInt
	for _, x := range a.Cells {
		if x.Scenario == c.Scenario && x.Broker == c.Broker && (x.Arm == c.Baseline.Arm || x.Arm == c.Candidate.Arm) {
			n = min(n, x.Ran)
		}
	}
	return n
}

// becauseOf is the first reason why a trial did not run, in parentheses; empty if all ran.
func becauseOf(a analysis.Analysis) string {
	for _, t := range a.Trials {
		if !t.Done() {
			return " (" + oneLine(fmt.Errorf("trial %d: %s", t.ID, t.Reason)) + ")"
		}
	}
	return ""
}

// missing says how many of a plan's trials have no figures, and why; empty if all ran.
func missing(a analysis.Analysis) string {
	var parts []string
	if failed := len(a.Trials) - a.Ran(); failed > 0 {
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
