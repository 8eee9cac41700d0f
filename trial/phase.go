package trial

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	sampleEvery = 100 * time.Millisecond
	// pssEvery is how many samples lie between two readings of memory, which cost the kernel a walk of page tables.
	pssEvery = 10
	// blockedLimit is how long nothing may be taken from a producer before the broker is asked whether workers that are
	// held keep it waiting.
	blockedLimit = time.Second
	// letGo is how long they then go on at first: enough to end what they are in the middle of, and not to empty the queue. Where
	// that was too short, the time doubles up to letGoDoublings times.
	letGo          = 20 * time.Millisecond
	letGoDoublings = 6
	// stallLimit ends a drain in which nothing happens while the broker holds nothing.
	stallLimit = 5 * time.Second
	// stuckLimit ends a drain in which no task ends while the broker holds some, unless they take long.
	stuckLimit = time.Minute
	// startLead is how far ahead an open schedule starts, so that its first task isn't late.
	startLead = 20 * time.Millisecond
)

// wire is the load of a span sent by the wire producer.
func (r *run) wire(s *span) loadgen.Load {
	var mu sync.Mutex
	stream := uint64(s.first) << 8
	kinds := r.kinds(s.sends)
	return loadgen.Load{
		N: s.sends, Publisher: r.Broker, Record: s.record,
		NewEncode: func() (loadgen.Encode, error) {
			mu.Lock()
			defer mu.Unlock()
			stream++
			// Task ids follow from the trial's seed.
			return contender.Stream(r.Contender, r.Target, func(i int) contender.Kind { return kinds[r.pick(s, i)] }, s.first, rand.New(rand.NewPCG(r.Trial.Seed, stream)))
		},
	}
}

// kinds are the scenario's kinds of tasks, as a contender sends them in a span of that many.
func (r *run) kinds(sends int) []contender.Kind {
	if own := r.Scenario.Own; own != nil {
		var out []contender.Kind
		for _, c := range own.Calls {
			out = append(out, contender.Kind{Task: own.Tasks[r.Contender.Framework()], Own: &contender.Call{Args: c.Args, Kwargs: c.Kwargs}})
		}
		return out
	}
	if r.Scenario.Chain {
		return []contender.Kind{{Task: r.Scenario.Mix[0].Task, Args: []any{sends}}}
	}
	var out []contender.Kind
	for _, k := range r.Scenario.Kinds() {
		out = append(out, contender.Kind{Task: k.Task, Args: k.Args, Queue: r.queue(k)})
	}
	return out
}

// queue is where a kind of task goes, "" where there is one queue only.
func (r *run) queue(k suite.Share) string {
	if i := slices.Index(r.Scenario.Queues(), k.Queue); i >= 0 && i < len(r.Target.Queues) {
		return r.Target.Queues[i]
	}
	return ""
}

// pick is which of kinds the span's task i is: a user's own calls are taken in turn.
func (r *run) pick(s *span, i int) int {
	if own := r.Scenario.Own; own != nil {
		return i % len(own.Calls)
	}
	return s.kind(i)
}

// span opens a span of load, with kinds of tasks in their shares.
func (r *run) span(name string, n int, measured bool) *span {
	return r.helping(&tally{name: name, measured: measured}, n)
}

// helping adds a span to a tally, as span opens one.
func (r *run) helping(t *tally, n int) *span {
	s := r.ledger.add(t, n, r.Scenario.Steps())
	if !r.Scenario.Chain {
		s.kinds = shuffled(n, r.Scenario.Kinds(), rand.New(rand.NewPCG(r.Trial.Seed, uint64(s.first))))
	}
	return s
}

// phase runs one phase and keeps what it measured.
func (r *run) phase(ctx context.Context, p suite.Phase) error {
	if p.Arrivals == suite.Sustained {
		return r.sustained(ctx, p)
	}
	s := r.span(p.Name, p.Tasks, true)
	for i, a := range p.Recorded {
		if s.kinds != nil {
			s.kinds[i] = uint8(a.Kind)
		}
	}
	out := newLoaded(p, s)
	r.rec.tell(p.Name, 0, out.Count)
	r.watch.begin(s.tally, p)

	send := r.sendWire
	if p.Producer == suite.Client {
		send = r.sendClient
	}
	var err error
	if p.Arrivals == suite.Backlog {
		err = r.backlog(ctx, p, s, &out, send)
	} else {
		err = r.open(ctx, p, s, &out, send)
	}
	if err != nil {
		return err
	}
	r.rec.drained(s.tally, &out)
	r.rec.lateness(p, s, &out)
	r.rec.keep(out)
	return nil
}

// sender sends a span; for open arrivals, from start on.
type sendFunc func(ctx context.Context, p suite.Phase, s *span, start int64, out *loaded) error

func (r *run) sendWire(ctx context.Context, p suite.Phase, s *span, start int64, out *loaded) error {
	var bytes int64
	var err error
	switch p.Arrivals {
	case suite.Backlog:
		bytes, err = loadgen.Backlog(ctx, r.Clock, r.wire(s))
	case suite.Trace:
		t := &loadgen.Trace{}
		for _, a := range p.Recorded {
			t.At = append(t.At, int64(a.At*float64(time.Second)))
		}
		bytes, err = loadgen.Paced(ctx, r.Clock, start, t, r.wire(s))
	case suite.Poisson:
		bytes, err = loadgen.Paced(ctx, r.Clock, start, loadgen.NewPoisson(float64(p.Rate), r.Trial.Seed), r.wire(s))
	default:
		bytes, err = loadgen.Paced(ctx, r.Clock, start, &loadgen.Constant{Rate: uint64(p.Rate), Period: time.Second}, r.wire(s))
	}
	out.BytesPerTask = float64(bytes) / float64(s.sends)
	return err
}

// drain waits until as many tasks are done as were sent. It gives up, without an error, where patience is over.
func (r *run) drain(ctx context.Context, stage string, limit time.Duration, count func() (done, total int64)) error {
	w := r.patience(limit)
	for {
		done, total := count()
		if done >= total || w.over(ctx, done) {
			return nil
		}
		r.rec.tell(stage, done, total)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-r.collect.turn:
		}
	}
}

// patience is how long a drain is waited for.
type patience struct {
	run      *run
	deadline int64
	// done is how many tasks were done when that last changed, ended when it did; at looked the broker was asked last.
	done, ended, looked int64
}

func (r *run) patience(limit time.Duration) *patience {
	now := r.Clock.Now()
	return &patience{run: r, deadline: now + int64(limit), done: -1, ended: now, looked: now}
}

// over tells whether to give up when so many tasks are done: the limit is reached, every worker has ended and none is
// started again, nothing happens while the broker holds nothing, or no task has ended for long. Tasks that a recovery waits for come
// back as late as they come.
func (w *patience) over(ctx context.Context, done int64) bool {
	r, now := w.run, w.run.Clock.Now()
	if done != w.done {
		w.done, w.ended, w.looked = done, now, now
	}
	if now > w.deadline || r.fleet.gone() {
		return true
	}
	if now-w.looked > int64(stallLimit) {
		if depth, err := r.Broker.Depth(ctx, r.setup.Places); err == nil && depth == 0 {
			return true
		}
		w.looked = now
	}
	stuck := max(stuckLimit, 10*time.Duration(r.ledger.longest.Load()))
	return r.Scenario.Measure != suite.Recovery && now-w.ended > int64(stuck)
}

// usageOf turns two readings into what was used between them.
func usageOf(before, after process.Usage, pss int64, wall float64, measured bool) results.Usage {
	return results.Usage{
		Measured: measured, CPUSeconds: (after.CPU - before.CPU).Seconds(), WallSeconds: wall,
		PSSMiB:            float64(pss) / (1 << 20),
		VoluntarySwitches: after.Voluntary - before.Voluntary, InvoluntarySwitches: after.Involuntary - before.Involuntary,
		Processes: after.Processes,
	}
}
