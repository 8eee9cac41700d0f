package analysis

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// madeStep is what a step of a made-up run gives: its rate, and the CPUs that broker, workers and load used.
type madeStep struct{ rate, broker, workers, load float64 }

// scaledRun is a run of one side on as many workers as a power of two for each step, whose rates vary by the deviation.
func scaledRun(steps []madeStep, blocks int, deviation float64) (suite.Plan, []TrialRow) {
	rng := rand.New(rand.NewPCG(7, 9))
	plan := suite.Plan{Blocks: blocks, Brokers: []string{"redis"}, Arms: []suite.Arm{{Name: "a", Contender: "a"}}}
	var rows []TrialRow
	for i, x := range steps {
		sc := suite.Scenario{Name: fmt.Sprintf("scaling@%d", 1<<i), Of: "scaling", At: fmt.Sprint(1 << i), Doubling: true, Arms: []string{"a"}}
		sc.Processes = 1 << i
		plan.Scenarios = append(plan.Scenarios, sc)
		use := func(cpus float64) results.Usage {
			return results.Usage{Measured: true, CPUSeconds: 10 * cpus, WallSeconds: 10}
		}
		for b := 1; b <= blocks; b++ {
			v := x.rate * (1 + deviation*rng.NormFloat64())
			rows = append(rows, TrialRow{Metrics: map[string]float64{"throughput": v, "latency_p99": 3},
				Trial: results.Trial{Scenario: sc.Name, Broker: "redis", Arm: "a", Block: b, Phases: []results.Phase{
					{Name: "drain", Arrivals: suite.Sustained, Producer: suite.Wire, BrokerUsage: use(x.broker), Workers: use(x.workers), HarnessUsage: use(x.load)}}}})
		}
	}
	return plan, rows
}

func TestTheKneeIsWhereThroughputStopsToGrow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name         string
		steps        []madeStep
		blocks       int
		deviation    float64
		knee         string
		workers      int
		limit, grade string
	}{
		{"the broker is full", []madeStep{{100, .3, 1, .1}, {195, .6, 2, .1}, {300, .97, 3, .2}, {302, .98, 3, .2}}, 8, .01, KneeFound, 4, LimitBroker, GradeSure},
		{"the workers are", []madeStep{{100, .1, 4, .1}, {190, .1, 7.6, .1}, {191, .1, 7.7, .1}}, 8, .01, KneeFound, 2, LimitWorkers, GradeSure},
		{"all CPUs are", []madeStep{{100, .3, 4, .1}, {190, .6, 6, 1}, {191, .6, 6, 1.2}}, 8, .01, KneeFound, 2, LimitMachine, GradeSure},
		{"broker and CPUs are", []madeStep{{100, .3, 4, .1}, {101, .99, 6, 1}}, 8, .01, KneeFound, 1, LimitUnsure, GradeSure},
		{"nothing is", []madeStep{{100, .3, 1, .1}, {101, .3, 1, .1}}, 8, .01, KneeFound, 1, LimitUnsure, GradeSure},
		{"none up to the last", []madeStep{{100, .1, 1, .1}, {190, .2, 2, .1}, {350, .4, 4, .1}}, 8, .01, KneeBeyond, 4, "", GradeSure},
		{"noise hides it", []madeStep{{100, .1, 1, .1}, {190, .2, 2, .1}, {230, .4, 4, .1}}, 8, .15, KneeOpen, 2, LimitUnsure, GradeSure},
		{"less with more workers", []madeStep{{100, .1, 1, .1}, {80, .2, 2, .1}, {60, .4, 4, .1}}, 8, .01, KneeFound, 1, LimitUnsure, GradeSure},
		{"few blocks", []madeStep{{100, .1, 1, .1}, {190, .2, 2, .1}}, 3, .01, KneeUnknown, 0, "", ""},
	} {
		plan, rows := scaledRun(tt.steps, tt.blocks, tt.deviation)
		all := scalingsOf(plan, 8, rows)
		if len(all) != 1 {
			t.Fatalf("%s: %d scalings", tt.name, len(all))
		}
		if s := all[0]; s.Knee != tt.knee || s.Workers != tt.workers || s.Limit != tt.limit || s.Grade != tt.grade || len(s.Steps) != len(tt.steps) {
			t.Errorf("%s: knee %q at %d, %q is the limit, grade %q; want %q at %d, %q, %q\n%+v", tt.name, s.Knee, s.Workers, s.Limit, s.Grade, tt.knee, tt.workers, tt.limit,
				tt.grade, s.Steps)
		}
	}
}

// What noise may have done counts: if it may hide growth, the knee is one of this machine only.
func TestAKneeThatNoiseMayHaveMadeIsOfHere(t *testing.T) {
	t.Parallel()
	plan, rows := scaledRun([]madeStep{{100, .1, 1, .1}, {190, .2, 2, .1}, {192, .4, 4, .1}}, 8, .01)
	for i := range rows {
		if v := rows[i].Metrics["throughput"]; rows[i].Scenario == "scaling@4" {
			rows[i].Brackets = map[string]Bracket{"throughput": {v, 1.5 * v}}
		}
	}
	if s := scalingsOf(plan, 8, rows)[0]; s.Knee != KneeFound || s.Workers != 2 || s.Grade != GradeHere {
		t.Errorf("%q at %d, grade %q", s.Knee, s.Workers, s.Grade)
	}
}

// A step whose load doesn't keep up has no throughput that counts: the load is the limit.
func TestALoadThatDoesNotKeepUpIsTheLimit(t *testing.T) {
	t.Parallel()
	plan, rows := scaledRun([]madeStep{{100, .1, 1, .1}, {190, .2, 2, .1}, {350, .4, 4, .1}}, 8, .01)
	for i := range rows {
		if rows[i].Scenario == "scaling@4" {
			rows[i].Flags = []results.Flag{{Code: results.FlagProducerBound, Metrics: []string{"throughput"}}}
		}
	}
	if s := scalingsOf(plan, 8, rows)[0]; s.Knee != KneeOpen || s.Workers != 2 || s.Limit != LimitLoad || s.Steps[2].Starved != 8 {
		t.Errorf("%q at %d, limit %q: %+v", s.Knee, s.Workers, s.Limit, s.Steps[2])
	}
}

// A broker that isn't ours may say its CPU time.
func TestABrokerElsewhereMayBeTheLimit(t *testing.T) {
	t.Parallel()
	plan, rows := scaledRun([]madeStep{{100, 0, 1, .1}, {101, 0, 2, .1}}, 8, .01)
	for i := range rows {
		p := &rows[i].Phases[0]
		p.BrokerUsage.Measured, p.ServerCPUSeconds = false, 9.5
	}
	if s := scalingsOf(plan, 8, rows)[0]; s.Limit != LimitBroker || *s.Steps[1].BrokerCPU != 0.95 || s.Steps[1].MachineCPU != nil {
		t.Errorf("%+v", s)
	}
	for i := range rows {
		rows[i].Phases[0].ServerCPUSeconds = 0
	}
	if s := scalingsOf(plan, 8, rows)[0]; s.Limit != LimitUnsure || s.Steps[1].BrokerCPU != nil {
		t.Errorf("%+v", s)
	}
}

// Workers on other machines may use the CPUs of all of these, as far as their control groups let them.
func TestWorkersOfManyMachinesMayUseAllTheirCPUs(t *testing.T) {
	t.Parallel()
	plan, rows := scaledRun([]madeStep{{100, .1, 3, .1}, {101, .2, 5.8, .1}}, 8, .01)
	plan.Hosts = &suite.Hosts{Workers: 2, Load: 1}
	for i := range rows {
		rows[i].Hosts = []results.Host{{Name: "worker 0", CPULimit: 2, Machine: results.Machine{CPUs: 8}}, {Name: "worker 1", Machine: results.Machine{CPUs: 4}},
			{Name: "load 0", Machine: results.Machine{CPUs: 4}}}
	}
	s := scalingsOf(plan, 8, rows)[0]
	if x := s.Steps[1]; s.Limit != LimitWorkers || s.Hosts != 2 || x.WorkersCPU == nil || *x.WorkersCPU < .96 || *x.WorkersCPU > .97 || x.MachineCPU != nil {
		t.Errorf("%+v", s)
	}
}
