package trial

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
)

const (
	// blockedLimit is how long the broker may accept nothing from a producer before the broker is asked whether held workers block it.
	blockedLimit = time.Second
	// letGo is how long blocking workers first run again: enough to finish their current operation, but not to empty the queue. If that was
	// too short, the time doubles up to letGoDoublings times.
	letGo          = 20 * time.Millisecond
	letGoDoublings = 6
	// quietLimit is how long to look for a moment at which no worker has a lock. After that, blocking workers are let go as above.
	quietLimit = 10 * time.Second
)

// turnRamp is how long held workers run in a turn before the measurement: they start with cold caches, and with what they had fetched
// before.
const turnRamp = 50 * time.Millisecond

// Workers that are held for long are let go briefly now and then. A client whose answer came while it was held for longer than its timeout
// considers the connection dead, and some workers then end. The shortest such timeout found is 5 s.
const (
	holdMost = time.Second
	letLive  = 30 * time.Millisecond
)

// holder holds workers, while a backlog is queued and during other sides' turns.
type holder struct {
	clock   *clock.Clock
	broker  broker.Broker
	places  []broker.Place
	fleet   *fleet
	collect *collector
	rec     *recorder
	rng     *rand.Rand
	// rtt is the added round-trip time to the broker.
	rtt  time.Duration
	turn *Turn
	// held is how many tasks all workers can hold.
	held int64
}

// queueHeld holds the workers and queues what send sends. Unless that fails, they stay held.
func (h *holder) queueHeld(ctx context.Context, t *tally, out *loaded, send func(context.Context) error) error {
	if err := h.hold(ctx); err != nil {
		return err
	}
	out.EnqueueBegan = h.clock.Now()
	err := h.unblocked(ctx, out.Name, t, send)
	out.EnqueueEnded = h.clock.Now()
	if err == nil {
		err = h.seenWaiting(ctx, t)
	}
	if err != nil {
		h.fleet.group.Release()
		return fmt.Errorf("send: %w", orCause(ctx, err))
	}
	return nil
}

// seenWaiting checks that waiting tasks are counted: wrong places would always show an empty queue. More tasks wait now than workers can
// hold.
func (h *holder) seenWaiting(ctx context.Context, t *tally) error {
	_, ours := h.broker.Usage()
	waiting := t.taken.Load() - t.done.Load()
	if !ours || len(h.places) == 0 || waiting <= h.held {
		return nil
	}
	depth, err := h.broker.Depth(ctx, h.places)
	if err != nil || depth > 0 {
		return err
	}
	return NotRun("%d tasks wait, but the places of %s hold none: its contender.yaml names wrong places",
		waiting, h.fleet.name)
}

// quieter is a broker on which a worker that is held at the wrong moment would block others.
type quieter interface {
	// Quiet reports whether no client is in the middle of an operation.
	Quiet(ctx context.Context) (bool, error)
	// Blocked reports whether a client waits for another.
	Blocked(ctx context.Context) (bool, error)
}

// hold stops the workers at a moment at which none of them has a lock on the broker, if there is one.
func (h *holder) hold(ctx context.Context) error {
	q, ok := broker.As[quieter](h.broker)
	for began := time.Now(); ; {
		if err := h.fleet.group.Hold(ctx); err != nil || !ok {
			return err
		}
		// The workers' last request may still be under way, and open something that no one will close.
		if !sleep(ctx, h.rtt) {
			return context.Cause(ctx)
		}
		quiet, err := q.Quiet(ctx)
		if quiet || err == nil && time.Since(began) > quietLimit {
			return nil
		}
		h.fleet.group.Release()
		if err != nil {
			return err
		}
		if !sleep(ctx, h.rtt+time.Duration(1+h.rng.IntN(20))*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// unblocked sends tasks while the workers are held. A held worker's last request may reach a busy server after the server was quiet, and
// take a lock that is not released: the workers are then let go briefly.
func (h *holder) unblocked(ctx context.Context, phase string, t *tally, send func(context.Context) error) error {
	q, ok := broker.As[quieter](h.broker)
	if !ok {
		return send(ctx)
	}
	// Once the watch has failed, the workers are not let go, so that also ends the sending.
	sending, abandon := context.WithCancelCause(ctx)
	defer abandon(nil)
	watching, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	let := 0
	go func() {
		taken := int64(-1)
		for sleep(watching, blockedLimit) {
			before := taken
			if taken = t.taken.Load(); taken != before {
				continue
			}
			blocked, err := q.Blocked(watching)
			if err == nil && blocked {
				h.fleet.group.Release()
				// On a busy machine, the worker with the lock may not have run: each time takes twice as long.
				sleep(ctx, h.rtt+letGo<<min(let, letGoDoublings))
				let++
				err = h.fleet.group.Hold(ctx)
			}
			if err != nil {
				abandon(err)
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	err := send(sending)
	stop()
	if werr := <-ended; !errors.Is(werr, context.Canceled) {
		err = errors.Join(err, werr)
	}
	if let > 0 {
		// One of them was held with a lock that blocked the enqueueing.
		h.rec.addFlag(results.FlagReleasedEarly, "throughput", results.Fact{Check: results.CheckReleased, Phase: phase, Count: int64(let)})
	}
	return err
}

// yield is yields without its result.
func (h *holder) yield(ctx context.Context, m *measurement) error {
	_, err := h.yields(ctx, m)
	return err
}

// yields ends the side's step. Unless the next step is the side's own, its workers are held until its next turn, and its measurement, if
// any, pauses. It reports whether the workers were held.
func (h *holder) yields(ctx context.Context, m *measurement) (held bool, err error) {
	switch {
	case h.turn == nil:
		return false, nil
	case h.turn.Again():
		h.turn.Pass()
		return false, h.take(ctx)
	}
	if err := h.fleet.group.Hold(ctx); err != nil {
		return false, err
	}
	if m != nil {
		m.pause(ctx)
	}
	h.collect.paused.Store(true)
	h.turn.Pass()
	err = h.take(ctx)
	h.collect.paused.Store(false)
	if m != nil {
		m.resume(ctx)
	}
	h.fleet.group.Release()
	return true, err
}

// take waits for the turn, with the workers held.
func (h *holder) take(ctx context.Context) error {
	return h.turn.takeWhile(ctx, holdMost, func() error {
		h.fleet.group.Release()
		if !sleep(ctx, letLive) {
			return context.Cause(ctx)
		}
		return h.fleet.group.Hold(ctx)
	})
}
