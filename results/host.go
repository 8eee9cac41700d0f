package results

import "strings"

// ClockWidths is from how many half-widths on a latency that crossed clocks is reported: its error is at most a tenth then.
const ClockWidths = 10

// HostShift is where the number of a host begins in a task's PID: no Linux has more processes (PID_MAX_LIMIT in linux/threads.h).
const HostShift = 22

// Host is another machine, or a pod, that took part in a trial, and what it used from the trial's first request to its last.
type Host struct {
	// Name is its role and its number from 0: "worker 0".
	Name string `json:"name"`
	// Node is the machine's name: of a pod, that of its node if it was given.
	Node string `json:"node"`
	// Boot is what Linux calls the machine's current start (random(4), boot_id), "" if that isn't known.
	Boot    string  `json:"boot_id,omitempty"`
	Machine Machine `json:"machine"`
	// Software is what ran the trial's workers there: the interpreter or compiler, and the framework. All packages were those of run.json. Lock is a
	// sum of the lock that they came from. A host that sent load has neither.
	Software []Software `json:"software,omitempty"`
	Lock     string     `json:"lock,omitempty"`
	// TimeService is what a time service on it says of its error, as evidence: nothing is computed from it. "" if none was asked.
	TimeService string `json:"time_service,omitempty"`
	// OffsetNs is how far its monotonic clock is ahead of the collector's, at most HalfWidthNs wrong, at the trial's end.
	OffsetNs    int64 `json:"offset_ns"`
	HalfWidthNs int64 `json:"half_width_ns"`
	// CPUSeconds and MemoryMiB are of its control group, or of the agent and all that it started where there is none.
	CPUSeconds float64 `json:"cpu_seconds"`
	MemoryMiB  float64 `json:"memory_mib"`
	// CPULimit is how many CPUs its control group may use; 0 is no limit. It was stopped by that in Throttled of Periods periods, for
	// ThrottledSeconds in all.
	CPULimit         float64 `json:"cpu_limit,omitempty"`
	Periods          int64   `json:"periods,omitempty"`
	Throttled        int64   `json:"throttled,omitempty"`
	ThrottledSeconds float64 `json:"throttled_seconds,omitempty"`
	// Reconnections is how often its connection was cut and made again.
	Reconnections int64 `json:"reconnections,omitempty"`
}

// The roles of hosts: those of a swarm run workers and send load.
const (
	RoleWorker = "worker"
	RoleLoad   = "load"
	RoleSwarm  = "swarm"
)

// RunsWorkers reports whether the host runs workers.
func (h Host) RunsWorkers() bool { return !strings.HasPrefix(h.Name, RoleLoad) }
