package trial

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/suite"
)

// faultLasts is how long the broker is frozen or the network slow: longer than any request may take, and shorter than the patience of each
// broker's clients.
const faultLasts = 5 * time.Second

// restartLimit bounds the restart of a broker, and exceeds the start limits of all brokers.
const restartLimit = 2 * time.Minute

// errNoLink marks a caller's mistake.
var errNoLink = errors.New("there is no proxy in front of the broker to disturb its connections")

// arm prepares the trial's fault, or returns why it is impossible.
func (w *recovery) arm(ctx context.Context) (err error) {
	r := w.run
	a := newAway(r.Broker, r.Clock)
	switch r.Scenario.Strike {
	case suite.StrikeBroker:
		_, err = a.server()
	case suite.StrikePause:
		_, err = a.sleeper()
	case suite.StrikeCut, suite.StrikeSlow:
		if r.Delay == nil {
			return errNoLink
		}
		// Producers use the same network path as workers; their URL is the workers'.
		var producers broker.Broker
		if producers, err = broker.Open(ctx, r.Target.Broker, broker.Options{URL: r.Target.URL}); err != nil {
			return err
		}
		// A connection that was cut can't be closed well.
		r.cleanUp.add(func(error) error { _ = producers.Close(); return nil })
		a.sender = producers
	default:
		return nil
	}
	if err != nil {
		return err
	}
	w.outage, r.Broker = a, a
	return nil
}

// kills notes that workers are about to be killed, and returns the time.
func (w *recovery) kills() (at int64) {
	at = w.run.Clock.Now()
	w.run.waiter.back.Store(at + int64(cmp.Or(w.run.Wait, w.run.Scenario.Waits(nil))))
	return at
}

// causeFault causes the fault, and notes its start and end. After any outcome, the broker is up again: later trials need it.
func (w *recovery) causeFault(ctx, whole context.Context) (err error) {
	r := w.run
	switch r.Scenario.Strike {
	case suite.StrikeBroker:
		if w.at, err = w.outage.kill(); err != nil {
			return err
		}
		sleep(ctx, restartAfter)
		patient, cancel := interrupt.Patience(r.fleet.life, restartLimit, interruptedPurgeLimit)
		defer cancel()
		if w.back, err = w.outage.restart(patient); err != nil {
			return NotRun("%w", err)
		}
	case suite.StrikePause:
		w.at, w.back, err = w.outage.pause(whole, faultLasts)
		return err
	case suite.StrikeCut:
		w.at = w.outage.strike(true)
		r.Delay.Cut()
		// A cut takes a moment to show. The bound is that of a worker's death.
		w.back = w.at + int64(restartAfter)
	case suite.StrikeSlow:
		w.at = w.outage.strike(true)
		r.Delay.Slow()
		sleep(whole, faultLasts)
		r.Delay.Mend()
		w.back = r.Clock.Now()
	case suite.StrikeWorkers:
		w.at = w.kills()
		r.fleet.own.Kill()
		w.back = w.at + int64(restartAfter)
	default:
		victim := r.fleet.victim()
		if victim == 0 {
			return NotRun("no process that has run a task could be killed")
		}
		w.at = w.kills()
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill a worker: %w", err)
		}
		// A pool refills itself sooner; the bound is the same for all.
		w.back = w.at + int64(restartAfter)
	}
	return nil
}
