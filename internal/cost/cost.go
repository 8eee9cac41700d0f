// Package cost reports a benchmark's cost per unit, to show growth: a linear one costs the same per unit at any number.
package cost

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Of runs a benchmark that handles this many units at a time, and reports per unit the wall time (ns/unit) and the CPU time of all threads
// (cpu-ns/unit), which other load on the machine affects least, and the process's peak memory (peak-MiB, the resident set).
func Of(b *testing.B, units int, unit string, run func() error) {
	b.Helper()
	if err := resetPeak(); err != nil {
		b.Fatal(err)
	}
	before, err := cpu()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := run(); err != nil {
			b.Fatal(err)
		}
	}
	after, err := cpu()
	if err != nil {
		b.Fatal(err)
	}
	peak, err := peakMiB()
	if err != nil {
		b.Fatal(err)
	}
	all := float64(b.N) * float64(units)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/"+unit)
	b.ReportMetric(float64((after-before).Nanoseconds())/all, "cpu-ns/"+unit)
	b.ReportMetric(peak, "peak-MiB")
}

// cpu is the CPU time of this process so far.
func cpu() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the CPU time: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// resetPeak returns free memory, and restarts from what the process still has.
func resetPeak() error {
	debug.FreeOSMemory()
	// 5 resets the process's peak to its current size: proc(5).
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		return fmt.Errorf("reset the peak of memory: %w", err)
	}
	return nil
}

// peakMiB is the largest resident set (VmHWM of proc(5)) since the last reset.
func peakMiB() (float64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("read the peak of memory: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		var kib float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kib); err == nil {
			return kib / 1024, nil
		}
	}
	return 0, errors.New("read the peak of memory: /proc/self/status has no VmHWM")
}
