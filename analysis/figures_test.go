package analysis

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// What the catalogue has is computed, and what is computed is in the catalogue.
func TestEachMetricHasItsComputation(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, m := range metric.All() {
		c, ok := computations()[m.Name]
		if ok == (m.Scope == metric.Own) {
			t.Errorf("%s: computed from a trial's tasks and phases: %v", m.Pattern(), ok)
		}
		if ok && c.of == nil {
			t.Errorf("%s has an empty computation", m.Pattern())
		}
		known[m.Name] = true
	}
	for name := range computations() {
		if !known[name] {
			t.Errorf("%s is computed, and the catalogue doesn't have it", name)
		}
	}
}

// A scenario has the figures of the catalogue, in its order, those of kinds by kind.
func TestAScenarioHasTheFiguresOfTheCatalogue(t *testing.T) {
	t.Parallel()
	names := func(list []figure) []string {
		var out []string
		for _, f := range list {
			out = append(out, f.Name)
			if m, ok := metric.Named(f.Name); !ok || m != f.Metric {
				t.Errorf("%+v is %+v in the catalogue", f.Metric, m)
			}
			if f.of == nil || f.Scope == metric.Shown && f.bracket != nil {
				t.Errorf("%s has no value, or a bracket that no comparison takes", f.Name)
			}
		}
		return out
	}
	plain, own := metric.Names(metric.In(metric.Trial)), metric.Names(metric.In(metric.Own))
	mix := []suite.Share{{Kind: "a", Queue: "x"}, {Kind: "b"}}
	for name, tt := range map[string]struct {
		sc    suite.Scenario
		kinds []string
	}{
		"one kind": {suite.Scenario{Task: "noop"}, nil},
		"queues":   {suite.Scenario{Mix: mix}, []string{"latency_p50:a", "latency_p95:a", "latency_p50:b", "latency_p95:b", "place:a", "gap:a", "place:b", "gap:b"}},
		"a mix":    {suite.Scenario{Mix: []suite.Share{{Kind: "a"}, {Kind: "b"}}}, []string{"latency_p50:a", "latency_p95:a", "latency_p50:b", "latency_p95:b"}},
		"own":      {suite.Scenario{Task: "own", Own: &suite.Own{}}, []string{"service_p50", "service_p95", "service_p99"}},
		"a chain":  {suite.Scenario{Chain: true, Mix: []suite.Share{{Kind: "a"}, {Kind: "b"}}}, nil},
	} {
		if got, want := names(figuresOf(tt.sc)), slices.Concat(plain, tt.kinds, own); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if got := names(shown()); !slices.Equal(got, metric.Names(metric.In(metric.Shown))) {
		t.Errorf("shown: %v", got)
	}
}

// As installed, and over several machines, workers have numbers of processes that aren't the scenario's: there is no share of one.
func TestAShareOfAProcessNeedsTheirNumber(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*results.Trial)
		known  bool
	}{
		"matched":      {func(*results.Trial) {}, true},
		"as installed": {func(r *results.Trial) { r.Defaults = true }, false},
		"one machine":  {func(r *results.Trial) { r.Hosts = []results.Host{{Name: "worker 0"}} }, true},
		"two machines": {func(r *results.Trial) { r.Hosts = []results.Host{{Name: "worker 0"}, {Name: "worker 1"}} }, false},
	} {
		r := results.Trial{Processes: 2, Phases: []results.Phase{{Producer: suite.Wire, Arrivals: suite.Backlog, Workers: results.Usage{Measured: true, CPUSeconds: 3, WallSeconds: 2}}}}
		tt.change(&r)
		if v, known := (&measured{Trial: r}).values(shown())[metric.CPUShare]; known != tt.known || known && v != 75 {
			t.Errorf("%s: %v %%, known %v", name, v, known)
		}
	}
}
