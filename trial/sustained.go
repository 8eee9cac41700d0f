package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// sustained keeps a backlog at its depth for as long as the phase lasts, then lets it drain. At any cost per task, both sides are measured
// over the same time at the same depth, but for a side that would drain that at once: its backlog is made deeper.
func (d *driver) sustained(ctx context.Context, p suite.Phase) error {
	t := &tally{name: p.Name, measured: true}
	if err := d.fits(suite.Phase{Tasks: p.Depth}); err != nil {
		return err
	}
	f := &feeder{sender: d.sender, tally: t, depth: int64(p.Depth)}
	out := loaded{Phase: results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, Depth: int64(p.Depth), First: d.sender.ledger.next}}
	d.rec.tell(p.Name, 0, 0)
	d.watch.begin(t, p)
	if err := d.holder.yield(ctx, nil); err != nil { // for the others to start
		return err
	}
	f.share = d.share() // how many tasks there will be isn't known yet
	if err := f.share.fits(f.depth); err != nil {
		return err
	}
	if err := d.holder.queueHeld(ctx, t, &out, f.fill); err != nil {
		return err
	}
	m := d.release(t, &out)
	profiled, err := d.profiler.cpu(ctx, p.Name, p.Producer)
	if err == nil {
		err = d.steady(ctx, p, f, m, &out)
	}
	out.Count, out.BytesPerTask = f.sent, float64(f.bytes)/float64(f.sent)
	if err == nil {
		err = d.waiter.drain(ctx, p.Name, func() (int64, int64) { return t.done.Load(), out.Count })
	}
	if err == nil {
		err = d.holder.yield(ctx, m) // for the others to drain
	}
	m.end(&out)
	if err = errors.Join(err, profiled()); err != nil {
		return err
	}
	d.rec.backlogCost(&out)
	d.rec.drained(t, &out)
	if out.SteadyTo > 0 {
		out.stretches = nil
		for _, s := range out.SteadyTurns() {
			out.stretches = append(out.stretches, stretch{s.From, s.To})
		}
		d.ranLow(t, &out)
	}
	d.rec.keep(out)
	return nil
}

// steady keeps the backlog up over the ramp-up and the time of the measurement, and notes that time's bounds. If patience ends earlier,
// there is none. Sides that take turns are measured in each of theirs.
func (d *driver) steady(ctx context.Context, p suite.Phase, f *feeder, m *measurement, out *loaded) error {
	if d.holder.turn == nil {
		from := out.Released + int64(p.Ramp())
		to := from + int64(p.Lasts)
		whole, err := d.keepFed(ctx, p, f, to, out)
		if whole {
			out.SteadyFrom, out.SteadyTo = from, to
		}
		return err
	}
	whole, err := d.keepFed(ctx, p, f, out.Released+int64(p.Ramp()), out)
	n, each := p.TurnsOf()
	for range n {
		if err != nil || !whole {
			break
		}
		var held bool
		if held, err = d.holder.yields(ctx, m); err != nil {
			break
		}
		from := d.clock.Now()
		if held {
			from += int64(turnRamp)
		}
		turn := results.Turn{From: from, To: from + int64(each)}
		if whole, err = d.keepFed(ctx, p, f, turn.To, out); whole {
			out.Turns = append(out.Turns, turn)
		}
	}
	if err != nil || !whole {
		out.Turns = nil // no rate is taken of some of them
		return err
	}
	out.SteadyFrom, out.SteadyTo = out.Turns[0].From, out.Turns[n-1].To
	return d.holder.yield(ctx, m)
}

// keepFed tops up the backlog until then, and reports whether it got there. It fails once the times of all that was sent no longer fit into
// memory.
func (d *driver) keepFed(ctx context.Context, p suite.Phase, f *feeder, to int64, out *loaded) (whole bool, err error) {
	w := d.waiter.patience(math.MaxInt64 / 2)
	for now := d.clock.Now(); now < to; now = d.clock.Now() {
		if w.over(ctx, f.tally.done.Load()) {
			d.rec.addFlag(results.FlagNotDrained, "*", results.Fact{Check: results.CheckAbandoned, Phase: p.Name,
				Value: seconds(now - out.Released), Base: seconds(to - out.Released)})
			return false, nil
		}
		if elapsed := now - out.Released; elapsed < int64(p.Ramp()) {
			f.deepen(elapsed) // before the measurement, so that all of it is at one depth
		}
		if err := f.topUp(ctx); err != nil {
			return false, fmt.Errorf("send: %w", orCause(ctx, err))
		}
		if err := f.share.fits(f.sent); err != nil {
			return false, err
		}
		d.rec.tell(p.Name, now-out.Released, to-out.Released)
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-d.waiter.collect.turn:
		}
	}
	return true, nil
}

// ranLow flags a phase whose backlog was nearly empty at some time, so that workers may have waited for the producer.
func (d *driver) ranLow(t *tally, out *loaded) {
	enough := max(d.processes*d.scenario.Concurrency, int(out.Depth)/10)
	if least := t.least(out.SteadyFrom, out.SteadyTo); least < enough {
		d.rec.addFlag(results.FlagProducerBound, "throughput", results.Fact{Check: results.CheckBacklog, Phase: out.Name, Of: out.Depth,
			Count: int64(max(least, 0)), Limit: float64(enough)}) // below 0 if tasks ended before the broker confirmed them
	}
}

// least is the minimum of the tally's tasks under way between two moments: those that the broker had accepted and that had not ended.
func (t *tally) least(from, to int64) int {
	var taken, ended []int64
	for _, s := range t.spans {
		for i := range s.tasks {
			e := &s.tasks[i]
			if e.acked > 0 {
				taken = append(taken, e.acked)
			}
			if e.ok+e.failed > 0 {
				ended = append(ended, e.finished)
			}
		}
	}
	slices.Sort(taken)
	slices.Sort(ended)
	least := upTo(taken, from) - upTo(ended, from)
	for i := upTo(ended, from); i < len(ended) && ended[i] <= to; i++ {
		least = min(least, upTo(taken, ended[i])-i-1)
	}
	return least
}
