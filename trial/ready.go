package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
)

const (
	// readyLimit bounds the start of workers.
	readyLimit = 60 * time.Second
	// readyHold is how long one readiness task holds its process, so that its siblings take the others.
	readyHold = 25 // ms
	// readyRound is how many are sent per process and round.
	readyRound = 3
	// clockMetrics are those that subtract times of the two.
	clockMetrics = "latency_p50 latency_p99 " + metric.StartFirst + " " + metric.StartAll
)

// awaitReady sends readiness tasks until every worker process has run one. No start-up message and no pause stands
// for that proof. The same tasks prove the clock: a worker's times must lie between the harness's own readings before
// the sending and after the record was seen.
func (r *run) awaitReady(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, errSlow)
	defer cancel()
	var s *span
	defer func() {
		if errors.Is(err, errSlow) {
			err = r.slow(s)
		}
	}()
	r.collect.call(func(w **witness) { *w = newWitness() })
	// The first round waits for the workers to come up, so its bracket of their clock is wide: there is a second.
	for round, pids := 1, 0; pids < r.setup.Probing || round <= 2; round++ {
		s = r.ledger.open("ready", readyRound*r.setup.Probing, false)
		if err := r.sendReady(ctx, s); err != nil {
			return fmt.Errorf("send readiness tasks: %w", orCause(ctx, err))
		}
		if err := r.awaitTurn(ctx, func() bool { return s.done.Load() == int64(len(s.tasks)) }); err != nil {
			return err
		}
		r.collect.call(func(w **witness) { pids = len((*w).pids) })
	}
	r.witnessed()
	return nil
}

// errSlow is that workers were not ready in time.
var errSlow = errors.New("the workers were not ready in time")

// slow tells how many processes ran a readiness task in time, and what a worker said last.
func (r *run) slow(s *span) error {
	pids := 0
	r.collect.call(func(w **witness) { pids = len((*w).pids) })
	words := fmt.Sprintf("%d of %d processes of %s were ready within %s", pids, r.setup.Probing, r.Contender.Name(), readyLimit)
	if missing := int64(len(s.tasks)) - s.done.Load(); pids >= r.setup.Probing && missing > 0 {
		words = fmt.Sprintf("%d of %d readiness tasks of %s have no record of their number within %s", missing, len(s.tasks), r.Contender.Name(), readyLimit)
	}
	return fmt.Errorf("%w: %s; the last words of the first worker: %s", ErrNotRun, words, r.lastWords(r.workerLog(0)))
}

// witnessed dismisses the witness and notes what it saw of the clock.
func (r *run) witnessed() {
	var w *witness
	r.collect.call(func(at **witness) { w, *at = *at, nil })
	r.result.Startup.ClockSlackNs = w.before + w.after
	if w.wrong != "" {
		r.addFlag(results.FlagClock, clockMetrics, "workers and harness don't read the same clock: %s", w.wrong)
	}
}

// witness watches readiness tasks: who ran them, and whether their times lie between ours.
type witness struct {
	sent map[uint64]int64
	pids map[uint32]bool
	// before and after are the least time from our sending to the worker's start, and from its end to our reading: an
	// offset between the clocks, either way, is smaller than these.
	before, after int64
	wrong         string
}

func newWitness() *witness {
	return &witness{sent: map[uint64]int64{}, pids: map[uint32]bool{}, before: math.MaxInt64, after: math.MaxInt64}
}

func (w *witness) see(p results.Probe, readAt int64) {
	sent, ok := w.sent[p.Seq]
	if !ok {
		return
	}
	w.pids[p.PID] = true
	w.before = min(w.before, int64(p.Started)-sent)
	w.after = min(w.after, readAt-int64(p.Finished))
	if int64(p.Started) < sent || int64(p.Finished) > readAt {
		w.wrong = fmt.Sprintf("process %d started %d ns after its task was sent and finished %d ns before that was read",
			p.PID, int64(p.Started)-sent, readAt-int64(p.Finished))
	}
}

func (r *run) sendReady(ctx context.Context, s *span) error {
	for i := range s.tasks {
		seq := s.first + int64(i)
		m := broker.Message{Destination: r.encoder.Destination()}
		var err error
		if m.Body, err = r.encoder.Append(nil, &m.Properties, contender.Task{
			Name: "ready", Seq: seq, Args: []any{readyHold},
			ID: contender.RandomUUID(r.rng), Tag: contender.RandomUUID(r.rng), At: time.Now(),
		}); err != nil {
			return err
		}
		now := r.Clock.Now()
		r.collect.call(func(w **witness) { (*w).sent[uint64(seq)] = now })
		if _, err := r.Broker.Publish(ctx, []broker.Message{m}); err != nil {
			return err
		}
		s.record(i, now, now, r.Clock.Now())
	}
	return nil
}

// awaitTurn waits until ok, asked after each reading of the probe files, from the collector's goroutine's hand-over.
// It fails when the context ends or when every worker has ended.
func (r *run) awaitTurn(ctx context.Context, ok func() bool) error {
	for {
		_, changed := r.group.Exits()
		if err := r.deadWorkers(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		case <-r.collect.turn:
			if ok() {
				return nil
			}
		}
	}
}

// deadWorkers tells of a worker that ended by itself, with its last words.
func (r *run) deadWorkers() error {
	exits, _ := r.group.Exits()
	if len(exits) == 0 {
		return nil
	}
	return fmt.Errorf("%w: a worker of %s ended by itself (%s): %s", ErrNotRun, r.Contender.Name(), exits[0],
		r.lastWords(r.workerLog(exits[0].Command)))
}

// orCause prefers the reason for which a context ended to the error that follows from it.
func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
