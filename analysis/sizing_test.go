package analysis

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// sizedScenario has a drain and two loads on one process with two slots; a task takes 90 or 110 ms, and its slot 10 ms more.
func sizedScenario() suite.Scenario {
	sc := suite.Scenario{Name: "s", Phases: []suite.Phase{
		{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 400},
		{Name: "high", Arrivals: suite.Poisson, Producer: suite.Wire, Tasks: 4000, Rate: 14},
		{Name: "low", Arrivals: suite.Poisson, Producer: suite.Wire, Tasks: 4000, Rate: 8},
	}}
	sc.Processes, sc.Concurrency = 1, 2
	return sc
}

// sizedTrial simulates a trial of that scenario.
func sizedTrial(seed uint64) (*measured, *scratch) {
	rng := rand.New(rand.NewPCG(seed, 8))
	sc := sizedScenario()
	m := &measured{Trial: results.Trial{Scenario: "s", Broker: "redis", Arm: "a", Processes: 1, Concurrency: 2}}
	room := &scratch{}
	rows := &room.tasks
	rows.Outcome.List = []string{results.OutcomeFinished}
	var at float64
	for k, p := range sc.Phases {
		rows.Phase.List = append(rows.Phase.List, p.Name)
		free := []float64{at, at}
		released := at
		for range p.Tasks {
			if p.Arrivals != suite.Backlog {
				at += rng.ExpFloat64() / float64(p.Rate)
			}
			slot := 0
			if free[1] < free[0] {
				slot = 1
			}
			start := max(free[slot], at) + 0.005
			end := start + []float64{0.09, 0.11}[rng.IntN(2)]
			free[slot] = end + 0.005
			rows.Phase.Index, rows.Outcome.Index = append(rows.Phase.Index, uint8(k)), append(rows.Outcome.Index, 0)
			rows.Intended = append(rows.Intended, int64(at*1e9))
			rows.Started, rows.Finished = append(rows.Started, int64(start*1e9)), append(rows.Finished, int64(end*1e9))
		}
		at = slices.Max(free)
		m.Phases = append(m.Phases, results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, Released: int64(released * 1e9),
			Drained: int64(at * 1e9), Workers: results.Usage{Measured: true, CPUSeconds: 2}})
		at++
	}
	return m, room
}

func TestATrialOfTwoLoadsSaysHowManyWorkersItTakes(t *testing.T) {
	t.Parallel()
	sc := sizedScenario()
	all := sizings{}
	for seed := range uint64(5) {
		m, room := sizedTrial(seed)
		m.sized = room.size(m, sizable(sc))
		all.add(m)
	}
	flagged, room := sizedTrial(9)
	flagged.sized = room.size(flagged, sizable(sc))
	flagged.Flags = []results.Flag{{Code: results.FlagDisturbed, Metrics: []string{"*"}}}
	all.add(flagged)
	plan := suite.Plan{Brokers: []string{"redis"}, Arms: []suite.Arm{{Name: "a", Contender: "a"}}, Scenarios: []suite.Scenario{sc}}
	plan.Scenarios[0].Arms = []string{"a"}
	list := all.list(plan)
	if len(list) != 1 || list[0].Trials != 5 || len(list[0].Checks) != 2 {
		t.Fatalf("%+v", list)
	}
	s := list[0]
	closeTo(t, "CPU", s.CPU, 2.0/400)
	for _, x := range []struct {
		what      string
		got, want float64
	}{
		{"hold", s.Hold, 0.11}, {"service", s.Service, 0.1}, {"CV2", s.CV2, 0.01 * 0.01 / (0.11 * 0.11)},
		{"the median of those who found a slot", s.Unloaded[sizeSteps/2], 0.105},
	} {
		if math.Abs(x.got/x.want-1) > 0.1 {
			t.Errorf("%s: %g, want %g", x.what, x.got, x.want)
		}
	}
	for _, c := range s.Checks {
		if c.Problem != "" || c.Arrivals != 1 || math.Abs(c.Utilization-c.Rate*s.Hold/2) > 1e-9 || c.Low > c.MeasuredP99 || c.High < c.MeasuredP99 {
			t.Errorf("%+v", c)
		}
		if math.Abs(c.EstimatedP99/c.MeasuredP99-1) > 0.2 || math.Abs(c.EstimatedP50/c.MeasuredP50-1) > 0.2 {
			t.Errorf("%s: estimated p99 %g, measured %g; p50 %g, %g", c.Phase, c.EstimatedP99, c.MeasuredP99, c.EstimatedP50, c.MeasuredP50)
		}
	}
}

func TestWhatCannotBeSizedIsNot(t *testing.T) {
	t.Parallel()
	sc := sizedScenario()
	if got := sizable(suite.Scenario{Phases: sc.Phases[:2]}); got != nil {
		t.Errorf("one load: %v", got)
	}
	if got := sizable(suite.Scenario{Phases: sc.Phases, Measure: suite.Soak}); got != nil {
		t.Errorf("a soak: %v", got)
	}
	m, room := sizedTrial(1)
	if m.Defaults = true; room.size(m, sizable(sc)) != nil {
		t.Error("a trial as installed has the scenario's slots")
	}
	m.Defaults = false
	few := &scratch{tasks: room.tasks}
	few.tasks.Started, few.tasks.Phase.Index = room.tasks.Started[:430], room.tasks.Phase.Index[:430]
	if few.size(m, sizable(sc)) != nil {
		t.Error("a phase with 30 tasks has a p99")
	}
	m.Phases = m.Phases[1:]
	if room.size(m, sizable(sc)) != nil {
		t.Error("a trial without a drain has a time for which a slot is held")
	}
}
