package analysis

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// In a swarm, only tasks that ran on the host that sent them have a latency. A count of them that the tasks don't bear out is refused.
func TestLatenciesOfASwarmAreThoseOfOneClock(t *testing.T) {
	t.Parallel()
	open := results.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Count: 4, OwnTasks: 2, OwnOf: 4, Released: 10, Drained: 300}
	s := &scratch{tasks: results.Stays{
		Phase: results.Words{List: []string{"paced"}, Index: []uint8{0, 0, 0, 0}}, Kind: results.Words{List: []string{"noop"}, Index: []uint8{0, 0, 0, 0}},
		Outcome:  results.Words{List: []string{results.OutcomeFinished}, Index: []uint8{0, 0, 0, 0}},
		Intended: []int64{10, 20, 30, 40}, Sent: []int64{10, 20, 30, 40}, Started: []int64{50, 60, 70, 80}, Finished: []int64{110, 220, 130, 300},
		HalfWidth: []int64{0, 7, 0, 9},
	}}
	sc := suite.Scenario{Task: "noop"}
	s.gather(sc, open, results.Phase{}, &standstills{})
	if !slices.Equal(s.delays, []int64{100, 100}) {
		t.Errorf("latencies %v", s.delays)
	}
	if s.pacedTasks != 4 {
		t.Errorf("the workers' CPU time went to %d tasks, want 4", s.pacedTasks)
	}
	if what, says, made := s.phaseContradicted(open, 1); what == "own_tasks" {
		t.Errorf("%s: %v, %v", what, says, made)
	}
	for _, n := range []int64{0, 1, 3} {
		open.OwnTasks = n
		if what, _, _ := s.phaseContradicted(open, 1); what != "own_tasks" {
			t.Errorf("%d own tasks are believed, and 2 have no error (%s)", n, what)
		}
	}
	s.tasks.HalfWidth = nil
	if what, _, _ := s.phaseContradicted(open, 1); what != "own_tasks" {
		t.Errorf("own tasks are believed of a file without errors of times (%s)", what)
	}
	open.OwnOf = 0
	if s.gather(sc, open, results.Phase{}, &standstills{}); len(s.delays) != 4 {
		t.Errorf("%d latencies of one machine", len(s.delays))
	}
}

// The CPU time of all machines went to all tasks that finished: also to those that ran elsewhere than they were sent, and to those of which
// the note of the sending is lost.
func TestCPUTimeIsThatOfAllPacedTasks(t *testing.T) {
	t.Parallel()
	const n = 120
	open := results.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, OwnTasks: n / 6, OwnOf: n, Workers: results.Usage{Measured: true, CPUSeconds: 0.012}}
	for _, tt := range []struct {
		name   string
		sc     suite.Scenario
		change func(tasks *results.Stays)
		want   float64 // us a task
	}{
		{"a swarm of six", suite.Scenario{Task: "noop"}, func(*results.Stays) {}, 100},
		{"a machine was lost", suite.Scenario{Task: "noop"}, func(tasks *results.Stays) { clear(tasks.Intended[:n/2]) }, 100},
		{"a quarter failed", suite.Scenario{Task: "noop"}, func(tasks *results.Stays) {
			for i := range n / 4 {
				tasks.Outcome.Index[i] = 1
			}
		}, 12e3 / (n * 3 / 4)},
		{"chains of two", suite.Scenario{Chain: true, Mix: []suite.Share{{Kind: "noop"}, {Kind: "last"}}}, func(tasks *results.Stays) {
			for i := 1; i < n; i += 2 {
				tasks.Kind.Index[i] = 1
			}
		}, 200},
	} {
		s := &scratch{tasks: results.Stays{
			Phase: results.Words{List: []string{"paced"}, Index: make([]uint8, n)}, Kind: results.Words{List: []string{"noop", "last"}, Index: make([]uint8, n)},
			Outcome:  results.Words{List: []string{results.OutcomeFinished, results.OutcomeFailed}, Index: make([]uint8, n)},
			Intended: make([]int64, n), Sent: make([]int64, n), Started: make([]int64, n), Finished: make([]int64, n), HalfWidth: make([]int64, n),
		}}
		for i := range n {
			s.tasks.Intended[i], s.tasks.Finished[i] = int64(10+i), int64(1000+i)
			if i%6 > 0 {
				s.tasks.HalfWidth[i] = 7
			}
		}
		tt.change(&s.tasks)
		s.gather(tt.sc, open, results.Phase{}, &standstills{})
		m := &measured{Trial: results.Trial{Phases: []results.Phase{open}}, pacedTasks: s.pacedTasks}
		got, ok := computations()[metric.CPUPaced].of(m, "")
		if !ok {
			t.Errorf("%s: there is no figure", tt.name)
		}
		near(t, tt.name, got, tt.want)
	}
}
