package trial

import (
	"math"
	"sync/atomic"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// runWatched runs a trial and checks that the reports during the run add up to its result.
func runWatched(t *testing.T, c Config) (results.Trial, error) {
	t.Helper()
	var reported results.Counts
	var used Parts
	var busy atomic.Bool
	tasks, began, over := map[string]int64{}, map[string]bool{}, map[string]bool{}
	scheduled := map[string]bool{}
	c.Look = func(l Look) {
		if !busy.CompareAndSwap(false, true) {
			t.Error("reported two things at once")
		}
		defer busy.Store(false)
		reported.Sent += l.Counts.Sent
		reported.Rejected += l.Counts.Rejected
		reported.Finished += l.Counts.Finished
		reported.Failed += l.Counts.Failed
		reported.Lost += l.Counts.Lost
		reported.Unknown += l.Counts.Unknown
		reported.Duplicated += l.Counts.Duplicated
		used.Workers += l.CPU.Workers
		used.Broker += l.CPU.Broker
		if l.Began {
			began[l.Phase] = true
			scheduled[l.Phase] = l.Arrivals == suite.Open || l.Arrivals == suite.Poisson
		}
		if !began[l.Phase] {
			t.Errorf("a look at %s, which has not begun", l.Phase)
		}
		over[l.Phase] = over[l.Phase] || l.Over
		for _, e := range l.Tasks {
			tasks[l.Phase]++
			if e.Service < 0 || e.Latency >= 0 && (!scheduled[l.Phase] || e.Latency < e.Service) {
				t.Errorf("%s: %+v", l.Phase, e)
			}
			// A chain's first step has a wait and no latency, its last the other way round.
			if scheduled[l.Phase] && !c.Scenario.Chain && (e.Late < 0 || e.Wait < 0 || e.Latency < 0) {
				t.Errorf("%s: %+v", l.Phase, e)
			}
		}
	}
	r, err := Run(t.Context(), c)
	if err != nil {
		return r, err
	}
	want := r.Counts
	want.Unexpected = 0
	if reported != want {
		t.Errorf("reported %+v, the result is %+v", reported, want)
	}
	var finished int64
	for _, n := range tasks {
		finished += n
	}
	if finished != r.Finished {
		t.Errorf("reported %d tasks, %d finished", finished, r.Finished)
	}
	var workers, broker float64
	for _, p := range r.Phases {
		workers += p.Workers.CPUSeconds
		broker += p.BrokerUsage.CPUSeconds
	}
	// A sample may be taken between a phase's own reading and the end of sampling.
	if math.Abs(used.Workers-workers) > 0.1*workers+0.05 || math.Abs(used.Broker-broker) > 0.1*broker+0.05 {
		t.Errorf("reported %v s of the workers and %v s of the broker, the result is %v and %v", used.Workers, used.Broker, workers, broker)
	}
	for phase := range began {
		if !over[phase] {
			t.Errorf("phase %s never ended", phase)
		}
	}
	return r, nil
}
