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

// arm makes ready for what is to befall the trial, or says why it can't. disarm undoes it.
func (r *run) arm(ctx context.Context) (err error) {
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
		r.struck.producers, err = broker.Open(ctx, r.Target.Broker, broker.Options{URL: r.Target.URL})
		if err == nil {
			a.sender = r.struck.producers
		}
	default:
		return nil
	}
	if err != nil {
		return err
	}
	r.struck.outage, r.Broker = a, a
	return nil
}

// disarm disconnects what arm has connected.
func (r *run) disarm() {
	if r.struck.producers != nil {
		_ = r.struck.producers.Close() // a connection that was cut can't be closed well
	}
}

// befall lets the fault happen, and notes from when to when. Whatever becomes of this trial, a broker that was struck is
// there afterwards: those after it need it.
func (r *run) befall(ctx, whole context.Context) (err error) {
	s := &r.struck
	switch r.Scenario.Strike {
	case suite.StrikeBroker:
		if s.at, err = s.outage.kill(); err != nil {
			return err
		}
		sleep(ctx, restartAfter)
		patient, cancel := interrupt.Patience(r.life, restartLimit, interruptedPurgeLimit)
		defer cancel()
		if s.back, err = s.outage.restart(patient); err != nil {
			return fmt.Errorf("%w: %w", ErrNotRun, err)
		}
	case suite.StrikePause:
		s.at, s.back, err = s.outage.pause(whole, faultLasts)
		return err
	case suite.StrikeCut:
		s.at = s.outage.strike(true)
		r.Delay.Cut()
		// What a cut does takes a moment to show. The bound is that of a worker's death.
		s.back = s.at + int64(restartAfter)
	case suite.StrikeSlow:
		s.at = s.outage.strike(true)
		r.Delay.Slow()
		sleep(whole, faultLasts)
		r.Delay.Mend()
		s.back = r.Clock.Now()
	case suite.StrikeWorkers:
		s.at = r.Clock.Now()
		r.fleet.group.Kill()
		s.back = s.at + int64(restartAfter)
	default:
		victim := r.fleet.victim()
		if victim == 0 {
			return fmt.Errorf("%w: no process has run a task that could be killed", ErrNotRun)
		}
		s.at = r.Clock.Now()
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil {
			return fmt.Errorf("kill a worker: %w", err)
		}
		// A pool fills itself sooner; the bound is the same for all.
		s.back = s.at + int64(restartAfter)
	}
	return nil
}
