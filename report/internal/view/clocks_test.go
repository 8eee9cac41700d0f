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
	const rest = ", by the phase, and none below 10 times that is reported. Throughput and the account of tasks need no common clock."
	for _, tt := range []struct {
		a    analysis.Analysis
		want string
	}{
		{trials(0, 0), ""},
		{trials(31_000), "Clocks of several hosts measured the latencies: each is within ±31µs" + rest},
		{trials(31_000, 52_000), "Clocks of several hosts measured the latencies: each is within ±31µs to ±52µs" + rest},
	} {
		if got := clockSentence(tt.a); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
	}
}
