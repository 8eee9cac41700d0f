package trial

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/suite"
)

// faultLasts is how long the broker stands still or the way to it is slow: longer than a request may take anywhere, and
// shorter than what makes a client of any of the brokers give up.
const faultLasts = 5 * time.Second

// restartLimit bounds the restart of a broker, longer than any broker has to answer.
const restartLimit = 2 * time.Minute

// errNoLink says what the caller forgot.
var errNoLink = errors.New("no proxy stands before the broker, which could trouble its connections")

// arm makes ready for what is to befall the trial, or says why it can't.
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
		// Producers send by the same way as workers; their URL is the workers'.
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

// befall lets the fault happen, and notes from when to when. Whatever becomes of this trial, a broker that was struck is
// there afterwards: those after it need it.
func (w *recovery) befall(ctx, whole context.Context) (err error) {
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
			return fmt.Errorf("%w: %w", ErrNotRun, err)
		}
	case suite.StrikePause:
		w.at, w.back, err = w.outage.pause(whole, faultLasts)
		return err
	case suite.StrikeCut:
		w.at = w.outage.strike(true)
		r.Delay.Cut()
		// What a cut does takes a moment to show. The bound is that of a worker's death.
		w.back = w.at + int64(restartAfter)
	case suite.StrikeSlow:
		w.at = w.outage.strike(true)
		r.Delay.Slow()
		sleep(whole, faultLasts)
		r.Delay.Mend()
		w.back = r.Clock.Now()
	case suite.StrikeWorkers:
		w.at = r.Clock.Now()
		r.fleet.group.Kill()
		w.back = w.at + int64(restartAfter)
	default:
		victim := r.fleet.victim()
		if victim == 0 {
			return fmt.Errorf("%w: no process has run a task that could be killed", ErrNotRun)
		}
		w.at = r.Clock.Now()
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill a worker: %w", err)
		}
		// A pool fills itself sooner; the bound is the same for all.
		w.back = w.at + int64(restartAfter)
	}
	return nil
}
