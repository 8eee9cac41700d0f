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
	why, all := spoiled(a)
	switch {
	case a.Ran() == 0:
		return fmt.Errorf("%w: no trial ran%s", runner.ErrInvalid, becauseOf(a))
	case all:
		return fmt.Errorf("%w: no trial counts: %s", runner.ErrInvalid, why)
	case !compared(a): // nothing to compare
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
		because := becauseOf(a)
		if because == "" && why != "" {
			because = " (" + why + ")"
		}
		return fmt.Errorf("%w: no deciding metric has enough blocks that count%s; the report shows what was measured, and why it does not count",
			runner.ErrInvalid, because)
	case strict && open > 0:
		return fmt.Errorf("%w: --strict: %s undecided, or only valid as measured here", runner.ErrInvalid, plural(open, "deciding verdict"))
	}
	return nil
}

// spoiled is why the first trial that doesn't count doesn't, or "" if each counts, and whether none counts.
func spoiled(a analysis.Analysis) (why string, all bool) {
	all = true
	for _, t := range a.Trials {
		if !t.Done() {
			continue
		}
		i := slices.IndexFunc(t.Flags, func(f results.Flag) bool { return f.Code != results.FlagProfiled && f.Invalidates("*") })
		if i < 0 {
			all = false
		} else if why == "" {
			why = oneLine(fmt.Errorf("trial %d: %s", t.ID, report.FlagWords(t.Flags[i])))
		}
	}
	return why, all
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
