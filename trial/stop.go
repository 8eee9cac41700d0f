package trial

import (
	"context"
	"errors"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// stopGrace is how long workers may take to stop after SIGTERM, and pipe after that.
const stopGrace = 15 * time.Second

// idleGrace is their minimum if they have nothing left to do.
const idleGrace = 250 * time.Millisecond

// stop ends the workers and reads their last records.
func (r *run) stop(ctx context.Context) error {
	r.rec.tell("stop", 0, 0)
	if exits, _ := r.fleet.group.Exits(); len(exits) > 0 {
		r.rec.addFlag(results.FlagWorkerDied, "*", "worker %d of %d ended during the trial (%s): %s", exits[0].Command+1,
			len(r.fleet.argv), exits[0], r.box.lastWords(r.box.workerLog(exits[0].Command)))
	}
	grace, idle := stopGrace, r.idle()
	if idle {
		grace = max(idleGrace, 2*time.Duration(r.ledger.longest.Load()))
	}
	began := time.Now()
	// The guard removes the probe folder when it ends, so the last reading and the logs come before its end.
	killed := r.fleet.group.StopCommands(syscall.SIGTERM, grace)
	for _, g := range r.fleet.replacements() {
		killed += g.StopCommands(syscall.SIGTERM, grace)
		g.Stop(syscall.SIGKILL, 0)
	}
	r.rec.result.Startup.StopSeconds = time.Since(began).Seconds()
	err := errors.Join(r.collect.read(), r.profiler.memory(ctx), r.box.keepLogs())
	r.fleet.group.Stop(syscall.SIGKILL, 0)
	if killed > 0 && !idle {
		r.rec.result.Startup.Killed = killed
		r.rec.addFlag(results.FlagKilled, "", "%d worker processes did not stop within %s of SIGTERM and were killed", killed, stopGrace)
	}
	if err != nil {
		return spoiled(ctx, err)
	}
	return nil
}

// idle reports whether the workers have nothing left to do or to write: each task sent to them ended well, once. After SIGTERM they only do
// their own work, such as waiting for timers, which takes seconds. They get twice the time of the longest task, so that a second run of a
// task is still seen. How long they take is a separate question (metric.StartStop).
func (r *run) idle() bool {
	exits, _ := r.fleet.group.Exits()
	return len(exits) == 0 && len(r.fleet.replacements()) == 0 && r.Profile == nil && r.Scenario.Events != suite.EventsConsumed && r.ledger.allWell()
}
