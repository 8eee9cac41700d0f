package trial

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// startLead is the lead of an open schedule, so that its first task isn't late.
const startLead = 20 * time.Millisecond

// open sends the span's tasks on their schedule while the workers work.
func (d *driver) open(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) error {
	unfinished, err := d.offered(ctx, p, s, out, send)
	if err != nil {
		return err
	}
	// A chain may take as long as all its steps.
	bound := max(int64(p.Rate), 50) * int64(d.scenario.Steps())
	behind := d.scenario.Steps() == 1 && fellBehind(unfinished, out.Count, time.Duration(out.EnqueueEnded-out.EnqueueBegan), time.Duration(s.lastFinished()-out.EnqueueEnded))
	if (unfinished > bound || behind) && p.Arrivals != suite.Trace {
		d.rec.addFlag(results.FlagSaturated, pacedMetrics(), results.Fact{Check: results.CheckWaiting, Phase: p.Name, Count: unfinished, Rate: p.Rate})
	}
	return nil
}

// A short phase ends before a second of work waits. Workers fell behind in one that took at least behindFrom, if at its end a third of its tasks
// had not ended, and those ended at less than behindPace of the rate at which all were sent. Workers that look for tasks only now and then have
// many at the end, too, and finish them at once.
const (
	behindFrom = 500 * time.Millisecond
	behindPace = 0.6
)

// fellBehind tells whether workers fell behind a load whose tasks were all sent in one time, and whose unfinished ones took another after that.
func fellBehind(unfinished, all int64, sending, draining time.Duration) bool {
	if sending < behindFrom || 3*unfinished < all || draining <= 0 {
		return false
	}
	return float64(unfinished)/draining.Seconds() < behindPace*float64(all)/sending.Seconds()
}

// offered sends the span's tasks on their schedule and waits for their end. waiting is how many had not ended when the last one was sent.
func (d *driver) offered(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) (waiting int64, err error) {
	if err := d.sender.prepare(ctx, p, s); err != nil {
		return 0, fmt.Errorf("send: %w", orCause(ctx, err))
	}
	m := d.meter.measure(s.tally)
	start := d.clock.Now() + int64(startLead)
	out.Released = start
	err = send(ctx, p, s, start, out)
	waiting = out.Count - s.done.Load()
	if err == nil {
		out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
		err = d.waiter.drain(ctx, p.Name, func() (int64, int64) { return s.done.Load(), out.Count })
	}
	m.end(out)
	if err != nil {
		return waiting, fmt.Errorf("send: %w", orCause(ctx, err))
	}
	return waiting, nil
}

func firstSent(s *span) int64 {
	first := int64(math.MaxInt64)
	for i := range s.sends {
		if sent := s.tasks[i].sent; sent > 0 {
			first = min(first, sent)
		}
	}
	return first
}

func lastAcked(s *span) int64 {
	var last int64
	for i := range s.sends {
		last = max(last, s.tasks[i].acked)
	}
	return last
}
