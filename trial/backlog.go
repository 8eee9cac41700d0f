package trial

import (
	"context"
	"errors"

	"github.com/tqbench/tqbench/suite"
)

// backlog queues the span's tasks while the workers are held, then lets them go.
func (d *driver) backlog(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) error {
	if err := d.holder.queueHeld(ctx, s.tally, out, func(ctx context.Context) error { return send(ctx, p, s, 0, out) }); err != nil {
		return err
	}
	if p.Producer == suite.Client {
		// Enqueueing doesn't include the client's own start-up.
		out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
	}
	m := d.release(s.tally, out)
	profiled, err := d.profiler.cpu(ctx, p.Name, p.Producer)
	if err != nil {
		m.end(out)
		return err
	}
	err = d.waiter.drain(ctx, p.Name, func() (int64, int64) { return s.done.Load(), out.Count })
	m.end(out)
	if err = errors.Join(err, profiled()); err != nil {
		return err
	}
	d.rec.backlogCost(out)
	return nil
}

// release begins to measure and lets held workers go.
func (d *driver) release(t *tally, out *loaded) *measurement {
	m := d.meter.measure(t)
	out.Released = d.clock.Now()
	d.holder.fleet.group.Release()
	return m
}
