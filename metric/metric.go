// Package metric is the catalogue of what is measured: each metric's name, title, unit and direction, and how it is spoken of.
//
// Whatever reads metrics reads them here: which of them may decide a scenario, how an analysis names them, the charts of a
// report, the units of OpenMetrics. How a metric is computed from a trial is in package analysis, by its name.
package metric

import (
	"slices"
	"strings"
)

// Scope is what a metric is measured of, and whether sides are compared by it.
type Scope int

// The scopes.
const (
	// Trial: one figure of all tasks of a trial.
	Trial Scope = iota
	// Kind: one for each kind of task, where a scenario has several; it is written name:kind.
	Kind
	// Queue is as Kind, where kinds of tasks wait in queues of their own.
	Queue
	// Task: as Trial, of a user's own task alone. Its code is what may have changed; that of a scenario's task is the same for all sides.
	Task
	// Own: what a scenario's own way of measuring yields. A trial has it among its values.
	Own
	// Shown: as Trial, and no comparison is made of it, since each would enlarge the family that verdicts are corrected for.
	Shown
)

// Family is what a reader weighs together, in one chart. It is empty for a metric that has no chart.
type Family string

// The families.
const (
	FamilyThroughput Family = "throughput"
	FamilyLatency    Family = "latency"
	FamilyEnqueue    Family = "enqueue"
	FamilyCPU        Family = "cpu"
	FamilyMemory     Family = "memory"
)

// Metric is one figure that a trial may yield.
type Metric struct {
	// Name is its name in files, without a kind of task. Of a scope of kinds, another metric may have the same.
	Name        string
	Title, Unit string
	// HigherIsBetter is the direction of an improvement.
	HigherIsBetter bool
	Scope          Scope
	Family         Family
	// MayBeZero tells that nothing, or less than nothing, is an ordinary value: a change of it in percent says nothing.
	MayBeZero bool
	// Says continues a sentence after "A": with the ratio for %s, and "B" behind it. Where it is empty, the title serves.
	Says string
}

// PerKind reports whether there is one for each kind of task.
func (m Metric) PerKind() bool { return m.Scope == Kind || m.Scope == Queue }

// Decides reports whether sides are compared by it, so that it may decide a scenario.
func (m Metric) Decides() bool { return m.Scope != Shown }

// Speed reports whether better is called faster. Less memory is better, and no faster.
func (m Metric) Speed() bool {
	return slices.Contains([]Family{FamilyThroughput, FamilyLatency, FamilyEnqueue}, m.Family)
}

// Of is the metric of one kind of task.
func (m Metric) Of(kind string) Metric {
	m.Name, m.Title = m.Name+":"+kind, m.Title+" ("+kind+")"
	return m
}

// Pattern is its name with KIND for a kind of task.
func (m Metric) Pattern() string {
	if m.PerKind() {
		return m.Name + ":KIND"
	}
	return m.Name
}

// In lists the metrics of some scopes, in the order in which reports show them.
func In(scopes ...Scope) []Metric {
	return slices.DeleteFunc(All(), func(m Metric) bool { return !slices.Contains(scopes, m.Scope) })
}

// Paced names what a phase with a schedule measures: its latencies and the CPU time at its rate. If the schedule wasn't kept or the workers
// didn't keep up, none of them is what the scenario asked for.
func Paced() []string { return append(Latencies(), CPUPaced) }

// Latencies names all latencies and service times of a phase of load, of all tasks and of each kind: what spoils the schedule spoils each of
// them.
func Latencies() []string {
	var out []string
	for _, m := range In(Trial, Kind, Task, Shown) {
		if m.Family == FamilyLatency && !slices.Contains(out, m.Name) {
			out = append(out, m.Name)
		}
	}
	return out
}

// Named is a metric by the name that files have for it, such as latency_p50 or latency_p50:KIND.
func Named(name string) (Metric, bool) {
	base, kind, ofKind := strings.Cut(name, ":")
	all := All()
	i := index(all, base, ofKind)
	switch {
	case i < 0 || ofKind && kind == "":
		return Metric{}, false
	case ofKind:
		return all[i].Of(kind), true
	}
	return all[i], true
}

// MayBeZero reports whether nothing, or less than nothing, is an ordinary value of the metric of that name.
func MayBeZero(name string) bool {
	m, ok := Named(name)
	return ok && m.MayBeZero
}

// Rank is a metric's place in the order in which reports show them, by the name that files have for it. It is the same for all
// kinds of task, and comes after all others for a name that isn't known.
func Rank(name string) int {
	base, _, ofKind := strings.Cut(name, ":")
	all := All()
	if i := index(all, base, ofKind); i >= 0 {
		return i
	}
	return len(all)
}

func index(all []Metric, base string, ofKind bool) int {
	return slices.IndexFunc(all, func(m Metric) bool { return m.Name == base && m.PerKind() == ofKind })
}

// Names are the names of metrics, without kinds of tasks.
func Names(list []Metric) []string {
	out := make([]string, len(list))
	for i, m := range list {
		out[i] = m.Name
	}
	return out
}

// Base is the base unit of a unit, in the words of OpenMetrics, and what a value is multiplied by to be in it. It is empty for
// what is only counted.
func Base(unit string) (base string, factor float64) {
	switch unit {
	case "s":
		return "seconds", 1
	case "ms":
		return "seconds", 1e-3
	case "us":
		return "seconds", 1e-6
	case "MiB":
		return "bytes", 1 << 20
	case "bytes":
		return "bytes", 1
	case "%":
		return "ratio", 1e-2
	case "tasks/s":
		return "tasks_per_second", 1
	case "events/s":
		return "events_per_second", 1
	}
	return "", 1
}
