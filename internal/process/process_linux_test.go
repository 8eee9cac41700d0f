package process_test

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/machine"
)

// A group's start is between its order and its first process's own first reading of the same clock.
func TestBeganIsWhenTheFirstProcessStarts(t *testing.T) {
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	before := c.Now()
	g, err := process.Start(t.Context(), []process.Command{shell(t, dir, "exec sleep 1000"), shell(t, dir, "exec sleep 1000")})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(syscall.SIGKILL, time.Second)
	// The kernel has a process's start, in ticks after boot.
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", g.PIDs()[0]))
	if err != nil {
		t.Fatal(err)
	}
	fields := strings.Fields(string(data[strings.LastIndexByte(string(data), ')')+1:]))
	ticks, err := strconv.ParseInt(fields[19], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	var boot, mono unix.Timespec
	if err := errors.Join(unix.ClockGettime(unix.CLOCK_BOOTTIME, &boot), unix.ClockGettime(unix.CLOCK_MONOTONIC, &mono)); err != nil {
		t.Fatal(err)
	}
	started := ticks*int64(process.Tick) - (boot.Nano() - mono.Nano())
	if g.Began() < before || g.Began() > c.Now() || started < g.Began()-2*int64(process.Tick) {
		t.Errorf("began at %d, ordered at %d, started at %d", g.Began(), before, started)
	}
}

// Two threads that want one CPU take turns in waiting for it.
func TestWaitsAreThoseOfReadyThreads(t *testing.T) {
	dir := t.TempDir()
	spin := shell(t, dir, fmt.Sprintf("exec taskset -c %d sh -c 'while :; do :; done'", machine.Allowed()[0]))
	var w process.Waits
	if _, ok := w.Since(); ok {
		t.Error("a first reading knows what came before it")
	}
	g, err := process.Start(t.Context(), []process.Command{spin, spin})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Stop(syscall.SIGKILL, time.Second)
	var sum time.Duration
	waitFor(t, "the two wait for each other", func() bool {
		waited, ok := w.Since()
		if !ok {
			t.Fatal("the kernel doesn't count waits here")
		}
		sum += waited
		return sum > 200*time.Millisecond
	})
}
