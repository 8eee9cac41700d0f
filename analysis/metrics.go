package analysis

import (
	"slices"
	"sort"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// figure is a metric of a scenario, with how it is computed from a trial.
type figure struct {
	metric.Metric
	of func(t *measured) (float64, bool)
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
	// pacedTasks is how many tasks of that phase finished, of chains how many chains. The workers' CPU time went to all of them, also to those
	// without a latency.
	pacedTasks int
	// spared is what is left of the latencies without what may be the noise of the machine, nil where there was none.
	spared *spared
	// services are the service times in ms of the finished tasks of the open phase, ascending, where the task is the user's own, and
	// sparedServices is to them what spared is to latencies.
	services       []float64
	sparedServices *spared
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
	// failed are the rates that decided a search, nil where there was none.
	failed []failedRate
}

// onMachines is how many other machines ran workers. Processes is of one of them.
func (m *measured) onMachines() int {
	n := 0
	for _, h := range m.Hosts {
		if h.RunsWorkers() {
			n++
		}
	}
	return n
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

// paced is the phase with one of the arrivals whose latencies count: the wire producer's, or the client's where there is no other.
func (t *measured) paced(arrivals ...string) (results.Phase, bool) {
	if p, ok := t.phase(suite.Wire, arrivals...); ok {
		return p, true
	}
	return t.phase(suite.Client, arrivals...)
}

// latency is a quantile of latencies, of type 7 (see quantile), if there are at least so many tasks.
func latency(sorted []float64, q float64, atLeast int) (float64, bool) {
	if len(sorted) < atLeast {
		return 0, false
	}
	return stats.Quantile(sorted, q), true
}

// latenciesOf are those of one kind of task, or of all.
func (t *measured) latenciesOf(kind string) []float64 {
	if kind == "" {
		return t.latencies
	}
	return t.byKind[kind]
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

func seconds(from, to int64) float64 { return float64(to-from) / 1e9 }

// values are the metrics of a trial by name; one that did not run has none.
func (m *measured) values(list []figure) map[string]float64 {
	out := map[string]float64{}
	if !m.Done() {
		return out
	}
	for _, x := range list {
		if v, ok := x.of(m); ok && stats.IsFinite(v) {
			out[x.Name] = v
		}
	}
	return out
}

// brackets are those of a trial's values that noise can have changed.
func (m *measured) brackets(list []figure, values map[string]float64) map[string]Bracket {
	out := map[string]Bracket{}
	for _, x := range list {
		v, ok := values[x.Name]
		if !ok || x.bracket == nil {
			continue
		}
		if b := x.bracket(m, v); stats.IsFinite(b.Low) && stats.IsFinite(b.High) && b.Low <= v && v <= b.High && b.Low < b.High {
			out[x.Name] = b
		}
	}
	return out
}
