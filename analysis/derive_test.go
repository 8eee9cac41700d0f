package analysis

import (
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A chain whose step doesn't end lacks the steps after it, and no others. Of other tasks, none may be missing, and none may be there in addition.
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
		steps int
		want  string
	}{{4, 2, ""}, {3, 2, ""}, {2, 2, "count"}, {6, 2, "count"}, {5, 3, ""}, {6, 3, "count"}, {4, 1, "count"}, {2, 1, "count"}} {
		p.Count = tt.count
		if what, says, made := s.phaseContradicted(p, tt.steps); what != tt.want {
			t.Errorf("%d tasks, %d steps: %s is %v, and its tasks make it %v", tt.count, tt.steps, what, says, made)
		}
	}
}

// Samples go on over the other sides' turns, and a phase's time is without these: also in one that was abandoned, which has no turns then.
func TestTimeOfOtherSidesIsNoForgery(t *testing.T) {
	t.Parallel()
	s := &scratch{series: results.Depths{Phase: results.Words{List: []string{"drain"}, Index: []uint8{0, 0}}, At: []int64{0, 20e9},
		WorkerCPU: []float64{0, 4}, BrokerCPU: []float64{0, 1}, WorkerPSS: []float64{0, 0}}}
	turn := []results.Turn{{From: 1, To: 2}}
	for name, tt := range map[string]struct {
		phase results.Phase
		want  string
	}{
		"turns":                   {results.Phase{Arrivals: suite.Sustained, SteadyFrom: 1, SteadyTo: 2, Turns: turn}, ""},
		"abandoned":               {results.Phase{Arrivals: suite.Sustained}, ""},
		"abandoned after a turn":  {results.Phase{Arrivals: suite.Sustained, Turns: turn}, ""},
		"one side at a time":      {results.Phase{Arrivals: suite.Sustained, SteadyFrom: 1, SteadyTo: 2}, "the workers' wall_seconds"},
		"a backlog without turns": {results.Phase{Arrivals: suite.Backlog}, "the workers' wall_seconds"},
	} {
		p := tt.phase
		p.Name, p.Workers = "drain", results.Usage{Measured: true, CPUSeconds: 4, WallSeconds: 9}
		if what, says, made := s.samplesContradict(p); what != tt.want {
			t.Errorf("%s: %s is %v, and its samples make it %v", name, what, says, made)
		}
	}
}
