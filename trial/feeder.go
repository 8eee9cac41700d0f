package trial

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/loadgen"
)

// feeder keeps a backlog at its depth.
type feeder struct {
	sender *sender
	tally  *tally
	// depth is the planned depth, deeper what is kept in addition, as the workers drain faster than the backlog is topped up.
	depth, deeper int64
	// share is the memory for the tasks' times when the first one was sent.
	share share
	// sent counts the sent tasks, bytes their messages' bytes.
	sent, bytes int64
	// first is the first task's number, span the current helping.
	first int64
	span  *span
	feed  *loadgen.Feed
	// deck has the kinds of the next tasks, nil with a single kind.
	deck []uint8
}

// fill queues the backlog, like any backlog.
func (f *feeder) fill(ctx context.Context) error {
	f.span = f.sender.helping(f.tally, int(f.depth))
	f.first = f.span.first
	return f.sends(f.depth, func() (int64, error) { return f.sender.sendNow(ctx, f.span) })
}

const (
	// inReserve is for how long a backlog must last: the producer may get no turn for so long on a busy machine.
	inReserve = 250 * time.Millisecond
	// mostDeeper is how many times the planned depth a backlog may have.
	mostDeeper = 16
)

// missing is how many tasks the backlog lacks to its depth.
func (f *feeder) missing() int64 { return f.depth + f.deeper - (f.sent - f.tally.done.Load()) }

// deepen makes the backlog as deep as the workers need that have drained for so many nanoseconds: fast ones would otherwise empty it before
// it is topped up, and wait for the producer.
func (f *feeder) deepen(elapsed int64) {
	if elapsed <= 0 {
		return
	}
	lasts := float64(f.tally.done.Load()) / float64(elapsed) * float64(inReserve)
	f.deeper = max(f.deeper, int64(min(lasts, float64(mostDeeper*f.depth)))-f.depth)
}

// topUp sends what is missing to the depth.
func (f *feeder) topUp(ctx context.Context) error {
	missing := f.missing()
	if missing <= 0 {
		return nil
	}
	if f.sender.away != nil {
		f.span = f.helping(int(missing))
		return f.sends(missing, func() (int64, error) { return f.sender.sendNow(ctx, f.span) })
	}
	if f.feed == nil {
		var err error
		if f.feed, err = loadgen.NewFeed(f.sender.clock, f.load(), int(f.sent)); err != nil {
			return err
		}
	}
	f.span = f.helping(int(missing))
	return f.sends(missing, func() (int64, error) { return f.feed.Send(ctx, int(missing)) })
}

// helping adds a span. Its kinds of tasks come from a deck with one card for each task of the backlog, in their shares: a helping may be a
// single task.
func (f *feeder) helping(n int) *span {
	d := f.sender
	s := d.ledger.add(f.tally, n, 1)
	kinds := d.scenario.Kinds()
	for len(kinds) > 1 && len(f.deck) < n {
		f.deck = append(f.deck, shuffled(int(f.depth), kinds, rand.New(rand.NewPCG(d.seed, uint64(s.first)+uint64(len(f.deck)))))...)
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
	d := f.sender
	kinds := d.kinds(int(f.depth))
	within := func(i int) int { return i - int(f.span.first-f.first) }
	kind := func(i int) contender.Kind {
		if d.scenario.Own == nil {
			i = within(i)
		}
		return kinds[d.pick(f.span, i)]
	}
	return loadgen.Load{
		Publisher: d.broker,
		Record:    func(i int, intended, sent, acked int64) { f.span.record(within(i), intended, sent, acked) },
		NewEncode: func() (loadgen.Encode, error) {
			// The streams of ids for wire begin after this one.
			ids := rand.New(rand.NewPCG(d.seed, uint64(f.first)<<8))
			return contender.Stream(d.contender, d.target, kind, f.first, ids)
		},
	}
}
