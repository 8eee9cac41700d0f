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

// A latency curve begins where each trial's quantile is long enough for the clocks, and there is none where no quantile is.
func TestCurvesBeginWhereClocksAreGoodEnough(t *testing.T) {
	t.Parallel()
	plan := suite.Plan{Brokers: []string{"redis"}, Arms: []suite.Arm{{Name: "a", Contender: "a"}}, Scenarios: []suite.Scenario{{Name: "s", Arms: []string{"a"}}}}
	trial := func(halfWidth int64) *measured {
		m := &measured{Trial: results.Trial{Scenario: "s", Broker: "redis", Arm: "a", Phases: []results.Phase{
			{Name: "paced", Producer: suite.Wire, Arrivals: suite.Open, ClockHalfWidth: halfWidth}}}}
		for i := range 1001 {
			m.latencies = append(m.latencies, float64(i)/100) // from 0 to 10 ms: quantile q is 10*q ms
		}
		return m
	}
	for _, tt := range []struct {
		halfWidths []int64
		from       float64
		points     int
	}{
		{[]int64{0, 0}, 0, 100},
		{[]int64{0, 245_000}, 0.25, 75},
		{[]int64{495_000, 245_000}, 0.5, 50},
		{[]int64{0, 1_000_001}, 0, 0},
	} {
		s := newSketches()
		for _, w := range tt.halfWidths {
			s.add(trial(w))
		}
		var points []Point
		for _, c := range s.curves(plan) {
			points = append(points, c.Points...)
		}
		if len(points) != tt.points || tt.points > 0 && (points[0].X != tt.from || points[0].Trials != 2 || points[0].Y != 10*tt.from) {
			t.Errorf("%d: %d points %+v, want %d from %v", tt.halfWidths, len(points), points, tt.points, tt.from)
		}
	}
}

// Neither an estimate of workers nor a judgement of steadiness is made of latencies that are too short for the clocks.
func TestEstimatesNeedGoodClocks(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		halfWidth int64
		ok        bool
	}{{0, true}, {9e6, true}, {11e6, false}} {
		m := &measured{Trial: results.Trial{Phases: []results.Phase{{Name: "paced", Producer: suite.Wire, Arrivals: suite.Open, ClockHalfWidth: tt.halfWidth}}}}
		for range 1000 {
			m.medians = append(m.medians, 100)
		}
		if ok := m.resolvedIn("paced", 0.1); ok != tt.ok || !m.resolvedIn("drain", 0) {
			t.Errorf("%d ns: 100 ms are long enough: %v", tt.halfWidth, ok)
		}
		if all := m.steadiness(suite.Scenario{}); (len(all) == 1) != tt.ok {
			t.Errorf("%d ns: %+v", tt.halfWidth, all)
		}
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
