// Package machine describes the machine of a measurement.
package machine

import (
	"context"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// memoryTolerance is by which share of the larger one the memory of one machine may seem to change: a hypervisor takes some back while the
// machine runs, and a kernel keeps some for itself at each start.
const memoryTolerance = 0.1

// Same reports whether two runs' machines are of one kind, so that one comparison may have trials of both.
func Same(a, b results.Machine) bool {
	if less, more := min(a.MemoryMiB, b.MemoryMiB), max(a.MemoryMiB, b.MemoryMiB); float64(more-less) > memoryTolerance*float64(more) {
		return false
	}
	a.MemoryMiB, b.MemoryMiB = 0, 0
	a.LoadBefore, b.LoadBefore = 0, 0
	if a.Model == "" || b.Model == "" {
		a.Model, b.Model = "", ""
	}
	return a == b
}

func kernel() string {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "unknown"
	}
	return unix.ByteSliceToString(u.Release[:])
}

// State is how busy a machine is before a run.
type State struct {
	CPUs int
	// Load is the average of the last minute.
	Load float64
	// Busy is the used share of the CPU time, and Stolen the share of the wanted CPU time that the hypervisor withheld, both just now.
	Busy, Stolen float64
	// FreeMiB is the memory that programs can still get, 0 if the kernel doesn't say.
	FreeMiB int64
}

// Look observes for the given time how busy the machine is.
func Look(ctx context.Context, over time.Duration) (State, error) {
	before := process.ReadMachine()
	select {
	case <-ctx.Done():
		return State{}, context.Cause(ctx)
	case <-time.After(over):
	}
	now := process.ReadMachine().Since(before)
	s := State{CPUs: runtime.NumCPU(), Load: Describe().LoadBefore, FreeMiB: FreeMiB()}
	if now.All > 0 {
		s.Busy = float64(now.Busy) / float64(now.All)
	}
	if wanted := now.Stolen + now.Busy; wanted > 0 {
		s.Stolen = float64(now.Stolen) / float64(wanted)
	}
	return s, nil
}
