package analysis

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A latency that several clocks measured has a wider bracket, and one that is too short for them is none.
func TestLatenciesAreAsGoodAsTheirClocks(t *testing.T) {
	m := func(halfWidth int64) *measured {
		return &measured{latencies: []float64{1, 2, 3, 4}, Trial: results.Trial{Phases: []results.Phase{
			{Producer: suite.Wire, Arrivals: suite.Sustained, ClockHalfWidth: 1e12},
			{Producer: suite.Wire, Arrivals: suite.Open, ClockHalfWidth: halfWidth}}}}
	}
	for _, tt := range []struct {
		halfWidth int64
		ok        bool
		bracket   Bracket
	}{
		{0, true, Bracket{2.5, 2.5}},
		{100_000, true, Bracket{2.4, 2.6}},
		{250_000, true, Bracket{2.25, 2.75}},
		{260_000, false, Bracket{}},
	} {
		c := latencyAt(0.5, 1)
		v, ok := c.of(m(tt.halfWidth), "")
		if v != 2.5 || ok != tt.ok {
			t.Errorf("%d ns: %v, %v", tt.halfWidth, v, ok)
		}
		if b := c.bracket(m(tt.halfWidth), "", v); tt.ok && b != tt.bracket {
			t.Errorf("%d ns: %+v, want %+v", tt.halfWidth, b, tt.bracket)
		}
		if _, ok := computations()["latency_mean"].of(m(tt.halfWidth), ""); ok != tt.ok {
			t.Errorf("%d ns: the mean is reported: %v", tt.halfWidth, ok)
		}
	}
	// A lower end is never below nothing.
	if b := (Bracket{0.5, 10}).widened(1); b.Low <= 0 || b.High != 11 {
		t.Errorf("%+v", b)
	}
}

// A task without the time at which it was due has no latency: the note of its sending is with a host that was lost.
func TestATaskWithoutADueTimeHasNoLatency(t *testing.T) {
	t.Parallel()
	sc := suite.Scenario{Mix: []suite.Share{{Task: "noop"}}}
	open := results.Phase{Name: "paced"}
	s := &scratch{}
	s.tasks.Phase.List, s.tasks.Outcome.List, s.tasks.Kind.List = []string{open.Name}, []string{results.OutcomeFinished}, []string{sc.Kinds()[0].Kind}
	for _, due := range []int64{5e9, 0, 6e9} {
		s.tasks.Phase.Index, s.tasks.Outcome.Index, s.tasks.Kind.Index = append(s.tasks.Phase.Index, 0), append(s.tasks.Outcome.Index, 0), append(s.tasks.Kind.Index, 0)
		s.tasks.Intended, s.tasks.Sent, s.tasks.Started = append(s.tasks.Intended, due), append(s.tasks.Sent, due), append(s.tasks.Started, due)
		s.tasks.Finished = append(s.tasks.Finished, 7e9)
	}
	s.gather(sc, open, results.Phase{Name: "drain"}, &standstills{})
	if want := []int64{2e9, 1e9}; !slices.Equal(s.delays, want) {
		t.Errorf("latencies are %v, want %v", s.delays, want)
	}
}
