package trial

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// feeder keeps a backlog at its depth.
type feeder struct {
	run   *run
	tally *tally
	depth int
	// lot is how many things are sent at once at least.
	lot int
	// sent counts the things that were sent: tasks, or chains of them.
	sent, bytes int64
}

// feeder makes one for a tally. Tasks are sent one for one. Chains come in lots of half the depth: which of them are
// unlucky follows from their places in a lot, which must then be equally large on both sides.
func (r *run) feeder(t *tally, depth int) *feeder {
	f := &feeder{run: r, tally: t, depth: depth, lot: 1}
	if r.Scenario.Chain {
		f.lot = depth / 2
	}
	return f
}

// feed sends what is missing of the depth.
func (f *feeder) feed(ctx context.Context) error {
	missing := f.depth - int(f.sent-f.tally.ended.Load())
	for missing >= f.lot {
		n := missing
		if f.lot > 1 {
			n = f.lot
		}
		s := f.run.helping(f.tally, n)
		bytes, err := loadgen.Backlog(ctx, f.run.Clock, f.run.wire(s))
		f.sent += int64(n)
		f.bytes += bytes
		missing -= n
		if err != nil {
			return fmt.Errorf("send: %w", orCause(ctx, err))
		}
	}
	return nil
}

// sustained keeps a backlog at its depth for as long as the phase lasts, then lets it drain. Whatever a task costs, both
// sides are measured over the same time at the same depth.
func (r *run) sustained(ctx context.Context, p suite.Phase) error {
	t := &tally{name: p.Name, measured: true}
	f := r.feeder(t, p.Depth)
	out := loaded{Phase: results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, Depth: int64(p.Depth), First: r.ledger.next}}
	r.tell(p.Name, 0, 0)
	r.watch.begin(t, p)
	if err := r.hold(ctx); err != nil {
		return err
	}
	out.EnqueueBegan = r.Clock.Now()
	err := r.unblocked(ctx, p.Name, t, func() error { return f.feed(ctx) })
	out.EnqueueEnded = r.Clock.Now()
	if err != nil {
		r.group.Release()
		return err
	}
	m := r.measure(t)
	out.Released = r.Clock.Now()
	r.group.Release()
	profiled, err := r.profileCPU(ctx, p.Name, p.Producer)
	if err == nil {
		err = r.keepFed(ctx, p, f, &out)
	}
	out.Count, out.BytesPerTask = t.tasks(), float64(f.bytes)/float64(f.sent)
	if err == nil {
		err = r.drain(ctx, p.Name, time.Duration(r.Scenario.Limit), func() (int64, int64) { return t.done.Load(), out.Count })
	}
	m.end(&out)
	if err == nil {
		err = profiled()
	}
	if err != nil {
		return err
	}
	r.backlogCost(&out)
	r.drained(t, &out)
	if out.SteadyTo > 0 {
		out.stretch = stretch{out.SteadyFrom, out.SteadyTo}
		r.ranLow(t, &out)
	}
	r.keep(out)
	return nil
}

// keepFed feeds the backlog until the end of the steady window, whose bounds it notes. Where patience is over before that,
// there is none.
func (r *run) keepFed(ctx context.Context, p suite.Phase, f *feeder, out *loaded) error {
	from := out.Released + int64(p.Ramp())
	to := from + int64(p.Lasts)
	w := r.patience(math.MaxInt64 / 2)
	for now := r.Clock.Now(); now < to; now = r.Clock.Now() {
		if w.over(ctx, f.tally.done.Load()) {
			r.addFlag(results.FlagNotDrained, "*", "phase %s: it was given up after %s of %s", p.Name,
				time.Duration(now-out.Released).Round(time.Millisecond), time.Duration(to-out.Released))
			return nil
		}
		if err := f.feed(ctx); err != nil {
			return err
		}
		r.tell(p.Name, now-out.Released, to-out.Released)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-r.collect.turn:
		}
	}
	out.SteadyFrom, out.SteadyTo = from, to
	return nil
}

// ranLow flags a phase whose backlog was nearly empty at some time, so that workers may have waited for the producer.
func (r *run) ranLow(t *tally, out *loaded) {
	enough := max(r.Scenario.Processes*r.Scenario.Concurrency, int(out.Depth)/10)
	if least := t.least(out.SteadyFrom, out.SteadyTo); least < enough {
		r.addFlag(results.FlagProducerBound, "throughput", "phase %s: its backlog of %d was down to %d, below %d: the producer did not keep up",
			out.Name, out.Depth, least, enough)
	}
}

// least is how many of the tally's things were under way at the least between two moments: those that the broker had taken
// and that had not ended.
func (t *tally) least(from, to int64) int {
	var taken, ended []int64
	for _, s := range t.spans {
		for i := range s.sends {
			if at := s.tasks[i].acked; at > 0 {
				taken = append(taken, at)
			}
			if e := &s.tasks[len(s.tasks)-s.sends+i]; e.ok+e.failed > 0 {
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
