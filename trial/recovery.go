package trial

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// restartAfter is how long a supervisor takes to start a worker that ended.
	restartAfter = time.Second
	// recoveryPoll is how often the backlog is looked at after the kill.
	recoveryPoll = 10 * time.Millisecond
)

// recovery sends an open load and, a third of the way through, kills a process that runs tasks, as the out-of-memory
// killer would. A worker that ends with it is started again after a second, as a supervisor does. What it held, and how
// long it takes until no more waits than before, is the result.
func (r *run) recovery(ctx context.Context, p suite.Phase) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	length := time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second))
	go func() { done <- r.strike(ctx, p, length/3) }()
	err := r.phase(ctx, p)
	cancel()
	return errors.Join(err, <-done)
}

// strike kills after a time, starts anew what ended, and takes the time until the backlog is as it was.
func (r *run) strike(ctx context.Context, p suite.Phase, after time.Duration) error {
	if !sleep(ctx, startLead+after) {
		return nil
	}
	before := r.waiting(p.Name)
	victim := r.victim()
	if victim == 0 {
		return fmt.Errorf("%w: no process has run a task that could be killed", ErrNotRun)
	}
	struck := r.Clock.Now()
	if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
		return fmt.Errorf("kill a worker: %w", err)
	}
	if !sleep(ctx, restartAfter) {
		return nil
	}
	// A pool fills itself; a worker that was one process has to be started.
	exits, _ := r.group.Exits()
	if len(exits) > 0 {
		c := r.commands()[exits[0].Command]
		c.Log = filepath.Join(r.probes, fmt.Sprintf("worker-%d-again.log", exits[0].Command+1))
		again, err := process.Start(ctx, []process.Command{c})
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("start a worker again: %w", err)
		}
		r.again = append(r.again, again)
	}
	for r.waiting(p.Name) > max(before, 1) {
		if !sleep(ctx, recoveryPoll) {
			return nil // it never was: the value is not there
		}
	}
	r.recovered.Store(r.Clock.Now() - struck)
	return nil
}

// sleep waits, and tells whether it did to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// waiting is how many tasks of a phase are due and have no record.
func (r *run) waiting(name string) int64 {
	r.ledger.mu.RLock()
	defer r.ledger.mu.RUnlock()
	for _, s := range r.ledger.spans {
		if s.name == name && s.measured {
			return s.sentSoFar.Load() - s.done.Load()
		}
	}
	return 0
}

// victim is a living process that has run a task: its probe file bears its number.
func (r *run) victim() int {
	tree := r.group.Tree()
	slices.Sort(tree)
	files, _ := filepath.Glob(filepath.Join(r.probes, "*.probe")) // the pattern is well formed
	for _, f := range files {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(f), "%d.probe", &pid); err != nil {
			continue
		}
		if _, found := slices.BinarySearch(tree, pid); found {
			return pid
		}
	}
	return 0
}

// recoveryValues are what a recovery is about. Losing and repeating tasks is its result, no reason to leave it out.
func (r *run) recoveryValues() {
	c := r.result.Counts
	r.value(suite.ValueLost, float64(c.Lost))
	r.value(suite.ValueTwice, float64(c.Duplicated))
	if took := r.recovered.Load(); took > 0 {
		r.value(suite.ValueRecovery, float64(took)/1e9)
	}
	for i := range r.result.Flags {
		f := &r.result.Flags[i]
		switch f.Code {
		case results.FlagLost, results.FlagDuplicated, results.FlagWorkerDied, results.FlagNotDrained:
			f.Metrics = nil
		}
	}
}
