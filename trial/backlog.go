package trial

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// backlog queues the span's tasks while the workers are held, then lets them go.
func (r *run) backlog(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) error {
	if err := r.queueHeld(ctx, s.tally, out, func() error { return send(ctx, p, s, 0, out) }); err != nil {
		return err
	}
	if p.Producer == suite.Client {
		// The client's own start-up is no part of its enqueueing.
		out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
	}
	m := r.release(s.tally, out)
	profiled, err := r.profiler.cpu(ctx, p.Name, p.Producer)
	if err != nil {
		m.end(out)
		return err
	}
	err = r.drain(ctx, p.Name, time.Duration(r.Scenario.Limit), func() (int64, int64) { return s.done.Load(), out.Count })
	m.end(out)
	if err = errors.Join(err, profiled()); err != nil {
		return err
	}
	r.rec.backlogCost(out)
	drained := float64(s.lastFinished()-out.Released) / 1e9
	enqueued := float64(out.EnqueueEnded-out.EnqueueBegan) / 1e9
	// Rates over the same tasks: their ratio is that of the times, the other way round. A drain that was given up has no
	// rate, and a flag of its own; of a client's tasks nobody asks how fast they were drained.
	if ratio := drained / enqueued; ratio < producerRatio && s.done.Load() == out.Count && p.Producer != suite.Client {
		r.rec.addFlag(results.FlagProducerBound, "throughput", "phase %s: the producer was %.1f times as fast as the workers, "+
			"below the %d times that its drain rate is trusted at", p.Name, ratio, producerRatio)
	}
	return nil
}

// queueHeld holds the workers and queues what send sends. Unless that fails, they stay held.
func (r *run) queueHeld(ctx context.Context, t *tally, out *loaded, send func() error) error {
	if err := r.hold(ctx); err != nil {
		return err
	}
	out.EnqueueBegan = r.Clock.Now()
	err := r.unblocked(ctx, out.Name, t, send)
	out.EnqueueEnded = r.Clock.Now()
	if err == nil {
		err = r.seenWaiting(ctx, t)
	}
	if err != nil {
		r.fleet.group.Release()
		return fmt.Errorf("send: %w", orCause(ctx, err))
	}
	return nil
}

// seenWaiting makes sure that what waits is counted: places that name something else would show an empty queue all the time. More tasks
// wait now than workers can hold.
func (r *run) seenWaiting(ctx context.Context, t *tally) error {
	_, ours := r.Broker.Usage()
	waiting := t.taken.Load() - t.done.Load()
	if !ours || len(r.setup.Places) == 0 || waiting <= int64(r.setup.Probing*r.Scenario.Concurrency) {
		return nil
	}
	depth, err := r.Broker.Depth(ctx, r.setup.Places)
	if err != nil || depth > 0 {
		return err
	}
	return fmt.Errorf("%w: %d tasks wait, and the places of %s hold none: its contender.yaml names others than those where its tasks are",
		ErrNotRun, waiting, r.Contender.Name())
}

// release begins to measure and lets held workers go.
func (r *run) release(t *tally, out *loaded) *measurement {
	m := r.measure(t)
	out.Released = r.Clock.Now()
	r.fleet.group.Release()
	return m
}

// quieter is a broker on which a worker that is held at the wrong moment would keep others waiting.
type quieter interface {
	// Quiet tells whether nobody is in the middle of something.
	Quiet(ctx context.Context) (bool, error)
	// Blocked tells whether somebody waits for another.
	Blocked(ctx context.Context) (bool, error)
}

// hold stops the workers at a moment at which none of them keeps a lock on the broker.
func (r *run) hold(ctx context.Context) error {
	q, ok := r.Broker.(quieter)
	for {
		if err := r.fleet.group.Hold(ctx); err != nil || !ok {
			return err
		}
		// What the workers asked for last may still be on its way, and open what it finds nobody to close.
		if !sleep(ctx, r.RTT) {
			return context.Cause(ctx)
		}
		quiet, err := q.Quiet(ctx)
		if quiet {
			return nil
		}
		r.fleet.group.Release()
		if err != nil {
			return err
		}
		if !sleep(ctx, r.RTT+time.Duration(1+r.rng.IntN(20))*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// unblocked sends tasks while the workers are held. What one of them asked for before it was held may reach a busy
// server after it was quiet, and takes a lock that nobody gives back: the workers are then let go for a moment.
func (r *run) unblocked(ctx context.Context, phase string, t *tally, send func() error) error {
	q, ok := r.Broker.(quieter)
	if !ok {
		return send()
	}
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
				r.fleet.group.Release()
				// On a busy machine, the worker with the lock may not have had its turn: each time takes twice as long.
				sleep(ctx, r.RTT+letGo<<min(let, letGoDoublings))
				let++
				err = r.fleet.group.Hold(ctx)
			}
			if err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	err := send()
	stop()
	if werr := <-ended; !errors.Is(werr, context.Canceled) {
		err = errors.Join(err, werr)
	}
	if let > 0 {
		r.rec.addFlag(results.FlagReleasedEarly, "throughput", "phase %s: the workers were let go for a moment (%d times) before their time: "+
			"one of them was held with a lock for which the enqueueing waited", phase, let)
	}
	return err
}
