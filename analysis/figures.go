package analysis

import (
	"slices"
	"strings"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The least numbers of tasks that a percentile is taken from: of fewer it would be the maximum.
const (
	minTail  = 100 // the 99th
	kindTail = 20  // the 95th
)

// computation is how a metric comes out of a trial. Its functions are given the kind of task, which is empty for the metric of
// all tasks.
type computation struct {
	of func(t *measured, kind string) (float64, bool)
	// bracket is as in figure.
	bracket func(t *measured, kind string, v float64) Bracket
}

// computations are how the metrics of the catalogue are computed, by their names, but for those that a scenario's own way of
// measuring yields: a trial has these as they are.
func computations() map[string]computation {
	return map[string]computation{
		metric.Throughput: {
			of:      func(t *measured, _ string) (float64, bool) { return t.throughput() },
			bracket: func(t *measured, _ string, v float64) Bracket { p, _ := t.drained(); return rateBracket(v, noiseOf(p)) },
		},
		metric.LatencyMean: {of: func(t *measured, kind string) (float64, bool) {
			v := stat.Mean(t.latenciesOf(kind), nil)
			return v, len(t.latenciesOf(kind)) > 0 && t.resolved(v)
		}},
		metric.LatencyP50:    latencyAt(0.5, 1),
		metric.LatencyP95:    latencyAt(0.95, kindTail),
		metric.LatencyP99:    latencyAt(0.99, minTail),
		metric.ServiceP50:    serviceAt(0.5, 1),
		metric.ServiceP95:    serviceAt(0.95, kindTail),
		metric.ServiceP99:    serviceAt(0.99, minTail),
		metric.EnqueueClient: enqueuedBy(suite.Client),
		metric.EnqueueWire:   enqueuedBy(suite.Wire),
		metric.CPU:           cpuPer1000(func(p results.Phase) results.Usage { return p.Workers }),
		metric.CPUPaced: {of: func(t *measured, _ string) (float64, bool) {
			p, ok := t.paced(suite.Open, suite.Poisson, suite.Trace)
			v, ok := per1000(p.Workers, t.pacedTasks, ok)
			return v * 1000, ok
		}},
		metric.BrokerCPU: cpuPer1000(func(p results.Phase) results.Usage { return p.BrokerUsage }),
		metric.CPUShare: {of: func(t *measured, _ string) (float64, bool) {
			p, ok := t.drained()
			u := p.Workers
			// As installed, a queue has a number of processes that isn't the scenario's.
			known := !t.Defaults && t.Processes > 0 && t.onMachines() <= 1
			return 100 * u.CPUSeconds / u.WallSeconds / float64(t.Processes), ok && u.Measured && known
		}},
		metric.PSS: {of: func(t *measured, _ string) (float64, bool) {
			most := 0.0
			for _, p := range t.Phases {
				if p.Workers.Measured {
					most = max(most, p.Workers.PSSMiB)
				}
			}
			return most, most > 0
		}},
		metric.FailedShare: {of: func(t *measured, _ string) (float64, bool) {
			return 100 * float64(t.Failed) / float64(t.Sent), t.Sent > 0
		}},
		metric.Place: {of: func(t *measured, kind string) (float64, bool) { v, ok := t.places[kind]; return v, ok }},
		metric.Gap: {
			of:      func(t *measured, kind string) (float64, bool) { v, ok := t.gaps[kind]; return v, ok },
			bracket: func(t *measured, _ string, v float64) Bracket { p, _ := t.drained(); return spanBracket(v, noiseOf(p)) },
		},
	}
}

// latencyAt is a quantile of latencies, if there are at least that many tasks.
func latencyAt(q float64, atLeast int) computation {
	return computation{
		of: func(t *measured, kind string) (float64, bool) {
			v, ok := latency(t.latenciesOf(kind), q, atLeast)
			return v, ok && t.resolved(v)
		},
		bracket: func(t *measured, kind string, v float64) Bracket {
			return t.spared.bracket(kind, q, v).widened(t.halfWidth())
		},
	}
}

// serviceAt is a quantile of service times, if there are at least that many tasks. Both ends of each are of one clock.
func serviceAt(q float64, atLeast int) computation {
	return computation{
		of: func(t *measured, _ string) (float64, bool) { return latency(t.services, q, atLeast) },
		bracket: func(t *measured, _ string, v float64) Bracket {
			return t.sparedServices.bracket("", q, v)
		},
	}
}

// enqueuedBy is what a producer enqueues a backlog at.
func enqueuedBy(producer string) computation {
	return computation{
		of: func(t *measured, _ string) (float64, bool) {
			p, ok := t.enqueued(producer)
			n := p.Count
			if p.Arrivals == suite.Sustained {
				n = p.Depth // that is sent at once, before the workers are let go
			}
			return float64(n) / seconds(p.EnqueueBegan, p.EnqueueEnded), ok && p.EnqueueEnded > p.EnqueueBegan
		},
		bracket: func(t *measured, _ string, v float64) Bracket {
			p, _ := t.enqueued(producer)
			return rateBracket(v, t.noise(p.EnqueueStill))
		},
	}
}

// cpuPer1000 is the CPU time of some processes while a backlog is drained, over the tasks that ended.
func cpuPer1000(usage func(results.Phase) results.Usage) computation {
	return computation{of: func(t *measured, _ string) (float64, bool) {
		p, ok := t.drained()
		return per1000(usage(p), len(t.ends), ok)
	}}
}

// per1000 is the CPU time for a thousand tasks of those that ended in a phase, if there was one.
func per1000(u results.Usage, ended int, phase bool) (float64, bool) {
	return u.CPUSeconds / float64(ended) * 1000, phase && u.Measured && u.CPUSeconds > 0 && ended > 0
}

// computed is a metric of all tasks, or of one kind of them.
func computed(m metric.Metric, c computation, kind string) figure {
	f := figure{Metric: m, of: func(t *measured) (float64, bool) { return c.of(t, kind) }}
	if c.bracket != nil && m.Decides() {
		f.bracket = func(t *measured, v float64) Bracket { return c.bracket(t, kind, v) }
	}
	if m.PerKind() {
		f.Metric = m.Of(kind)
	}
	return f
}

// recorded is a metric that a scenario's own way of measuring yields.
func recorded(m metric.Metric) figure {
	return figure{Metric: m, of: func(t *measured) (float64, bool) { x, ok := t.Values[m.Name]; return x, ok }, bracket: ownBracket(m)}
}

// figuresOf lists the metrics of a scenario by which sides are compared: those of all tasks, those of each kind of task, those of
// a user's own task, and what its own way of measuring yields. Those that a trial lacks are left out later.
func figuresOf(sc suite.Scenario) []figure {
	var list []figure
	how := computations()
	for _, m := range metric.In(metric.Trial) {
		list = append(list, computed(m, how[m.Name], ""))
	}
	ofKinds := sc.KindMetrics()
	for _, scope := range []metric.Scope{metric.Kind, metric.Queue} {
		for _, k := range sc.Kinds() {
			for _, m := range ofKinds {
				if m.Scope == scope {
					list = append(list, computed(m, how[m.Name], k.Kind))
				}
			}
		}
	}
	if sc.Own != nil {
		for _, m := range metric.In(metric.Task) {
			list = append(list, computed(m, how[m.Name], ""))
		}
	}
	for _, m := range metric.In(metric.Own) {
		list = append(list, recorded(m))
	}
	return list
}

// Compared lists the metrics of a scenario that sides may be compared by.
func Compared(sc suite.Scenario) []string {
	var out []string
	for _, f := range figuresOf(sc) {
		if f.Scope == metric.Trial && !loads(sc, f.Name) || f.Scope == metric.Own && !yields(sc, f.Name) {
			continue
		}
		out = append(out, f.Name)
	}
	return out
}

// loads reports whether the phases of a scenario yield a metric of all tasks. Other ways of measuring have phases that the scenario doesn't
// list.
func loads(sc suite.Scenario, name string) bool {
	if sc.Measure != "" && sc.Measure != suite.Load {
		return true
	}
	backlog := func(producers ...string) bool {
		return slices.ContainsFunc(sc.Phases, func(p suite.Phase) bool {
			return (p.Arrivals == suite.Backlog || p.Arrivals == suite.Sustained) && slices.Contains(producers, p.Producer)
		})
	}
	switch name {
	case metric.Throughput, metric.CPU, metric.BrokerCPU:
		return backlog(suite.Wire, suite.Client)
	case metric.EnqueueWire:
		return backlog(suite.Wire)
	case metric.EnqueueClient:
		return backlog(suite.Client)
	case metric.LatencyP50, metric.LatencyP99, metric.CPUPaced:
		return slices.ContainsFunc(sc.Phases, func(p suite.Phase) bool { return p.Arrivals != suite.Backlog && p.Arrivals != suite.Sustained })
	}
	return true
}

// yields reports whether a scenario's own way of measuring has a metric.
func yields(sc suite.Scenario, name string) bool {
	measured := func(by ...string) bool { return slices.Contains(by, sc.Measure) }
	switch name {
	case metric.Encode, metric.Decode, metric.Bytes:
		return measured(suite.Codec)
	case metric.EventShare, metric.EventRate, metric.EventP50, metric.EventP99:
		return sc.Events != "" && sc.Events != suite.EventsOff
	case metric.MaxRate:
		return measured(suite.Search, suite.Soak)
	case metric.MemoryGrowth, metric.LatencyDrift, metric.OpenFiles:
		return measured(suite.Soak)
	case metric.APIAdded, metric.ChargedTwice, metric.Declined:
		return sc.Service == suite.MockAPI
	case metric.StartFirst, metric.StartAll, metric.StartInterpreter, metric.StartImport, metric.StartConnect, metric.StartStop:
		return measured(suite.Start)
	case metric.Recovery, metric.Back, metric.Lost, metric.Twice, metric.Restarts, metric.BrokerBack, metric.Resent, metric.Fault:
		return measured(suite.Recovery)
	}
	return measured(suite.Web)
}

// shown lists the metrics that reports show and that no comparison is made of.
func shown() []figure {
	var list []figure
	how := computations()
	for _, m := range metric.In(metric.Shown) {
		list = append(list, computed(m, how[m.Name], ""))
	}
	return list
}

// figuresIn lists all metrics of a scenario. Whoever reads many of its trials makes the list once: for each, it would be a
// fifth of the work on a small trial.
func figuresIn(sc suite.Scenario) []figure { return append(figuresOf(sc), shown()...) }

// ofKinds tells whether a scenario has latencies of each kind of task.
func ofKinds(sc suite.Scenario) bool {
	return slices.ContainsFunc(sc.KindMetrics(), func(m metric.Metric) bool { return m.Scope == metric.Kind })
}

// ownBracket is how a figure of a scenario's own is bracketed, by what it is measured in; nil for counts, shares and CPU time. Such a
// figure belongs to no one phase: the share is that of the whole trial.
func ownBracket(m metric.Metric) func(*measured, float64) Bracket {
	switch {
	case m.Name == metric.MaxRate:
		return heldBracket
	case slices.Contains([]string{"s", "ms", "us"}, m.Unit) && m.Family != metric.FamilyCPU:
		return func(t *measured, x float64) Bracket { return spanBracket(x, t.noise(t.Still)) }
	case strings.HasSuffix(m.Unit, "/s"):
		return func(t *measured, x float64) Bracket { return rateBracket(x, t.noise(t.Still)) }
	}
	return nil
}
