package main

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// rows are trials; those with a reason did not run.
func rows(reasons ...string) []analysis.TrialRow {
	var out []analysis.TrialRow
	for i, reason := range reasons {
		out = append(out, analysis.TrialRow{Trial: results.Trial{ID: i + 1, Reason: reason}})
	}
	return out
}

func TestTheLastLineSaysWhatIsMissing(t *testing.T) {
	for name, tt := range map[string]struct {
		a    analysis.Analysis
		want string
	}{
		"all ran":       {analysis.Analysis{Planned: 2, Trials: rows("", "")}, ""},
		"one did not":   {analysis.Analysis{Planned: 2, Trials: rows("", "no broker")}, "of 2 planned trials, 1 did not run (trial 2: no broker)"},
		"time over":     {analysis.Analysis{Planned: 4, Trials: rows("", ""), Ended: results.EndTimeOver}, "of 4 planned trials, 2 did not begin (the time was over)"},
		"interrupted":   {analysis.Analysis{Planned: 3, Trials: rows("", ""), Ended: results.EndInterrupted}, "of 3 planned trials, 1 did not begin (the run was interrupted)"},
		"killed":        {analysis.Analysis{Planned: 1}, "of 1 planned trial, 1 did not begin (the run was cut short)"},
		"both, in part": {analysis.Analysis{Planned: 4, Trials: rows("", "x", "y"), Ended: results.EndFailed}, "of 4 planned trials, 2 did not run (trial 2: x) and 1 did not begin (the run failed)"},
	} {
		if got := missing(tt.a); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// If nothing was to be compared, one trial is enough; if none ran, nothing is.
func TestARunWithoutTrialsIsUseless(t *testing.T) {
	cell := func(broker, arm string) analysis.Cell { return analysis.Cell{Scenario: "s", Broker: broker, Arm: arm} }
	for name, tt := range map[string]struct {
		a    analysis.Analysis
		want string
	}{
		"none ran": {analysis.Analysis{Trials: rows("its broker is gone"), Cells: []analysis.Cell{cell("redis", "x"), cell("redis", "y")}},
			"no trial ran (trial 1: its broker is gone)"},
		"one side alone":       {analysis.Analysis{Trials: rows(""), Cells: []analysis.Cell{cell("redis", "x")}}, ""},
		"alone on two brokers": {analysis.Analysis{Trials: rows("", "no"), Cells: []analysis.Cell{cell("redis", "x"), cell("sqs", "x")}}, ""},
		"two sides, no block": {analysis.Analysis{Trials: rows("", "its broker is gone"), Cells: []analysis.Cell{cell("redis", "x"), cell("redis", "y")}},
			"no deciding metric has enough blocks that count (trial 2: its broker is gone)"},
	} {
		switch err := valid(tt.a, false); {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// A lone side whose trials are all spoiled measured nothing useful.
func TestALoneSideOfSpoiledTrialsIsUseless(t *testing.T) {
	died := results.Flag{Code: results.FlagWorkerDied, Detail: "worker 1 of 2 ended during the trial", Metrics: []string{"*"}}
	bound := results.Flag{Code: results.FlagProducerBound, Metrics: []string{"throughput"}}
	profiled := results.Flag{Code: results.FlagProfiled, Metrics: []string{"*"}}
	row := func(flags ...results.Flag) analysis.TrialRow {
		return analysis.TrialRow{Trial: results.Trial{ID: 1, Flags: flags}}
	}
	for name, tt := range map[string]struct {
		rows []analysis.TrialRow
		ok   bool
	}{
		"all died":       {[]analysis.TrialRow{row(died), row(bound, died)}, false},
		"one is sound":   {[]analysis.TrialRow{row(died), row()}, true},
		"one is limited": {[]analysis.TrialRow{row(died), row(bound)}, true},
		"profiled":       {[]analysis.TrialRow{row(profiled)}, true},
	} {
		err := valid(analysis.Analysis{Trials: tt.rows, Cells: []analysis.Cell{{Scenario: "s", Broker: "b", Arm: "a"}}}, false)
		if (err == nil) != tt.ok || err != nil && !strings.Contains(err.Error(), died.Detail) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Where two sides were to be compared, the error has the first reason why a trial doesn't count.
func TestSpoiledTrialsOfTwoSidesAreTheReason(t *testing.T) {
	failed := results.Flag{Code: results.FlagFailed, Detail: "KeyError: 'x'", Metrics: []string{"*"}, Fact: results.Fact{Check: results.CheckTasks, Count: 300, Of: 300}}
	cells := []analysis.Cell{{Scenario: "s", Broker: "redis", Arm: "x"}, {Scenario: "s", Broker: "redis", Arm: "y"}}
	a := analysis.Analysis{Trials: rows("", ""), Cells: cells, Comparisons: []analysis.Comparison{{Scenario: "s", Broker: "redis", Deciding: true}}}
	a.Trials[1].Flags = []results.Flag{failed}
	const words = "trial 2: 300 of 300 tasks failed: KeyError: 'x'"
	if err := valid(a, false); err == nil || !strings.Contains(err.Error(), "no deciding metric has enough blocks that count ("+words+")") {
		t.Error(err)
	}
	a.Trials = a.Trials[1:]
	if err := valid(a, false); err == nil || !strings.HasSuffix(err.Error(), "no trial counts: "+words) {
		t.Error(err)
	}
}
