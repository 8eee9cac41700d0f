package view

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func TestLatenciesOfSeveralClocksSayHowWrongTheyCanBe(t *testing.T) {
	t.Parallel()
	trials := func(widths ...int64) (a analysis.Analysis) {
		for _, w := range widths {
			a.Trials = append(a.Trials, analysis.TrialRow{Trial: results.Trial{Phases: []results.Phase{
				{Arrivals: suite.Sustained, ClockHalfWidth: 9e9}, {Arrivals: suite.Open, ClockHalfWidth: w}}}})
		}
		return a
	}
	swarm := trials(0, 0)
	for i := range swarm.Trials {
		swarm.Trials[i].Phases[0].ClockHalfWidth = 0
		swarm.Trials[i].Phases[1].OwnTasks, swarm.Trials[i].Phases[1].OwnOf = 30+40*int64(i), 200
	}
	const rest = ", by the phase, and none below 10 times that is reported. Throughput and the account of tasks need no common clock."
	for _, tt := range []struct {
		a    analysis.Analysis
		want string
	}{
		{trials(0, 0), ""},
		{trials(31_000), "Clocks of several hosts measured the latencies: each is within ±31µs" + rest},
		{trials(31_000, 52_000), "Clocks of several hosts measured the latencies: each is within ±31µs to ±52µs" + rest},
		{swarm, "Latencies are of the 25 % of tasks (100 of 400) that ran on the machine that sent them: one clock took all of their times. " +
			"Throughput and the account of tasks are of all."},
	} {
		if got := clockSentence(tt.a); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
