package trial

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/suite"
)

// sender makes a scenario's tasks and sends them with the wire producer.
type sender struct {
	clock     *clock.Clock
	scenario  suite.Scenario
	contender contender.Contender
	target    contender.Target
	seed      uint64
	ledger    *ledger
	broker    broker.Broker
	// away sends instead, if the load is that of other hosts.
	away Away
}

// wire is the load of a span sent by the wire producer.
func (d *sender) wire(s *span) loadgen.Load {
	var mu sync.Mutex
	stream := uint64(s.first) << 8
	kinds := d.kinds(s.sends)
	return loadgen.Load{
		N: s.sends, Publisher: d.broker, Record: s.record,
		NewEncode: func() (loadgen.Encode, error) {
			mu.Lock()
			defer mu.Unlock()
			stream++
			// Task ids follow from the trial's seed.
			return contender.Stream(d.contender, d.target, func(i int) contender.Kind { return kinds[d.pick(s, i)] }, s.first, rand.New(rand.NewPCG(d.seed, stream)))
		},
	}
}

// kinds are the scenario's kinds of tasks, as a contender sends them in a span of that many.
func (d *sender) kinds(sends int) []contender.Kind {
	if own := d.scenario.Own; own != nil {
		var out []contender.Kind
		for _, c := range own.Calls {
			out = append(out, contender.Kind{Task: own.Tasks[d.contender.Framework()], Own: &contender.Call{Args: c.Args, Kwargs: c.Kwargs}})
		}
		return out
	}
	if d.scenario.Chain {
		return []contender.Kind{{Task: d.scenario.Mix[0].Task, Args: []any{sends}}}
	}
	var out []contender.Kind
	for _, k := range d.scenario.Kinds() {
		out = append(out, contender.Kind{Task: k.Task, Args: k.Args, Queue: d.queue(k)})
	}
	return out
}

// queue is the queue of a kind of task, "" with a single queue.
func (d *sender) queue(k suite.Share) string {
	if i := slices.Index(d.scenario.Queues(), k.Queue); i >= 0 && i < len(d.target.Queues) {
		return d.target.Queues[i]
	}
	return ""
}

// pick is the index of the kind of the span's task i: a user's own calls are used in turn.
func (d *sender) pick(s *span, i int) int {
	if own := d.scenario.Own; own != nil {
		if !s.measured {
			i += int(s.first) // a warm-up has many spans, some of a single task
		}
		return i % len(own.Calls)
	}
	return s.kind(i)
}

// span opens a span of load, with kinds of tasks in their shares.
func (d *sender) span(name string, n int, measured bool) *span {
	return d.helping(&tally{name: name, measured: measured}, n)
}

// helping adds a span to a tally, as span opens one.
func (d *sender) helping(t *tally, n int) *span {
	s := d.ledger.add(t, n, d.scenario.Steps())
	if !d.scenario.Chain {
		s.kinds = shuffled(n, d.scenario.Kinds(), rand.New(rand.NewPCG(d.seed, uint64(s.first))))
	}
	return s
}

func (d *sender) sendWire(ctx context.Context, p suite.Phase, s *span, start int64, out *loaded) error {
	var bytes int64
	var err error
	switch {
	case d.away != nil:
		bytes, err = d.sendAway(ctx, p, s, start, out)
	case p.Arrivals == suite.Backlog:
		bytes, err = loadgen.Backlog(ctx, d.clock, d.wire(s))
	default:
		bytes, err = loadgen.Paced(ctx, d.clock, start, schedule(p.Arrivals, p.Rate, times(p), d.seed), d.wire(s))
	}
	out.BytesPerTask = float64(bytes) / float64(s.sends)
	return err
}

// sendNow sends a span as fast as the broker accepts it, and returns the bytes sent.
func (d *sender) sendNow(ctx context.Context, s *span) (int64, error) {
	if d.away != nil {
		return d.sendAway(ctx, suite.Phase{Arrivals: suite.Backlog}, s, 0, nil)
	}
	return loadgen.Backlog(ctx, d.clock, d.wire(s))
}

// sendFunc sends a span; open arrivals begin at start.
type sendFunc func(ctx context.Context, p suite.Phase, s *span, start int64, out *loaded) error
