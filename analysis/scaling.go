package analysis

import (
	"slices"

	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

const (
	// ScalingShare is the share of linear growth above which a step's gain must surely be: from 1 to 2 workers, 1.2 times the throughput.
	ScalingShare = 0.2
	// full is the share of the CPU time that a part may use from which on it is taken to be the limit.
	full = 0.9
)

// What is known of a knee.
const (
	// KneeFound: throughput surely grows up to it, and surely doesn't on the next step.
	KneeFound = "found"
	// KneeOpen: throughput surely grows up to it, and may or may not grow on the next step.
	KneeOpen = "open"
	// KneeBeyond: throughput surely grows on the last step.
	KneeBeyond = "beyond"
	// KneeUnknown: fewer than stats.MinBlocks blocks have a rate on two steps.
	KneeUnknown = "unknown"
)

// What limits throughput beyond a knee.
const (
	LimitBroker  = "broker"
	LimitWorkers = "workers"
	LimitLoad    = "load"
	// LimitMachine: workers, broker and load together use the CPUs of the one machine that they share.
	LimitMachine = "machine"
	LimitUnsure  = "not sure"
)

// Scaling is how an arm's throughput grows with its workers on a broker, in a scenario that doubles them.
type Scaling struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Hosts is how many machines the workers were spread over; 0 is the one that also had the broker and the load.
	Hosts int           `json:"hosts"`
	Steps []ScalingStep `json:"steps"`
	// Knee is one of the Knee constants, and Workers the number of workers at the knee: the last step to which throughput surely grew by more
	// than Share of linear growth, or the first step. It is 0 if the knee is unknown.
	Knee    string  `json:"knee"`
	Workers int     `json:"workers"`
	Share   float64 `json:"share"`
	// Grade is GradeSure if the knee is the same whatever the noise of the machine did, and GradeHere otherwise. It is empty of an unknown one.
	Grade string `json:"grade,omitempty"`
	// Limit is one of the Limit constants: what was full on the step after the knee. It is empty unless there is such a step.
	Limit string `json:"limit,omitempty"`
}

// ScalingStep is one number of workers.
type ScalingStep struct {
	Workers    int      `json:"workers"`
	Throughput Estimate `json:"throughput"`
	// P99 is the latency in ms at the same arrival rate on each step.
	P99 Estimate `json:"latency_p99"`
	// Gain is the throughput over that of the step before, by block, and Bracketed the same at both ends of each block's bracket. They are nil
	// of the first step, and if fewer than two blocks have both.
	Gain      *stats.Interval `json:"gain,omitempty"`
	Bracketed *stats.Interval `json:"bracketed,omitempty"`
	Blocks    int             `json:"blocks"`
	// BrokerCPU, WorkersCPU, LoadCPU and MachineCPU are the shares of the CPU time that each may use, of 1, in the drain: medians over trials.
	// They are nil if that isn't known. Redis runs commands on one CPU; others may use the broker's machine.
	BrokerCPU  *float64 `json:"broker_cpu,omitempty"`
	WorkersCPU *float64 `json:"workers_cpu,omitempty"`
	LoadCPU    *float64 `json:"load_cpu,omitempty"`
	MachineCPU *float64 `json:"machine_cpu,omitempty"`
	// Starved is in how many of the step's Trials the backlog ran low, as the load didn't keep up with the workers.
	Starved int `json:"starved"`
	Trials  int `json:"trials"`
	// disturbed is during how many of the blocks other programs ran.
	disturbed int
}

// scalingsOf follows the throughput of each arm in each scenario that doubles its workers.
func scalingsOf(plan suite.Plan, cpus int, rows []TrialRow) []Scaling {
	out := []Scaling{}
	at, seen := byPlace(rows), map[string]bool{}
	for _, first := range plan.Scenarios {
		if !first.Doubling || seen[first.Of] {
			continue
		}
		seen[first.Of] = true
		for _, b := range plan.Brokers {
			for _, arm := range plan.Sides(first, b) {
				s := Scaling{Scenario: first.Of, Broker: b, Arm: arm.Name, Share: ScalingShare}
				if plan.Hosts != nil {
					s.Hosts = plan.Hosts.Workers
				}
				var before map[int]sided
				for _, sc := range plan.Scenarios {
					if sc.Of != first.Of {
						continue
					}
					there := slices.DeleteFunc(slices.Clone(at[suite.At(sc.Name, b)]), func(r TrialRow) bool { return r.Arm != arm.Name })
					rates := sidedBy(there, metric.Throughput)
					s.Steps = append(s.Steps, stepOf(sc, b, arm, there, plan, cpus).after(before, rates, plan.Blocks))
					before = rates
				}
				if slices.ContainsFunc(s.Steps, func(x ScalingStep) bool { return x.Trials > 0 }) {
					s.find()
					out = append(out, s)
				}
			}
		}
	}
	return out
}

// sidedBy are the valid values of trials with their brackets, by block.
func sidedBy(rows []TrialRow, name string) map[int]sided {
	out := map[int]sided{}
	for _, r := range rows {
		if _, ok := r.Metrics[name]; ok && valid(r.Trial, name) {
			out[r.Block] = r.sided(name)
		}
	}
	return out
}

// stepOf is a step by itself.
func stepOf(sc suite.Scenario, onBroker string, arm suite.Arm, rows []TrialRow, plan suite.Plan, cpus int) ScalingStep {
	s := ScalingStep{Workers: sc.Processes}
	of := func(name string) Estimate { return armOf(rows, sc.Name, onBroker, arm, name).estimate(plan.Blocks) }
	s.Throughput, s.P99 = of(metric.Throughput), of(metric.LatencyP99)
	shares := map[**float64][]float64{}
	for _, r := range rows {
		if !r.Done() {
			continue
		}
		s.Trials++
		if slices.ContainsFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagProducerBound }) {
			s.Starved++
		}
		drain, ok := (&measured{Trial: r.Trial}).drained()
		if !ok {
			continue
		}
		note := func(at **float64, used, of float64) {
			if used >= 0 && of > 0 {
				shares[at] = append(shares[at], used/of)
			}
		}
		broker, workers, load := cpusOf(drain.BrokerUsage), cpusOf(drain.Workers), cpusOf(drain.HarnessUsage)
		if said := drain.ServerCPUSeconds; broker < 0 && said > 0 && drain.BrokerUsage.WallSeconds > 0 && ofOneCPU(onBroker) {
			note(&s.BrokerCPU, said/drain.BrokerUsage.WallSeconds, 1)
		}
		note(&s.BrokerCPU, broker, brokerCPUs(onBroker, cpus))
		if plan.Hosts != nil {
			note(&s.WorkersCPU, workers, workerCPUs(r.Hosts))
			continue
		}
		note(&s.WorkersCPU, workers, float64(cpus))
		note(&s.LoadCPU, load, float64(cpus))
		if broker >= 0 {
			note(&s.MachineCPU, broker+workers+load, float64(cpus))
		}
	}
	for at, values := range shares {
		m := stats.Median(values)
		*at = &m
	}
	return s
}

// cpusOf is how many CPUs were used on average, below 0 if that isn't known.
func cpusOf(u results.Usage) float64 {
	if !u.Measured || u.WallSeconds <= 0 {
		return -1
	}
	return u.CPUSeconds / u.WallSeconds
}

// brokerCPUs is how many of its machine's CPUs a broker may use.
func brokerCPUs(name string, cpus int) float64 {
	if ofOneCPU(name) {
		return 1
	}
	return float64(cpus)
}

// ofOneCPU reports whether a broker runs commands in one thread (https://redis.io/docs/latest/develop/get-started/faq/).
func ofOneCPU(name string) bool { return brokername.Family(name) == brokername.Redis }

// workerCPUs is how many CPUs workers may use on other machines.
func workerCPUs(hosts []results.Host) float64 {
	sum := 0.0
	for _, h := range hosts {
		switch {
		case !h.RunsWorkers():
		case h.CPULimit > 0:
			sum += h.CPULimit
		default:
			sum += float64(h.Machine.CPUs)
		}
	}
	return sum
}

// after is the step with its gain over the one before.
func (s ScalingStep) after(before, now map[int]sided, blocks int) ScalingStep {
	var gains stats.Blocks
	for n := 1; n <= blocks; n++ {
		x, ok := before[n]
		y, both := now[n]
		if !ok || !both {
			continue
		}
		if gain, ok := y.over(x); ok {
			gains = append(gains, gain)
			if x.disturbed || y.disturbed {
				s.disturbed++
			}
		}
	}
	if s.Blocks = len(gains); s.Blocks >= 2 {
		gain, bracketed := gains.Interval(stats.Confidence)
		s.Gain, s.Bracketed = &gain, &bracketed
	}
	return s
}

// grows tells whether a step's gain is surely above the share of linear growth from that number of workers (1), surely not (-1), or neither (0).
func (s ScalingStep) grows(from int, gain *stats.Interval) int {
	if gain == nil || s.Blocks < stats.MinBlocks || from <= 0 {
		return 0
	}
	switch linear := float64(s.Workers) / float64(from); {
	case gain.Low > 1+ScalingShare*(linear-1):
		return 1
	case gain.High < 1+ScalingShare*(linear-1):
		return -1
	}
	return 0
}

// find finds the knee and its limit.
func (s *Scaling) find() {
	at, knee := s.kneeBy(func(x ScalingStep) *stats.Interval { return x.Gain })
	if s.Knee = knee; knee == KneeUnknown {
		return
	}
	s.Workers, s.Grade = s.Steps[at].Workers, GradeHere
	crowded := slices.ContainsFunc(s.Steps, func(x ScalingStep) bool { return Crowded(x.disturbed, x.Blocks) })
	if i, k := s.kneeBy(func(x ScalingStep) *stats.Interval { return x.Bracketed }); i == at && k == knee && !crowded {
		s.Grade = GradeSure
	}
	if at+1 < len(s.Steps) {
		s.Limit = s.Steps[at+1].limit()
	}
}

// bound takes in why noise can't be known, if it can't: then the knee holds as measured here at most.
func (s *Scaling) bound(noiseUnknown string) {
	if noiseUnknown != "" && s.Grade == GradeSure {
		s.Grade = GradeHere
	}
}

// kneeBy is the knee's step by intervals of the gains, and what is known of it.
func (s *Scaling) kneeBy(gain func(ScalingStep) *stats.Interval) (at int, knee string) {
	known := false
	for i := 1; i < len(s.Steps); i++ {
		known = known || s.Steps[i].Blocks >= stats.MinBlocks
		if s.Steps[i].grows(s.Steps[i-1].Workers, gain(s.Steps[i])) > 0 {
			at = i
		}
	}
	switch next := at + 1; {
	case !known:
		return 0, KneeUnknown
	case next == len(s.Steps):
		return at, KneeBeyond
	case s.Steps[next].grows(s.Steps[at].Workers, gain(s.Steps[next])) < 0:
		return at, KneeFound
	}
	return at, KneeOpen
}

// limit is what was full on the step.
func (s ScalingStep) limit() string {
	if 2*s.Starved > s.Trials {
		return LimitLoad
	}
	is := func(share *float64) bool { return share != nil && *share >= full }
	switch broker, workers := is(s.BrokerCPU), is(s.WorkersCPU); {
	case broker && (workers || is(s.MachineCPU)):
		return LimitUnsure
	case broker:
		return LimitBroker
	case workers:
		return LimitWorkers
	case is(s.MachineCPU):
		return LimitMachine
	}
	return LimitUnsure
}
