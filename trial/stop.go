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
	if exits, _ := r.fleet.group.Exits(); len(exits) > 0 && len(r.ledger.losses()) == 0 {
		r.rec.addFlagOf(results.FlagWorkerDied, "*", r.fleet.lastWords(), results.Fact{
			Check: results.CheckEnded, Count: int64(exits[0].Command) + 1, Of: int64(len(r.fleet.argv)), Exit: exits[0].String()})
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
	r.rec.result.Failure = r.box.firstFailure()
	err := errors.Join(r.collect.read(), r.profiler.memory(ctx), r.box.keepLogs())
	r.fleet.group.Stop(syscall.SIGKILL, 0)
	if killed > 0 && !idle {
		r.rec.result.Startup.Killed = killed
		r.rec.addFlag(results.FlagKilled, "", results.Fact{Check: results.CheckStop, Count: int64(killed), Limit: stopGrace.Seconds()})
	}
	return err
}

// idle reports whether the workers have nothing left to do or to write: each task sent to them ended well, once. After SIGTERM they only do
// their own work, such as waiting for timers, which takes seconds. They get twice the time of the longest task, so that a second run of a
// task is still seen. How long they take is a separate question (metric.StartStop).
func (r *run) idle() bool {
	exits, _ := r.fleet.group.Exits()
	return len(exits) == 0 && len(r.fleet.replacements()) == 0 && r.Profile == nil && r.Scenario.Events != suite.EventsConsumed && r.ledger.allWell()
}
