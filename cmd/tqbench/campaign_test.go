package main

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/campaign"
	"github.com/tqbench/tqbench/machine"
)

func TestALookIsReported(t *testing.T) {
	open := []analysis.Comparison{{Metric: "throughput", Scenario: "io", Broker: "redis", NeedSeconds: 600}}
	two := append(open, analysis.Comparison{NeedSeconds: 7000})
	wide := []analysis.Wide{{Metric: "throughput", Scenario: "io", Broker: "redis", Candidate: "a/x", Half: 0.07}, {Half: 0.06}}
	for _, tt := range []struct {
		look campaign.Look
		want string
	}{
		{campaign.Look{Blocks: 6, Whole: 6, Why: campaign.Settled}, "after 6 blocks no verdict is open"},
		{campaign.Look{Blocks: 20, Whole: 8, Why: campaign.Settled}, "after 8 of 20 blocks no verdict is open"},
		{campaign.Look{Blocks: 6, Next: 8, Why: campaign.More, Open: open}, "after 6 blocks throughput of io on redis is open: continuing to 8"},
		{campaign.Look{Blocks: 6, Whole: 1, Why: campaign.TimeOver, Open: open}, "after 1 of 6 blocks the time is up, and throughput of io on redis is open; deciding those that can be decided would take about 10 min more"},
		{campaign.Look{Blocks: 6, Whole: 1, Why: campaign.TimeOver, Open: open, Missing: 3, Takes: 34 * time.Minute}, "after 1 of 6 blocks the time is up, and throughput of io on redis is open; deciding those that can be decided would take about 10 min more; 3 trials did not begin and would take about 34 min"},
		{campaign.Look{Blocks: 8, Whole: 8, Why: campaign.TimeOver, Open: two}, "after 8 blocks the time is up, and 2 verdicts are open; deciding those that can be decided would take about 2.1 h more"},
		{campaign.Look{Blocks: 40, Why: campaign.AllBlocks, Open: open}, "after 40 blocks, the maximum, throughput of io on redis is open; deciding those that can be decided would take about 10 min more"},
		{campaign.Look{Blocks: 9, Whole: 9, Why: campaign.Settled, Until: 0.05}, "every interval is within 5 % after 9 blocks"},
		{campaign.Look{Blocks: 9, Whole: 9, Why: campaign.More, Until: 0.05, Wide: wide}, "2 deciding intervals are wider than 5 % after 9 blocks, the widest 7 % (throughput of a/x, io on redis): one more"},
		{campaign.Look{Blocks: 6, Whole: 6, Why: campaign.More, Until: 0.05, Wide: []analysis.Wide{{}}}, "1 deciding interval is wider than 5 % after 6 blocks, and none has an interval yet, as fewer than two blocks count on both sides: one more"},
		{campaign.Look{Blocks: 9, Whole: 9, Why: campaign.TimeOver, Until: 0.05, Wide: wide}, "2 deciding intervals are wider than 5 % after 9 blocks, the widest 7 % (throughput of a/x, io on redis): the time is up"},
	} {
		if got := lookSentence(tt.look, "verdict"); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

func TestTheMachinesStateIsReported(t *testing.T) {
	for _, tt := range []struct {
		state machine.State
		want  string
	}{
		{machine.State{CPUs: 4, Load: 0.2, Busy: 0.01, FreeMiB: 8192}, "this machine: 4 CPUs, 1 % of them busy, load 0.2, 8.0 GiB of memory free"},
		{machine.State{CPUs: 2, Load: 2.5, Busy: 0.9, FreeMiB: 512},
			"this machine: 2 CPUs, 90 % of them busy, load 2.5, 0.5 GiB of memory free: other programs are busy, so verdicts only hold as measured here, and the run needs more blocks; memory is low: a run that swaps measures the disk"},
		{machine.State{CPUs: 2, Stolen: 0.04},
			"this machine: 2 CPUs, 0 % of them busy, load 0.0, the hypervisor steals 4.0 % of the CPU time that programs want: each figure gets a bracket for the stolen time, up to 8 % wide at this rate"},
		{machine.State{CPUs: 64, Stolen: 0.02},
			"this machine: 64 CPUs, 0 % of them busy, load 0.0, the hypervisor steals 2.0 % of the CPU time that programs want: each figure gets a bracket for the stolen time, up to 90 % wide at this rate"},
	} {
		if got := machineSentence(tt.state); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}

// The exit code depends on how much of a run is useful.
func TestTheExitCodeSaysIfARunIsUseful(t *testing.T) {
	a := func(ran, blocks int, verdict, grade string) analysis.Analysis {
		side := func(arm string) analysis.Estimate { return analysis.Estimate{Arm: arm} }
		cell := func(arm string) analysis.Cell { return analysis.Cell{Scenario: "s", Broker: "b", Arm: arm, Ran: ran} }
		return analysis.Analysis{Trials: make([]analysis.TrialRow, 2*ran), Cells: []analysis.Cell{cell("x"), cell("y")},
			Comparisons: []analysis.Comparison{{Scenario: "s", Broker: "b", Deciding: true, Baseline: side("x"), Candidate: side("y"), Blocks: blocks, Verdict: verdict, Grade: grade}}}
	}
	for name, tt := range map[string]struct {
		ran, blocks   int
		verdict       string
		grade         string
		usual, strict bool
	}{
		"sure":                      {6, 6, analysis.Faster, analysis.GradeSure, true, true},
		"as measured here":          {12, 12, analysis.Faster, analysis.GradeHere, true, false},
		"undecided":                 {12, 12, analysis.Undecided, "", true, false},
		"one block":                 {1, 1, analysis.Undecided, "", true, false},
		"six of twelve":             {12, 6, analysis.Faster, analysis.GradeSure, true, true},
		"five of twelve":            {12, 5, analysis.Undecided, "", false, false},
		"three, the time was over":  {3, 3, analysis.Undecided, "", true, false},
		"nothing that counts":       {6, 0, analysis.Undecided, "", false, false},
		"nothing that was measured": {0, 0, analysis.NoData, "", false, false},
	} {
		x := a(tt.ran, tt.blocks, tt.verdict, tt.grade)
		for strict, want := range map[bool]bool{false: tt.usual, true: tt.strict} {
			if err := valid(x, strict); (err == nil) != want {
				t.Errorf("%s, strict %t: %v", name, strict, err)
			}
		}
	}
}

// Shared trials count once: metrics share them, and sides share their baseline's.
func TestThePriceCountsSharedTrialsOnce(t *testing.T) {
	open := func(scenario, candidate, metric string, seconds float64) analysis.Comparison {
		c := analysis.Comparison{Scenario: scenario, Broker: "redis", Metric: metric, NeedSeconds: seconds}
		c.Baseline.Arm, c.Candidate.Arm = "base", candidate
		return c
	}
	for want, of := range map[float64][]analysis.Comparison{
		0:   nil,
		60:  {open("a", "x", "m", 60), open("a", "x", "n", 20), open("a", "x", "unknown", 0)},
		100: {open("a", "x", "m", 60), open("b", "x", "m", 40)},
		90:  {open("a", "x", "m", 60), open("a", "y", "m", 60)}, // three sides at 30 each
	} {
		if got := price(of); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
