package analysis

import (
	"slices"
	"testing"

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
	if what, says, made := s.phaseContradicted(open, false); what == "own_tasks" {
		t.Errorf("%s: %v, %v", what, says, made)
	}
	for _, n := range []int64{0, 1, 3} {
		open.OwnTasks = n
		if what, _, _ := s.phaseContradicted(open, false); what != "own_tasks" {
			t.Errorf("%d own tasks are believed, and 2 have no error (%s)", n, what)
		}
	}
	s.tasks.HalfWidth = nil
	if what, _, _ := s.phaseContradicted(open, false); what != "own_tasks" {
		t.Errorf("own tasks are believed of a file without errors of times (%s)", what)
	}
	open.OwnOf = 0
	if s.gather(sc, open, results.Phase{}, &standstills{}); len(s.delays) != 4 {
		t.Errorf("%d latencies of one machine", len(s.delays))
	}
}
