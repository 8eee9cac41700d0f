package trial

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Real workers of both frameworks report each task that they ran, and the reader takes nothing from them.
func TestWorkersEventsAreRead(t *testing.T) {
	for _, name := range []string{"celery", "asynctasq"} {
		t.Run(name, func(t *testing.T) {
			s := scenario(t,
				suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 300},
				suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 100, Rate: 50})
			s.Events, s.Brokers = suite.EventsConsumed, []string{"redis"}
			c := config(t, name, s)
			c.Target.Events = s.Events
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent != 400 || r.Finished != 400 || r.Lost+r.Duplicated+r.Failed+r.Unexpected != 0 {
				t.Errorf("%+v", r.Counts)
			}
			v := r.Values
			if share := v[metric.EventShare]; share <= 0 || share > 100 {
				t.Errorf("events tell of %v %% of the tasks", share)
			}
			if v[metric.EventRate] <= 0 || v[metric.EventP50] < 0 || v[metric.EventP99] < v[metric.EventP50] {
				t.Errorf("%v", v)
			}
			t.Logf("%v", v)
			clean(t)
		})
	}
}

// Events that are on without a reader are published all the same, and give no figures.
func TestEventsWithoutAReaderGiveNoValues(t *testing.T) {
	s := scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 100})
	s.Events, s.Brokers = suite.EventsOn, []string{"redis"}
	c := config(t, "celery", s)
	c.Target.Events = s.Events
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Values) != 0 || r.Finished != 100 {
		t.Errorf("%v %+v", r.Values, r.Counts)
	}
}

// A trial with two phases: events of the draining backlog give the rate, events at a constant rate the age.
func TestEventValuesComeFromTheirPhases(t *testing.T) {
	phases := []results.Phase{
		{Name: "drain", Arrivals: suite.Backlog, Released: 1e9, Drained: 3e9},
		{Name: "paced", Arrivals: suite.Open, Released: 5e9, Drained: 9e9},
	}
	s := &subscriber{ended: map[contender.UUID]bool{{1}: true, {2}: true, {3}: true}, seen: []seenEvent{
		{at: 0.9e9, age: 1e6},           // of the warm-up
		{at: 1.5e9, age: 900e6},         // came while the backlog drained
		{at: 2.5e9, age: 1e6},           // the same
		{at: 4e9, age: 2e9},             // made then, and came after
		{at: 5e9 + 1, age: 2e9},         // made before the paced phase
		{at: 6e9, age: 3e6},             // of the paced phase
		{at: 9e9 + 500e6, age: 1000e6},  // of it too, and late
		{at: 20e9, age: 1e6},            // of no phase
		{at: 7e9, age: 5e6},             // of the paced phase
		{at: 8e9, age: 4e6},             // of the paced phase
		{at: 8e9 + 1e6, age: 2_000_000}, // of the paced phase
	}}
	got := s.values(phases, 4)
	for name, want := range map[string]float64{
		metric.EventShare: 75, metric.EventRate: 1, metric.EventP50: 4, metric.EventP99: 1000,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, not %v", name, got[name], want)
		}
	}
}

// An event that no decoder can read is our error, and is reported as such.
func TestAnUnreadableEventIsAnError(t *testing.T) {
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	c := config(t, "asynctasq", scenario(t, drain))
	c.Target.Events = suite.EventsConsumed
	setup, err := c.Contender.Setup(c.Target)
	if err != nil {
		t.Fatal(err)
	}
	s := &subscriber{source: *setup.Events, clock: clk, ended: map[contender.UUID]bool{}}
	if err := s.note([]byte("?!"), time.Now(), clk.Now()); err == nil {
		t.Error("no error")
	}
}
