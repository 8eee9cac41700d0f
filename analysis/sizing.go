package analysis

import (
	"cmp"
	"slices"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/sizing"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Sizing is what was measured of an arm for an estimate of how many workers it takes, and how right such an estimate is
// at the loads that were measured. Times are in seconds.
type Sizing struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Processes and Concurrency are what it was measured with: so many slots a process.
	Processes   int `json:"processes"`
	Concurrency int `json:"concurrency"`
	Trials      int `json:"trials"`
	// Hold is for how long a task takes a slot, Service for how long its own code runs, CV2 the squared coefficient of
	// variation of Hold: medians over trials.
	Hold    float64 `json:"hold_seconds"`
	Service float64 `json:"service_seconds"`
	CV2     float64 `json:"cv2"`
	// CPU is the workers' CPU time a task in the drain; 0 where it isn't measured.
	CPU float64 `json:"cpu_seconds"`
	// Unloaded are quantiles, at equal steps from the least to the largest, of the response time of tasks that found a slot.
	Unloaded []float64     `json:"unloaded_seconds"`
	Checks   []SizingCheck `json:"checks"`
}

// SizingCheck compares estimate and measurement at one load.
type SizingCheck struct {
	Phase string `json:"phase"`
	// Rate is in tasks per second, Utilization the share of the slots that it takes.
	Rate        float64 `json:"rate"`
	Utilization float64 `json:"utilization"`
	// Measured figures are medians over trials, Low and High the least and the largest p99 of a trial.
	MeasuredP50 float64 `json:"measured_p50_seconds"`
	MeasuredP99 float64 `json:"measured_p99_seconds"`
	Low         float64 `json:"low_p99_seconds"`
	High        float64 `json:"high_p99_seconds"`
	// Estimated figures are 0 where Problem says why there is none.
	EstimatedP50 float64 `json:"estimated_p50_seconds"`
	EstimatedP99 float64 `json:"estimated_p99_seconds"`
	Problem      string  `json:"problem,omitempty"`
	// Arrivals is the squared coefficient of variation of the times between arrivals, as the phase draws them.
	Arrivals float64 `json:"arrivals_cv2"`
}

// Profile is what an estimate is made of.
func (s Sizing) Profile() sizing.Profile {
	return sizing.Profile{Hold: s.Hold, CV2: s.CV2, Unloaded: s.Unloaded}
}

// sizeSteps is how many steps the quantiles of a response time have, leastFree how many tasks of a trial must have found
// a slot for them.
const (
	sizeSteps = 200
	leastFree = 50
)

// sized is what one trial gives.
type sized struct {
	hold, service, cv2, cpu float64
	unloaded                []float64
	p50, p99                map[string]float64
}

// sizable are the phases of a scenario at whose loads an estimate can be checked: at least two.
func sizable(sc suite.Scenario) []suite.Phase {
	var out []suite.Phase
	for _, p := range sc.Phases {
		if p.Producer == suite.Wire && (p.Arrivals == suite.Poisson || p.Arrivals == suite.Open) {
			out = append(out, p)
		}
	}
	if len(out) < 2 || sc.Chain || !evenLoad(sc, suite.Load) {
		return nil
	}
	return out
}

// size takes what a trial's tasks say, if all phases can be used.
func (s *scratch) size(m *measured, phases []suite.Phase) *sized {
	drain, ok := m.drained()
	swarm := slices.ContainsFunc(m.Phases, func(p results.Phase) bool { return p.OwnOf > 0 }) // no clock has all response times
	// As installed, a queue has numbers of processes and slots that aren't the scenario's.
	if m.Defaults || swarm || m.onMachines() > 1 || !ok || len(phases) == 0 || drain.Drained <= drain.Released || m.Processes*m.Concurrency == 0 {
		return nil
	}
	tasks := &s.tasks
	slots := m.Processes * m.Concurrency
	out := &sized{p50: map[string]float64{}, p99: map[string]float64{}}
	finished, drains := tasks.Outcome.Is(results.OutcomeFinished), tasks.Phase.Is(drain.Name)
	drained := 0
	s.values = s.values[:0]
	for i, started := range tasks.Started {
		if !finished[tasks.Outcome.Index[i]] {
			continue
		}
		s.values = append(s.values, seconds(started, tasks.Finished[i]))
		if drains[tasks.Phase.Index[i]] {
			drained++
		}
	}
	if drained == 0 {
		return nil
	}
	out.hold = float64(slots) * seconds(drain.Released, drain.Drained) / float64(drained)
	service := stats.MomentsOf(s.values)
	out.service, out.cv2 = service.Mean, service.SD*service.SD/(out.hold*out.hold)
	if u := drain.Workers; u.Measured {
		out.cpu = u.CPUSeconds / float64(drained)
	}
	lowest := slices.MinFunc(phases, func(a, b suite.Phase) int { return cmp.Compare(a.Rate, b.Rate) })
	s.pick(lowest.Name)
	free := sizing.Unloaded(s.stays, slots)
	if len(free) < leastFree {
		return nil
	}
	for i := range sizeSteps + 1 {
		out.unloaded = append(out.unloaded, stats.Quantile(free, float64(i)/sizeSteps))
	}
	if !m.resolvedIn(lowest.Name, out.unloaded[0]) {
		return nil
	}
	for _, p := range phases {
		s.pick(p.Name)
		s.values = s.values[:0]
		for _, t := range s.stays {
			s.values = append(s.values, t.Finished-t.Arrived)
		}
		if len(s.values) < minTail {
			return nil
		}
		slices.Sort(s.values)
		out.p50[p.Name], out.p99[p.Name] = stats.Quantile(s.values, 0.5), stats.Quantile(s.values, 0.99)
		if !m.resolvedIn(p.Name, out.p50[p.Name]) {
			return nil
		}
	}
	return out
}

// pick makes stays those of a phase's finished tasks.
func (s *scratch) pick(phase string) {
	tasks := &s.tasks
	finished, in := tasks.Outcome.Is(results.OutcomeFinished), tasks.Phase.Is(phase)
	s.stays = s.stays[:0]
	for i, k := range tasks.Phase.Index {
		if in[k] && finished[tasks.Outcome.Index[i]] {
			s.stays = append(s.stays, sizing.Task{Arrived: seconds(0, tasks.Intended[i]), Finished: seconds(0, tasks.Finished[i])})
		}
	}
}

// sizings gathers what trials give by cell.
type sizings map[suite.Key][]*sized

func (s sizings) add(m *measured) {
	// What keeps a trial out of its latencies or its throughput keeps it out of an estimate of both.
	if m.sized == nil || !valid(m.Trial, metric.Throughput) || !valid(m.Trial, metric.LatencyP50) || !valid(m.Trial, metric.LatencyP99) {
		return
	}
	key := suite.KeyOf(m.Scenario, m.Broker, m.Arm)
	s[key] = append(s[key], m.sized)
}

// list sums up each cell, in the plan's order.
func (s sizings) list(plan suite.Plan) []Sizing {
	out := []Sizing{}
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			for _, arm := range plan.Sides(sc, b) {
				if all := s[suite.KeyOf(sc.Name, b, arm.Name)]; len(all) > 0 {
					x := sizingOf(all, sc.For(b))
					x.Scenario, x.Broker, x.Arm = sc.Name, b, arm.Name
					out = append(out, x)
				}
			}
		}
	}
	return out
}

func sizingOf(all []*sized, sc suite.Scenario) Sizing {
	middle := func(of func(*sized) float64) float64 {
		var values []float64
		for _, x := range all {
			values = append(values, of(x))
		}
		return stats.Median(values)
	}
	out := Sizing{
		Processes: sc.Processes, Concurrency: sc.Concurrency, Trials: len(all), Checks: []SizingCheck{},
		Hold: middle(func(x *sized) float64 { return x.hold }), Service: middle(func(x *sized) float64 { return x.service }),
		CV2: middle(func(x *sized) float64 { return x.cv2 }), CPU: middle(func(x *sized) float64 { return x.cpu }),
	}
	for i := range sizeSteps + 1 {
		out.Unloaded = append(out.Unloaded, middle(func(x *sized) float64 { return x.unloaded[i] }))
	}
	for _, p := range sizable(sc) {
		c := SizingCheck{Phase: p.Name, Rate: float64(p.Rate),
			MeasuredP50: middle(func(x *sized) float64 { return x.p50[p.Name] }), MeasuredP99: middle(func(x *sized) float64 { return x.p99[p.Name] })}
		if p.Arrivals == suite.Poisson {
			c.Arrivals = 1
		}
		c.Low, c.High = all[0].p99[p.Name], all[0].p99[p.Name]
		for _, x := range all {
			c.Low, c.High = min(c.Low, x.p99[p.Name]), max(c.High, x.p99[p.Name])
		}
		slots, load := sc.Processes*sc.Concurrency, sizing.Arrivals{Rate: c.Rate, CV2: c.Arrivals}
		w, err := out.Profile().Wait(slots, load)
		c.Utilization = w.Utilization
		if err == nil {
			c.EstimatedP50, err = out.Profile().Response(0.5, slots, load)
		}
		if err == nil {
			c.EstimatedP99, err = out.Profile().Response(0.99, slots, load)
		}
		if err != nil {
			c.Problem = err.Error()
		}
		out.Checks = append(out.Checks, c)
	}
	return out
}
