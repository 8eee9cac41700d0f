package process

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Only running and ending a group works here. Measuring doesn't, but never happens: clock.New, which comes first, refuses.

// adopt does nothing: there are no subreapers. An orphan is found by its process group instead.
func adopt() error { return nil }

// attributes is empty: no signal reports a parent's end. A command still ends with its guard's pipe.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// pin refuses: a thread can't be bound to CPUs.
func pin([]int) (unpin func(), err error) { return nil, errors.ErrUnsupported }

// descendants lists the processes below a guard. It leads a session, so all of them are in its process group, including orphans, unless
// they left it.
func descendants(guard int) []int {
	procs, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", guard)
	if err != nil {
		return nil
	}
	var pids []int
	for _, p := range procs {
		if pid := int(p.Proc.P_pid); pid != guard {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Hold refuses: it is for measuring.
func (g *Group) Hold(context.Context) error {
	return fmt.Errorf("hold the processes: %w", errors.ErrUnsupported)
}

// Usage is empty, as it is unknown here.
func (g *Group) Usage() Usage { return Usage{} }

// PSS is 0, as it is unknown here.
func PSS(int) int64 { return 0 }

func belowCPU() time.Duration { return 0 }

// Waits knows nothing.
type Waits struct{}

// Since is false, as it is unknown here.
func (*Waits) Since() (time.Duration, bool) { return 0, false }

// ReadMachine is zero, as it is unknown here.
func ReadMachine() Machine { return Machine{} }
