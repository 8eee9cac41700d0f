// Package madeup writes output folders of any size for tests and benchmarks of their readers: plans and histories in the form of real
// trials, with random instead of measured times.
package madeup

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Folder describes an output folder: each contender in each scenario on each broker, once per block.
type Folder struct {
	// Scenarios are names of the suite's.
	Scenarios, Brokers, Contenders []string
	Blocks                         int
	// Tasks is each trial's number of tasks over all its phases, in its scenario's proportions.
	Tasks int
	// Scale makes the plan the suite's at that scale, and phases of its numbers of tasks and its times: Tasks doesn't count then. 0 is for Tasks.
	Scale float64
	Seed  uint64
	// Growth makes the plan grow; nil for a fixed number of blocks.
	Growth *suite.Growth
	// Side describes a contender on a broker; nil makes each further one faster than the first by a quarter of its speed.
	Side func(contender, broker string) Side
	// Offered is as in suite.Options.
	Offered func(contender, broker string, s suite.Scenario) (why string, err error)
}

// Side describes a contender on a broker.
type Side struct {
	// Drain is how many times as fast as the usual first side it drains a backlog, Wait how many times as long its tasks wait in phases
	// with a schedule. 0 means 1.
	Drain, Wait float64
	// Delivery is its guarantee, by default at least once, and Caveat a note on it.
	Delivery, Caveat string
	// Framework and Version are as in results.Setup, by default the contender's name and 1.
	Framework, Version string
}

// side is an arm's side.
func (f Folder) side(plan suite.Plan, arm, broker string) Side {
	s := Side{Drain: 1 + float64(slices.IndexFunc(plan.Arms, func(a suite.Arm) bool { return a.Name == arm }))/4}
	if f.Side != nil {
		contender, _ := plan.Contender(arm)
		s = f.Side(contender, broker)
	}
	s.Drain, s.Wait = cmp.Or(s.Drain, 1), cmp.Or(s.Wait, 1)
	s.Delivery = cmp.Or(s.Delivery, results.AtLeastOnce)
	return s
}

// The usual sides.
const (
	Baseline  = "celery/prefork"
	Candidate = "asynctasq/async"
)

// Basic is a folder of the basic scenario on one broker: two trials per block.
func Basic(blocks, tasks int) Folder {
	return Folder{Scenarios: []string{"throughput"}, Brokers: []string{"redis"}, Contenders: []string{Baseline, Candidate},
		Blocks: blocks, Tasks: tasks, Seed: 1}
}

// Write writes the folder. The same Folder gives the same bytes.
func (f Folder) Write(out string) error {
	plan, err := f.Plan()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(results.TrialDir(out, 1), 0o755); err != nil {
		return fmt.Errorf("make up a run: %w", err)
	}
	if err := errors.Join(suite.WritePlan(out, plan), results.WriteRun(out, f.runOf(plan))); err != nil {
		return err
	}
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for _, t := range plan.Trials {
		g.Go(func() error { return f.trial(out, plan, t) })
	}
	return g.Wait()
}

// Plan is the plan of the folder.
func (f Folder) Plan() (suite.Plan, error) {
	all, err := suite.Builtin()
	if err != nil {
		return suite.Plan{}, err
	}
	var chosen []suite.Scenario
	for _, name := range f.Scenarios {
		i := slices.IndexFunc(all, func(s suite.Scenario) bool { return s.Name == name })
		if i < 0 {
			return suite.Plan{}, fmt.Errorf("make up a run: there is no scenario %s", name)
		}
		chosen = append(chosen, all[i])
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: chosen, Brokers: f.Brokers, Contenders: f.Contenders, Blocks: f.Blocks, Scale: cmp.Or(f.Scale, 1), Seed: f.Seed,
		Growth: f.Growth, Offered: f.Offered})
	if err != nil {
		return suite.Plan{}, err
	}
	for i := range plan.Scenarios {
		if f.Scale == 0 {
			share(plan.Scenarios[i].Phases, f.Tasks)
		}
	}
	return plan, nil
}

// share distributes this many tasks over the phases, the last one taking the rounding, alike on all brokers. Phases that last a time have
// no number of tasks.
func share(phases []suite.Phase, tasks int) []int {
	had := 0
	for _, p := range phases {
		had += weight(p)
	}
	out, left := make([]int, len(phases)), tasks
	for i := range phases {
		p := &phases[i]
		out[i] = max(1, weight(*p)*tasks/had)
		if i == len(phases)-1 {
			out[i] = max(1, left)
		}
		left -= out[i]
		p.On = nil
		if p.Arrivals != suite.Sustained {
			p.Tasks = out[i]
		}
	}
	return out
}

// counts are the numbers of tasks of the phases.
func (f Folder) counts(phases []suite.Phase) []int {
	if f.Scale == 0 {
		return share(phases, f.Tasks)
	}
	var out []int
	for _, p := range phases {
		out = append(out, weight(p))
	}
	return out
}

// weight is a phase's number of tasks, or an estimate of it.
func weight(p suite.Phase) int {
	if p.Arrivals == suite.Sustained {
		return int(1000 * time.Duration(p.Lasts).Seconds())
	}
	return p.Tasks
}

// runOf is a run.json of that plan.
func (f Folder) runOf(plan suite.Plan) results.Run {
	r := results.Run{ID: "made-up", Command: []string{"tqbench", "run"}, Seed: plan.Seed,
		Machine: results.Machine{OS: "linux", Arch: "amd64", CPU: "none: made up", CPUs: 2}}
	for _, b := range plan.Brokers {
		r.Brokers = append(r.Brokers, results.Broker{Name: b, Product: b, Version: "1"})
		for _, sc := range plan.Scenarios {
			for _, a := range plan.Sides(sc, b) {
				side := f.side(plan, a.Name, b)
				r.Contenders = append(r.Contenders, results.Setup{Arm: a.Name, Contender: a.Contender, Broker: b, Scenario: sc.Name,
					Framework: cmp.Or(side.Framework, a.Contender), Version: cmp.Or(side.Version, "1"), Delivery: side.Delivery, Caveat: side.Caveat, Guarantee: "made up", Command: []string{a.Contender}, Instances: sc.Processes,
					Settings: []results.Setting{{Name: "concurrency", Value: fmt.Sprint(sc.Concurrency), Why: "made up"}}})
			}
		}
	}
	return r
}

// trial draws and writes one trial.
func (f Folder) trial(out string, plan suite.Plan, t suite.Trial) error {
	sc, _ := plan.Scenario(t.Scenario)
	contender, _ := plan.Contender(t.Arm)
	h := newHistory(rand.New(rand.NewPCG(t.Seed, uint64(t.ID))), sc.For(t.Broker), f.side(plan, t.Arm, t.Broker))
	if h.planned = f.Scale != 0; h.planned {
		h.steps = sc.Steps()
	}
	phases := slices.Clone(sc.For(t.Broker).Phases)
	for i, n := range f.counts(phases) {
		h.phase(phases[i], n)
	}
	n := int64(len(h.rows))
	tr := results.Trial{
		ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Contender: contender, Arm: t.Arm,
		Processes: sc.Processes, Concurrency: sc.Concurrency, Counts: results.Counts{Sent: n, Finished: n}, Phases: h.phases,
		Startup: results.Startup{BrokerSeconds: 0.2, WorkerSeconds: 1.5, StopSeconds: 0.3},
		Warmup:  results.Warmup{Tasks: 5000, Seconds: 2, Steady: true}, Harness: results.HarnessCost{CPUShare: 0.03, PSSMiB: 20}, WallSeconds: 10,
	}
	dir := results.TrialDir(out, t.ID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make up a trial: %w", err)
	}
	return errors.Join(results.WriteTasks(dir, h.rows), results.WriteSeries(dir, h.series), results.WriteTrial(dir, tr))
}
