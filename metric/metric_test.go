package metric

import (
	"slices"
	"strings"
	"testing"
)

// A name is a metric's, or a kind's of one, and nothing else.
func TestMetricsAreFoundByTheNamesInFiles(t *testing.T) {
	for name, title := range map[string]string{
		Throughput: "Throughput", LatencyP50: "Median latency", "latency_p50:fast": "Median latency (fast)", "latency_p95:fast": "p95 latency (fast)",
		LatencyP95: "p95 latency", "place:bulk": "Mean place in the drain (bulk)", "gap:a:b": "Longest time without one done (a:b)",
		Recovery: "Time until no more waits than before", FailedShare: "Failed tasks",
	} {
		m, ok := Named(name)
		if !ok || m.Name != name || m.Title != title || m.Unit == "" {
			t.Errorf("%s: %+v", name, m)
		}
	}
	for _, name := range []string{"", "speed", "throughput:fast", "latency_p50:", ":", "place", "gap", "latency_p99:fast"} {
		if m, ok := Named(name); ok {
			t.Errorf("%q is a metric: %+v", name, m)
		}
	}
}

// Each metric has one entry for all tasks and one for each kind at most, and what is said of it can be said.
func TestTheCatalogueIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for i, m := range All() {
		switch {
		case seen[m.Pattern()]:
			t.Errorf("%s is there twice", m.Pattern())
		case m.Name == "" || strings.ContainsAny(m.Name, ": *") || m.Title == "" || m.Unit == "":
			t.Errorf("%+v lacks something", m)
		case m.Says != "" && strings.Count(m.Says, "%s") != 1:
			t.Errorf("%s: no sentence: %q", m.Name, m.Says)
		case (m.Says != "") != (m.Scope == Trial):
			t.Errorf("%s has the phrase %q", m.Pattern(), m.Says)
		case Rank(m.Pattern()) != i:
			t.Errorf("%s is number %d, and its rank is %d", m.Pattern(), i, Rank(m.Pattern()))
		}
		seen[m.Pattern()] = true
		name := m.Name
		if m.PerKind() {
			name = m.Of("x").Name
		}
		if n, ok := Named(name); !ok || n.Unit != m.Unit || n.Scope != m.Scope {
			t.Errorf("%s is %+v", name, n)
		}
	}
	if n := Rank("speed"); n != len(All()) || Rank("latency_p99:fast") != n {
		t.Errorf("what isn't known has rank %d", n)
	}
}

// Reports show the metrics that decide before the others, those of all tasks first.
func TestTheOrderIsByScope(t *testing.T) {
	all := All()
	if !slices.IsSortedFunc(all, func(a, b Metric) int { return int(a.Scope - b.Scope) }) {
		t.Error("scopes are mixed")
	}
	if got := len(In(Trial)) + len(In(Kind, Queue, Task)) + len(In(Own, Shown)); got != len(all) {
		t.Errorf("%d of %d metrics have a scope", got, len(all))
	}
	if names := Names(In(Shown)); !slices.Equal(names, []string{LatencyMean, LatencyP95, CPUShare, FailedShare}) {
		t.Errorf("shown only: %v", names)
	}
	for _, m := range all {
		if m.Decides() == (m.Scope == Shown) {
			t.Errorf("%s: decides is %v", m.Pattern(), m.Decides())
		}
	}
}

// Only what is a speed is called faster.
func TestOnlySpeedsAreFast(t *testing.T) {
	for name, want := range map[string]bool{Throughput: true, "latency_p95:fast": true, EnqueueWire: true, LatencyDrift: true, CPU: false, PSS: false,
		Recovery: false, "place:bulk": false, Bytes: false} {
		if m, ok := Named(name); !ok || m.Speed() != want {
			t.Errorf("%s: speed is %v", name, m.Speed())
		}
	}
}

// Every unit of time, size and share has a base unit; other units are counts, by name.
func TestUnitsHaveTheirBase(t *testing.T) {
	counts := []string{"tasks", "files", "workers", "orders", "charges", "% more"}
	for _, m := range All() {
		base, factor := Base(m.Unit)
		if (base == "") != slices.Contains(counts, m.Unit) || factor <= 0 {
			t.Errorf("%s: %s is %q times %g", m.Name, m.Unit, base, factor)
		}
	}
	for unit, want := range map[string]float64{"s": 1, "ms": 0.001, "us": 1e-6, "MiB": 1048576, "bytes": 1, "%": 0.01, "tasks": 1} {
		if _, factor := Base(unit); factor != want {
			t.Errorf("%s: %g", unit, factor)
		}
	}
}

// What spoils a schedule spoils each latency, also those of one kind of task and those that are only shown.
func TestLatenciesAreThoseOfAllScopes(t *testing.T) {
	got := Latencies()
	for _, m := range All() {
		if want := m.Family == FamilyLatency && m.Scope != Own; slices.Contains(got, m.Name) != want {
			t.Errorf("%s is among the latencies of a schedule: %v, want %v", m.Pattern(), !want, want)
		}
	}
	if len(got) < 4 {
		t.Errorf("only %q", got)
	}
}
