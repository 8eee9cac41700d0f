package trial

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// feeder keeps a backlog at its depth.
type feeder struct {
	run   *run
	tally *tally
	depth int64
	// sent counts the tasks that were sent, bytes those of their messages.
	sent, bytes int64
	// first is the first task's number, span the helping that is sent.
	first int64
	span  *span
	feed  *loadgen.Feed
	// deck has the kinds of the tasks that come next, nil where there is one kind.
	deck []uint8
}

// fill queues the backlog, as any backlog is queued.
func (f *feeder) fill(ctx context.Context) error {
	f.span = f.run.helping(f.tally, int(f.depth))
	f.first = f.span.first
	return f.sends(f.depth, func() (int64, error) { return loadgen.Backlog(ctx, f.run.Clock, f.run.wire(f.span)) })
}

// topUp sends what is missing of the depth.
func (f *feeder) topUp(ctx context.Context) error {
	missing := f.depth - (f.sent - f.tally.done.Load())
	if missing <= 0 {
		return nil
	}
	if f.feed == nil {
		var err error
		if f.feed, err = loadgen.NewFeed(f.run.Clock, f.load(), int(f.sent)); err != nil {
			return err
		}
	}
	f.span = f.helping(int(missing))
	return f.sends(missing, func() (int64, error) { return f.feed.Send(ctx, int(missing)) })
}

// helping adds a span whose kinds of tasks are the next of a deck that has as many cards as the backlog has tasks, in
// their shares: a helping may be a single task.
func (f *feeder) helping(n int) *span {
	r := f.run
	s := r.ledger.add(f.tally, n, 1)
	kinds := r.Scenario.Kinds()
	for len(kinds) > 1 && len(f.deck) < n {
		f.deck = append(f.deck, shuffled(int(f.depth), kinds, rand.New(rand.NewPCG(r.Trial.Seed, uint64(s.first)+uint64(len(f.deck)))))...)
	}
	if len(kinds) > 1 {
		s.kinds, f.deck = f.deck[:n:n], f.deck[n:]
	}
	return s
}

// sends counts n tasks that send sends.
func (f *feeder) sends(n int64, send func() (bytes int64, err error)) error {
	bytes, err := send()
	f.sent += n
	f.bytes += bytes
	return err
}

// load is that of all helpings after the first. Its tasks are numbered from the phase's first on.
func (f *feeder) load() loadgen.Load {
	r := f.run
	kinds := r.kinds(int(f.depth))
	within := func(i int) int { return i - int(f.span.first-f.first) }
	kind := func(i int) contender.Kind {
		if r.Scenario.Own == nil {
			i = within(i)
		}
		return kinds[r.pick(f.span, i)]
	}
	return loadgen.Load{
		Publisher: r.Broker,
		Record:    func(i int, intended, sent, acked int64) { f.span.record(within(i), intended, sent, acked) },
		NewEncode: func() (loadgen.Encode, error) {
			// The streams of ids that wire takes begin behind this one.
			ids := rand.New(rand.NewPCG(r.Trial.Seed, uint64(f.first)<<8))
			return contender.Stream(r.Contender, r.Target, kind, f.first, ids)
		},
	}
}

// sustained keeps a backlog at its depth for as long as the phase lasts, then lets it drain. Whatever a task costs, both
// sides are measured over the same time at the same depth.
func (r *run) sustained(ctx context.Context, p suite.Phase) error {
	t := &tally{name: p.Name, measured: true}
	f := &feeder{run: r, tally: t, depth: int64(p.Depth)}
	out := loaded{Phase: results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, Depth: int64(p.Depth), First: r.ledger.next}}
	r.rec.tell(p.Name, 0, 0)
	r.watch.begin(t, p)
	if err := r.yield(ctx, nil); err != nil { // for the others to come up
		return err
	}
	if err := r.queueHeld(ctx, t, &out, func() error { return f.fill(ctx) }); err != nil {
		return err
	}
	m := r.release(t, &out)
	profiled, err := r.profiler.cpu(ctx, p.Name, p.Producer)
	if err == nil {
		err = r.steady(ctx, p, f, m, &out)
	}
	out.Count, out.BytesPerTask = f.sent, float64(f.bytes)/float64(f.sent)
	if err == nil {
		err = r.drain(ctx, p.Name, time.Duration(r.Scenario.Limit), func() (int64, int64) { return t.done.Load(), out.Count })
	}
	if err == nil {
		err = r.yield(ctx, m) // for the others to drain
	}
	m.end(&out)
	if err == nil {
		err = profiled()
	}
	if err != nil {
		return err
	}
	r.rec.backlogCost(&out)
	r.rec.drained(t, &out)
	if out.SteadyTo > 0 {
		out.stretches = nil
		for _, s := range out.SteadyTurns() {
			out.stretches = append(out.stretches, stretch{s.From, s.To})
		}
		r.ranLow(t, &out)
	}
	r.rec.keep(out)
	return nil
}

// steady keeps the backlog up over the ramp and the time that the rate is taken of, and notes the bounds of that. Where patience is
// over before, there is none. Sides that take turns are measured in each of theirs.
func (r *run) steady(ctx context.Context, p suite.Phase, f *feeder, m *measurement, out *loaded) error {
	if r.Turn == nil {
		from := out.Released + int64(p.Ramp())
		to := from + int64(p.Lasts)
		whole, err := r.keepFed(ctx, p, f, to, out)
		if whole {
			out.SteadyFrom, out.SteadyTo = from, to
		}
		return err
	}
	whole, err := r.keepFed(ctx, p, f, out.Released+int64(p.Ramp()), out)
	n, each := p.TurnsOf()
	for range n {
		if err != nil || !whole {
			return err
		}
		var held bool
		if held, err = r.yields(ctx, m); err != nil {
			return err
		}
		from := r.Clock.Now()
		if held {
			from += int64(turnRamp)
		}
		turn := results.Turn{From: from, To: from + int64(each)}
		if whole, err = r.keepFed(ctx, p, f, turn.To, out); whole {
			out.Turns = append(out.Turns, turn)
		}
	}
	if err != nil || !whole {
		out.Turns = nil
		return err
	}
	out.SteadyFrom, out.SteadyTo = out.Turns[0].From, out.Turns[n-1].To
	return r.yield(ctx, m)
}

// keepFed tops the backlog up until then, and tells whether it got so far.
func (r *run) keepFed(ctx context.Context, p suite.Phase, f *feeder, to int64, out *loaded) (whole bool, err error) {
	w := r.patience(math.MaxInt64 / 2)
	for now := r.Clock.Now(); now < to; now = r.Clock.Now() {
		if w.over(ctx, f.tally.done.Load()) {
			r.rec.addFlag(results.FlagNotDrained, "*", "phase %s: it was given up after %s of %s", p.Name,
				time.Duration(now-out.Released).Round(time.Millisecond), time.Duration(to-out.Released))
			return false, nil
		}
		if err := f.topUp(ctx); err != nil {
			return false, fmt.Errorf("send: %w", orCause(ctx, err))
		}
		r.rec.tell(p.Name, now-out.Released, to-out.Released)
		select {
		case <-ctx.Done():
			return false, context.Cause(ctx)
		case <-r.collect.turn:
		}
	}
	return true, nil
}

// ranLow flags a phase whose backlog was nearly empty at some time, so that workers may have waited for the producer.
func (r *run) ranLow(t *tally, out *loaded) {
	enough := max(r.Scenario.Processes*r.Scenario.Concurrency, int(out.Depth)/10)
	if least := t.least(out.SteadyFrom, out.SteadyTo); least < enough {
		r.rec.addFlag(results.FlagProducerBound, "throughput", "phase %s: its backlog of %d was down to %d, below %d: the producer did not keep up",
			out.Name, out.Depth, max(least, 0), enough) // below 0 where tasks ended before the broker confirmed them
	}
}

// least is how many of the tally's tasks were under way at the least between two moments: those that the broker had taken
// and that had not ended.
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
