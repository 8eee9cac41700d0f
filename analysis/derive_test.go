package analysis

import (
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A chain whose step doesn't end lacks the steps after it. Of other tasks, none may be missing, and none may be there in addition.
func TestAChainThatBrokeIsNoForgery(t *testing.T) {
	t.Parallel()
	// Two chains of two steps: the first step of the second was lost.
	p := results.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Count: 4, EnqueueBegan: 10, EnqueueEnded: 30, Released: 30, Drained: 70}
	s := &scratch{tasks: results.Stays{
		Phase: results.Words{List: []string{"drain"}, Index: []uint8{0, 0, 0}}, Kind: results.Words{List: []string{"first", "second"}, Index: []uint8{0, 0, 1}},
		Outcome:  results.Words{List: []string{results.OutcomeFinished, results.OutcomeLost}, Index: []uint8{0, 1, 0}},
		Intended: []int64{10, 20, 10}, Sent: []int64{10, 20, 50}, Started: []int64{40, 0, 60}, Finished: []int64{50, 0, 70},
	}}
	for _, tt := range []struct {
		count int64
		chain bool
		want  string
	}{{4, true, ""}, {3, true, ""}, {2, true, "count"}, {4, false, "count"}, {2, false, "count"}} {
		p.Count = tt.count
		if what, says, made := s.phaseContradicted(p, tt.chain); what != tt.want {
			t.Errorf("%d tasks, chain %v: %s is %v, and its tasks make it %v", tt.count, tt.chain, what, says, made)
		}
	}
}
