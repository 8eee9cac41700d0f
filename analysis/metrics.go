package analysis

import (
	"slices"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// metric is one figure that a trial yields.
type metric struct {
	name, title, unit string
	higherIsBetter    bool
	// says continues a sentence after "A": with the ratio for %s, and "B" behind it. Where it is empty, the title serves.
	says string
	of   func(t *measured) (float64, bool)
}

// measured is a trial with its tasks.
type measured struct {
	results.Trial
	// latencies are end-to-end latencies in ms of the finished tasks of the open phase, ascending.
	latencies []float64
	// byKind has the same by kind of task, where metrics are made of it.
	byKind map[string][]float64
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
		{"throughput", "Throughput", "tasks/s", true, "drains %s times as many tasks per second as",
			func(t *measured) (float64, bool) {
				p, ok := t.drained()
				return float64(len(t.ends)) / seconds(p.Released, p.Drained), ok && len(t.ends) > 0 && p.Drained > p.Released
			}},
		{"latency_p50", "Median latency", "ms", false, "has %s times the median latency of",
			func(t *measured) (float64, bool) { return latency(t.latencies, 0.5, 1) }},
		{"latency_p99", "p99 latency", "ms", false, "has %s times the 99th percentile latency of",
			func(t *measured) (float64, bool) { return latency(t.latencies, 0.99, minTail) }},
		{"enqueue_client", "Enqueue rate, client", "tasks/s", true, "lets one caller of its own client enqueue %s times as fast as",
			func(t *measured) (float64, bool) { return t.enqueueRate(suite.Client) }},
		{"enqueue_wire", "Enqueue rate, wire", "tasks/s", true, "takes tasks in its format from the wire producer %s times as fast as",
			func(t *measured) (float64, bool) { return t.enqueueRate(suite.Wire) }},
		{"cpu_per_1000", "CPU per 1000 tasks", "s", false, "uses %s times the CPU per task of",
			func(t *measured) (float64, bool) {
				return t.cpuPer1000(func(p results.Phase) results.Usage { return p.Workers })
			}},
		{"broker_cpu_per_1000", "Broker CPU per 1000 tasks", "s", false, "costs the broker %s times the CPU per task of",
			func(t *measured) (float64, bool) {
				return t.cpuPer1000(func(p results.Phase) results.Usage { return p.BrokerUsage })
			}},
		{"pss", "Memory (PSS)", "MiB", false, "takes %s times the memory of",
			func(t *measured) (float64, bool) {
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

// kindTail is the least number of tasks of one kind that a 95th percentile is taken from.
const kindTail = 20

// metricsOf lists the metrics of a scenario: those of all, those of each kind of task, and what its own way of
// measuring yields. Those that a trial lacks are left out later.
func metricsOf(sc suite.Scenario) []metric {
	list := metrics()
	if ofKinds(sc) {
		for _, k := range sc.Kinds() {
			list = append(list,
				metric{"latency_p50:" + k.Kind, "Median latency (" + k.Kind + ")", "ms", false, "",
					func(t *measured) (float64, bool) { return latency(t.byKind[k.Kind], 0.5, 1) }},
				metric{"latency_p95:" + k.Kind, "p95 latency (" + k.Kind + ")", "ms", false, "",
					func(t *measured) (float64, bool) { return latency(t.byKind[k.Kind], 0.95, kindTail) }})
		}
	}
	if len(sc.Queues()) > 0 {
		for _, k := range sc.Kinds() {
			list = append(list,
				metric{suite.MetricPlace + ":" + k.Kind, "Mean place in the drain (" + k.Kind + ")", "%", false, "",
					func(t *measured) (float64, bool) { v, ok := t.places[k.Kind]; return v, ok }},
				metric{suite.MetricGap + ":" + k.Kind, "Longest time without one done (" + k.Kind + ")", "s", false, "",
					func(t *measured) (float64, bool) { v, ok := t.gaps[k.Kind]; return v, ok }})
		}
	}
	for _, v := range suite.Values() {
		list = append(list, metric{v.Name, v.Title, v.Unit, v.HigherIsBetter, "",
			func(t *measured) (float64, bool) { x, ok := t.Values[v.Name]; return x, ok }})
	}
	return list
}

// ofKinds tells whether a scenario has metrics of each kind of task.
func ofKinds(sc suite.Scenario) bool { return len(sc.Kinds()) > 1 && !sc.Chain }

// told lists the metrics that trials tell and no comparison is made of.
func told() []metric {
	return []metric{
		{suite.MetricLatencyMean, "Mean latency", "ms", false, "",
			func(t *measured) (float64, bool) { return stat.Mean(t.latencies, nil), len(t.latencies) > 0 }},
		{suite.MetricLatencyP95, "p95 latency", "ms", false, "",
			func(t *measured) (float64, bool) { return latency(t.latencies, 0.95, kindTail) }},
		{suite.MetricCPUShare, "CPU of a worker process while draining", "%", true, "",
			func(t *measured) (float64, bool) {
				p, ok := t.drained()
				u := p.Workers
				return 100 * u.CPUSeconds / u.WallSeconds / float64(t.Processes), ok && u.Measured && t.Processes > 0
			}},
		{suite.MetricFailedShare, "Failed tasks", "%", false, "",
			func(t *measured) (float64, bool) { return 100 * float64(t.Failed) / float64(t.Sent), t.Sent > 0 }},
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
	if p, ok := t.phase(suite.Wire, suite.Backlog); ok {
		return p, true
	}
	return t.phase(suite.Client, suite.Backlog)
}

// latency is a quantile of latencies, of type 7 (see quantile), if there are at least so many tasks.
func latency(sorted []float64, q float64, atLeast int) (float64, bool) {
	if len(sorted) < atLeast {
		return 0, false
	}
	return quantile(sorted, q), true
}

func (t *measured) enqueueRate(producer string) (float64, bool) {
	p, ok := t.phase(producer, suite.Backlog)
	return float64(p.Count) / seconds(p.EnqueueBegan, p.EnqueueEnded), ok && p.EnqueueEnded > p.EnqueueBegan
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
		if v, ok := x.of(m); ok && finite(v) {
			out[x.name] = v
		}
	}
	return out
}
