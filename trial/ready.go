package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
)

const (
	// readyLimit bounds the start of workers.
	readyLimit = 60 * time.Second
	// readyHold is how long one readiness task occupies its process, so that its siblings take the others.
	readyHold = 25 // ms
	// readyRound is the number of tasks per process and round.
	readyRound = 3
)

// prober proves that workers are ready, and that they read our clock.
type prober struct {
	clock   *clock.Clock
	broker  broker.Broker
	encoder contender.Encoder
	rng     *rand.Rand
	ledger  *ledger
	collect *collector
	rec     *recorder
	fleet   *fleet
	waiter  *waiter
	// processes is how many of the workers run tasks.
	processes int
}

// awaitReady sends readiness tasks until every worker process has run one. No start-up message or pause replaces that proof. The same tasks
// prove the clock: a worker's times must be between the harness's own readings before the sending and after it saw the record.
func (p *prober) awaitReady(ctx context.Context) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, readyLimit, errSlow)
	defer cancel()
	var s *span
	defer func() {
		if errors.Is(err, errSlow) {
			err = p.slow(s)
		}
	}()
	p.collect.call(func(w **witness) { *w = newWitness() })
	// The first round waits for the workers to start, so its bracket of their clock is wide: a second round follows.
	for round, pids := 1, 0; pids < p.processes || round <= 2; round++ {
		s = p.ledger.open("ready", readyRound*p.processes, false)
		if err := p.round(ctx, s); err != nil {
			return fmt.Errorf("send readiness tasks: %w", orCause(ctx, err))
		}
		if err := p.waiter.until(ctx, func() bool { return s.done.Load() == int64(len(s.tasks)) }); err != nil {
			return err
		}
		p.collect.call(func(w **witness) { pids = len((*w).pids) })
	}
	p.witnessed()
	return nil
}

// errSlow is that workers were not ready in time.
var errSlow = errors.New("the workers were not ready in time")

// slow reports how many processes ran a readiness task in time, and a worker's last words.
func (p *prober) slow(s *span) error {
	pids := 0
	p.collect.call(func(w **witness) { pids = len((*w).pids) })
	words := fmt.Sprintf("%d of %d processes of %s were ready within %s", pids, p.processes, p.fleet.name, readyLimit)
	if missing := int64(len(s.tasks)) - s.done.Load(); pids >= p.processes && missing > 0 {
		words = fmt.Sprintf("%d of %d readiness tasks of %s have no record of their number within %s", missing, len(s.tasks), p.fleet.name, readyLimit)
	}
	return NotRun("%s; the last words of the first worker: %s", words, p.fleet.lastWords())
}

// witnessed dismisses the witness and notes its check of the clock.
func (p *prober) witnessed() {
	var w *witness
	p.collect.call(func(at **witness) { w, *at = *at, nil })
	p.rec.result.Startup.ClockSlackNs = w.before + w.after
	if w.wrong != "" {
		p.rec.addFlagOf(results.FlagClock, clockMetrics(), w.wrong, results.Fact{Check: results.CheckClock})
	}
}

// round sends a span of readiness tasks.
func (p *prober) round(ctx context.Context, s *span) error {
	for i := range s.tasks {
		if err := p.send(ctx, s, i, contender.Task{Name: "ready", Args: []any{readyHold}}); err != nil {
			return err
		}
	}
	return nil
}

// send sends the span's task i, which the witness watches.
func (p *prober) send(ctx context.Context, s *span, i int, t contender.Task) error {
	t.Seq, t.ID, t.Tag, t.At = s.first+int64(i), contender.RandomUUID(p.rng), contender.RandomUUID(p.rng), time.Now()
	m := broker.Message{Destination: p.encoder.Destination()}
	var err error
	if m.Body, err = p.encoder.Append(nil, &m.Properties, t); err != nil {
		return err
	}
	sent := p.clock.Now()
	p.collect.call(func(w **witness) { (*w).sent[uint64(t.Seq)] = sent })
	if _, err := p.broker.Publish(ctx, []broker.Message{m}); err != nil {
		return err
	}
	s.record(i, sent, sent, p.clock.Now())
	return nil
}

// witness watches readiness tasks: which process ran them, and whether their times are between ours.
type witness struct {
	sent map[uint64]int64
	pids map[uint32]bool
	// before and after are the shortest times from our sending to the worker's start, and from its end to our reading: an offset between
	// the clocks, in either direction, is smaller than these.
	before, after int64
	wrong         string
}

func newWitness() *witness {
	return &witness{sent: map[uint64]int64{}, pids: map[uint32]bool{}, before: math.MaxInt64, after: math.MaxInt64}
}

func (w *witness) see(p results.Probe, readAt, halfWidth int64) {
	sent, ok := w.sent[p.Seq]
	if !ok {
		return
	}
	w.pids[p.PID] = true
	w.before = min(w.before, int64(p.Started)-sent)
	w.after = min(w.after, readAt-int64(p.Finished))
	if int64(p.Started) < sent-halfWidth || int64(p.Finished) > readAt+halfWidth {
		w.wrong = fmt.Sprintf("process %d started %d ns after its task was sent and finished %d ns before that was read",
			p.PID, int64(p.Started)-sent, readAt-int64(p.Finished))
	}
}
