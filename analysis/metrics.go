package analysis

import (
	"slices"
	"sort"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// metric is one figure that a trial yields.
type metric struct {
	name, title, unit string
	higherIsBetter    bool
	// says continues a sentence after "A": with the ratio for %s, and "B" behind it. Where it is empty, the title serves.
	says string
	of   func(t *measured) (float64, bool)
	// bracket is where the value may lie that the trial would have had on a machine that had all of its CPU time for it; nil
	// for what lost CPU time doesn't change.
	bracket func(t *measured, v float64) Bracket
}

// measured is a trial with its tasks.
type measured struct {
	results.Trial
	// latencies are end-to-end latencies in ms of the finished tasks of the open phase, ascending.
	latencies []float64
	// byKind has the same by kind of task, where metrics are made of it.
	byKind map[string][]float64
	// spared is what is left of the latencies without what may be the noise of the machine, nil where there was none.
	spared *spared
	// places and gaps are the mean place of each kind's tasks in the order in which a backlog was done, in percent, and the
	// longest time in seconds for which some waited and none was done, where kinds wait in queues of their own.
	places, gaps map[string]float64
	// rates are the completions per second in windows of the drain, each of so many seconds, and medians the median
	// latencies of the open phase in order of arrival. They are there where tasks suffice.
	rates   []float64
	window  float64
	medians []float64
	// sized is what the trial says of how many workers it takes, where its scenario asks for that.
	sized *sized
	// ends are the times in seconds after their release at which the backlog's tasks ended, ascending.
	ends []float64
	// held is what the broker held over time in the open phase and in the drain, nil where it isn't known.
	held [2]*depths
}

// minTail is the least number of tasks that a 99th percentile is taken from: of fewer it would be the maximum.
const minTail = 100

// metrics lists the metrics in the order in which reports show them.
func metrics() []metric {
	return []metric{
		{name: suite.MetricThroughput, title: "Throughput", unit: "tasks/s", higherIsBetter: true, says: "drains %s times as many tasks per second as",
			of: (*measured).throughput, bracket: func(t *measured, v float64) Bracket { p, _ := t.drained(); return rateBracket(v, noiseOf(p)) }},
		{name: suite.MetricLatencyP50, title: "Median latency", unit: "ms", says: "has %s times the median latency of",
			of:      func(t *measured) (float64, bool) { return latency(t.latencies, 0.5, 1) },
			bracket: func(t *measured, v float64) Bracket { return t.spared.bracket("", 0.5, v) }},
		{name: suite.MetricLatencyP99, title: "p99 latency", unit: "ms", says: "has %s times the 99th percentile latency of",
			of:      func(t *measured) (float64, bool) { return latency(t.latencies, 0.99, minTail) },
			bracket: func(t *measured, v float64) Bracket { return t.spared.bracket("", 0.99, v) }},
		enqueueRate("enqueue_client", "Enqueue rate, client", suite.Client, "lets one caller of its own client enqueue %s times as fast as"),
		enqueueRate("enqueue_wire", "Enqueue rate, wire", suite.Wire, "takes tasks in its format from the wire producer %s times as fast as"),
		{name: "cpu_per_1000", title: "CPU per 1000 tasks", unit: "s", says: "uses %s times the CPU per task of",
			of: func(t *measured) (float64, bool) {
				return t.cpuPer1000(func(p results.Phase) results.Usage { return p.Workers })
			}},
		{name: "broker_cpu_per_1000", title: "Broker CPU per 1000 tasks", unit: "s", says: "costs the broker %s times the CPU per task of",
			of: func(t *measured) (float64, bool) {
				return t.cpuPer1000(func(p results.Phase) results.Usage { return p.BrokerUsage })
			}},
		{name: "pss", title: "Memory (PSS)", unit: "MiB", says: "takes %s times the memory of",
			of: func(t *measured) (float64, bool) {
				most := 0.0
				for _, p := range t.Phases {
					if p.Workers.Measured {
						most = max(most, p.Workers.PSSMiB)
					}
				}
				return most, most > 0
			}},
	}
}

// enqueueRate is the metric of what a producer enqueues a backlog at.
func enqueueRate(name, title, producer, says string) metric {
	return metric{name: name, title: title, unit: "tasks/s", higherIsBetter: true, says: says,
		of: func(t *measured) (float64, bool) {
			p, ok := t.enqueued(producer)
			n := p.Count
			if p.Arrivals == suite.Sustained {
				n = p.Depth // that is sent at once, before the workers are let go
			}
			return float64(n) / seconds(p.EnqueueBegan, p.EnqueueEnded), ok && p.EnqueueEnded > p.EnqueueBegan
		},
		bracket: func(t *measured, v float64) Bracket {
			p, _ := t.enqueued(producer)
			return rateBracket(v, t.noise(p.EnqueueStill))
		}}
}

// kindTail is the least number of tasks of one kind that a 95th percentile is taken from.
const kindTail = 20

// metricsOf lists the metrics of a scenario: those of all, those of each kind of task, and what its own way of
// measuring yields. Those that a trial lacks are left out later.
func metricsOf(sc suite.Scenario) []metric {
	list := metrics()
	if ofKinds(sc) {
		for _, k := range sc.Kinds() {
			list = append(list,
				metric{name: "latency_p50:" + k.Kind, title: "Median latency (" + k.Kind + ")", unit: "ms",
					of:      func(t *measured) (float64, bool) { return latency(t.byKind[k.Kind], 0.5, 1) },
					bracket: func(t *measured, v float64) Bracket { return t.spared.bracket(k.Kind, 0.5, v) }},
				metric{name: "latency_p95:" + k.Kind, title: "p95 latency (" + k.Kind + ")", unit: "ms",
					of:      func(t *measured) (float64, bool) { return latency(t.byKind[k.Kind], 0.95, kindTail) },
					bracket: func(t *measured, v float64) Bracket { return t.spared.bracket(k.Kind, 0.95, v) }})
		}
	}
	if len(sc.Queues()) > 0 {
		for _, k := range sc.Kinds() {
			list = append(list,
				metric{name: suite.MetricPlace + ":" + k.Kind, title: "Mean place in the drain (" + k.Kind + ")", unit: "%",
					of: func(t *measured) (float64, bool) { v, ok := t.places[k.Kind]; return v, ok }},
				metric{name: suite.MetricGap + ":" + k.Kind, title: "Longest time without one done (" + k.Kind + ")", unit: "s",
					of:      func(t *measured) (float64, bool) { v, ok := t.gaps[k.Kind]; return v, ok },
					bracket: func(t *measured, v float64) Bracket { p, _ := t.drained(); return spanBracket(v, noiseOf(p)) }})
		}
	}
	for _, v := range suite.Values() {
		list = append(list, metric{name: v.Name, title: v.Title, unit: v.Unit, higherIsBetter: v.HigherIsBetter,
			of: func(t *measured) (float64, bool) { x, ok := t.Values[v.Name]; return x, ok }, bracket: valueBracket(v)})
	}
	return list
}

// ofKinds tells whether a scenario has metrics of each kind of task.
func ofKinds(sc suite.Scenario) bool { return len(sc.Kinds()) > 1 && !sc.Chain }

// uncompared lists the metrics that reports show and that no comparison is made of.
func uncompared() []metric {
	return []metric{
		{name: suite.MetricLatencyMean, title: "Mean latency", unit: "ms",
			of: func(t *measured) (float64, bool) { return stat.Mean(t.latencies, nil), len(t.latencies) > 0 }},
		{name: suite.MetricLatencyP95, title: "p95 latency", unit: "ms",
			of: func(t *measured) (float64, bool) { return latency(t.latencies, 0.95, kindTail) }},
		{name: suite.MetricCPUShare, title: "CPU of a worker process while draining", unit: "%", higherIsBetter: true,
			of: func(t *measured) (float64, bool) {
				p, ok := t.drained()
				u := p.Workers
				return 100 * u.CPUSeconds / u.WallSeconds / float64(t.Processes), ok && u.Measured && t.Processes > 0
			}},
		{name: suite.MetricFailedShare, title: "Failed tasks", unit: "%",
			of: func(t *measured) (float64, bool) { return 100 * float64(t.Failed) / float64(t.Sent), t.Sent > 0 }},
	}
}

// phase is the first phase of that producer with one of the arrivals.
func (t *measured) phase(producer string, arrivals ...string) (results.Phase, bool) {
	for _, p := range t.Phases {
		if p.Producer == producer && slices.Contains(arrivals, p.Arrivals) {
			return p, true
		}
	}
	return results.Phase{}, false
}

// drained is the backlog whose drain is measured: the wire producer's, or the client's where there is no other.
func (t *measured) drained() (results.Phase, bool) {
	if p, ok := t.phase(suite.Wire, suite.Backlog, suite.Sustained); ok {
		return p, true
	}
	return t.phase(suite.Client, suite.Backlog)
}

// latency is a quantile of latencies, of type 7 (see quantile), if there are at least so many tasks.
func latency(sorted []float64, q float64, atLeast int) (float64, bool) {
	if len(sorted) < atLeast {
		return 0, false
	}
	return stats.Quantile(sorted, q), true
}

// enqueued is the backlog that a producer queued.
func (t *measured) enqueued(producer string) (results.Phase, bool) {
	return t.phase(producer, suite.Backlog, suite.Sustained)
}

// throughput is the completions per second of the steady part of a sustained backlog, or of a whole backlog.
func (t *measured) throughput() (float64, bool) {
	p, ok := t.drained()
	if !ok || len(t.ends) == 0 {
		return 0, false
	}
	if p.SteadyTo > p.SteadyFrom {
		return float64(len(t.steadyEnds(p))) / steadySeconds(p), true
	}
	return float64(len(t.ends)) / seconds(p.Released, p.Drained), p.Drained > p.Released
}

// steadySeconds is how long the steady part is.
func steadySeconds(p results.Phase) float64 {
	sum := 0.0
	for _, s := range p.SteadyTurns() {
		sum += seconds(s.From, s.To)
	}
	return sum
}

// steadyEnds are the times in seconds at which tasks ended in the steady part of a sustained backlog, counted from its beginning
// and without the time between turns.
func (t *measured) steadyEnds(p results.Phase) []float64 {
	// Completions at the very end belong to the window, those at its begin don't.
	after := func(ns int64) int {
		at := seconds(p.Released, ns)
		return sort.Search(len(t.ends), func(i int) bool { return t.ends[i] > at })
	}
	var out []float64
	gone := 0.0
	for _, s := range p.SteadyTurns() {
		from := seconds(p.Released, s.From)
		for _, at := range t.ends[after(s.From):max(after(s.From), after(s.To))] {
			out = append(out, gone+at-from)
		}
		gone += seconds(s.From, s.To)
	}
	return out
}

func (t *measured) cpuPer1000(usage func(results.Phase) results.Usage) (float64, bool) {
	p, ok := t.drained()
	u := usage(p)
	return u.CPUSeconds / float64(len(t.ends)) * 1000, ok && u.Measured && u.CPUSeconds > 0 && len(t.ends) > 0
}

func seconds(from, to int64) float64 { return float64(to-from) / 1e9 }

// values are the metrics of a trial by name; one that did not run has none.
func (m *measured) values(list []metric) map[string]float64 {
	out := map[string]float64{}
	if !m.Done() {
		return out
	}
	for _, x := range list {
		if v, ok := x.of(m); ok && stats.IsFinite(v) {
			out[x.name] = v
		}
	}
	return out
}

// brackets are those of a trial's values that noise can have changed.
func (m *measured) brackets(list []metric, values map[string]float64) map[string]Bracket {
	out := map[string]Bracket{}
	for _, x := range list {
		v, ok := values[x.name]
		if !ok || x.bracket == nil {
			continue
		}
		if b := x.bracket(m, v); stats.IsFinite(b.Low) && stats.IsFinite(b.High) && b.Low <= v && v <= b.High && b.Low < b.High {
			out[x.name] = b
		}
	}
	return out
}
