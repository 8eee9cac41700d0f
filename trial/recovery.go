package trial

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// restartAfter is how long a supervisor takes to restart what ended.
	restartAfter = time.Second
	// normalOver is the length of the period before the fault that defines the normal number of waiting tasks: at a single moment, that
	// number is chance.
	normalOver = time.Second
)

// recovery causes a fault under an open load. The result is what was lost, and how long it takes until no more tasks wait than before.
type recovery struct {
	plain
	run *run
	// outage is the broker, if the fault is of the broker or the network.
	outage *outage
	// at is when the fault came, back when the faulty part could work again, waited until when tasks were waited for; 0 for what did not
	// happen.
	at, back, waited int64
}

func (w *recovery) traits() traits { return traits{faulty: true} }

func (w *recovery) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.phase) }

// phase sends an open load and, after a part of it, causes the fault: it kills a process that runs tasks, as the out-of-memory killer
// would, or the whole broker, or does what else the scenario says. A process that ends is restarted after a second, as by a supervisor.
func (w *recovery) phase(ctx context.Context, p suite.Phase) error {
	whole := ctx
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, 1)
	go func() {
		err := w.strike(ctx, whole, w.run.Scenario.FaultAfter())
		if err != nil {
			cancel(err) // stop waiting
		}
		done <- err
	}()
	err := w.run.driver.phase(ctx, p)
	w.waited = w.run.Clock.Now()
	cancel(nil)
	if failed := <-done; failed != nil {
		return failed
	}
	return err
}

// strike causes the fault after a time, and restarts workers that end, until the context ends. A fault with a length has its full time,
// even beyond the load.
func (w *recovery) strike(ctx, whole context.Context, after time.Duration) error {
	if !sleep(ctx, startLead+after) {
		return nil
	}
	w.run.fleet.supervised.Store(true)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return w.causeFault(ctx, whole) })
	g.Go(func() error { return w.run.fleet.supervise(ctx) })
	return g.Wait()
}

// sleep waits, and reports whether it did so to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// queued are when tasks were due, and when those of them ended that did, both sorted.
type queued struct{ due, ends []int64 }

// at is how many waited at a time.
func (q queued) at(t int64) int { return upTo(q.due, t) - upTo(q.ends, t) }

// queuedAround are the tasks that were due up to a time, and those that were due later. What the broker never took waits nowhere.
func queuedAround(tasks []entry, at int64) (earlier, later queued) {
	for i := range tasks {
		e, q := &tasks[i], &earlier
		if e.intended > at {
			q = &later
		}
		ended := e.ok+e.failed > 0
		if ended {
			q.ends = append(q.ends, e.finished)
		}
		if ended || e.acked > 0 {
			q.due = append(q.due, e.intended)
		}
	}
	for _, times := range [][]int64{earlier.due, earlier.ends, later.due, later.ends} {
		slices.Sort(times)
	}
	return earlier, later
}

// caughtUp is the first time, from back on, at which no more later tasks waited than tasks did at most in the last second before the fault,
// or than one, which may be on its way at any time. Without such a time, ok is false. Only tasks that were due after the fault count: none of
// them was in the hands of what failed. Earlier ones are lost or come back whenever their framework finds them, and what became of them is
// reported separately. If they counted until they came back, a side that loses them would seem to recover sooner.
func caughtUp(tasks []entry, at, back int64) (when int64, ok bool) {
	earlier, later := queuedAround(tasks, at)
	level := 1
	for _, t := range earlier.due[upTo(earlier.due, at-int64(normalOver)):] {
		level = max(level, earlier.at(t))
	}
	if later.at(back) <= level {
		return back, true
	}
	for _, end := range later.ends[upTo(later.ends, back):] {
		if later.at(end) <= level {
			return end, true
		}
	}
	return 0, false
}

// fateOf is what became of the tasks that were sent before workers were killed, if they were waited for until waited, and at most until
// limit. Before the limit, waiting ends when all tasks have ended, or when the broker holds no more tasks.
func fateOf(tasks []entry, at, limit, waited int64, said *results.Recovery) results.Fate {
	f := results.Fate{LimitSeconds: float64(max(limit, waited)-at) / 1e9, Said: said}
	for i := range tasks {
		e := &tasks[i]
		switch ended := e.ok+e.failed > 0; {
		case e.acked <= 0 || e.acked > at:
		case !ended:
			f.Of++
			f.Lost++
		default:
			f.Of++
			f.BackSeconds = max(f.BackSeconds, float64(e.finished-at)/1e9)
		}
	}
	if f.Lost > 0 {
		f.BackSeconds = 0
	}
	return f.Fated(waited < limit)
}

// upTo is how many of sorted times are no later than t.
func upTo(times []int64, t int64) int {
	n, _ := slices.BinarySearch(times, t+1)
	return n
}

// conclude adds what a recovery is about. Lost and repeated tasks are its result, not a reason to exclude it, and so are late sends while
// the broker was down.
func (w *recovery) conclude() {
	r := w.run
	c := r.rec.result.Counts
	r.rec.value(metric.Lost, float64(c.Lost))
	r.rec.value(metric.Twice, float64(c.Duplicated))
	r.rec.value(metric.Restarts, float64(len(r.fleet.replacements())))
	if w.outage != nil {
		r.rec.value(metric.Resent, float64(w.outage.resent.Load()))
	}
	if w.back > 0 {
		switch took := float64(w.back-w.at) / 1e9; r.Scenario.Strike {
		case suite.StrikeBroker:
			r.rec.value(metric.BrokerBack, took)
		case suite.StrikePause, suite.StrikeSlow:
			r.rec.value(metric.Fault, took)
		}
		// There is one phase, and it is the last span.
		load := r.ledger.spans[len(r.ledger.spans)-1]
		if when, ok := caughtUp(load.tasks, w.at, w.back); ok {
			r.rec.value(metric.Recovery, float64(when-w.at)/1e9)
		}
		if r.Scenario.KillsWorkers() {
			fate := fateOf(load.tasks, w.at, r.waiter.back.Load(), w.waited, r.Scenario.Said(r.setup.Recovery))
			r.rec.result.Recovery = &fate
			if fate.Outcome == results.FateBack && fate.BackSeconds > 0 {
				r.rec.value(metric.Back, fate.BackSeconds)
			}
		}
	}
	for i := range r.rec.result.Flags {
		f := &r.rec.result.Flags[i]
		switch f.Code {
		case results.FlagLost, results.FlagDuplicated, results.FlagWorkerDied, results.FlagNotDrained:
			f.Metrics = nil
			if f.Code == results.FlagLost && r.rec.result.Recovery != nil {
				f.Check = results.CheckDrain // whether they are lost is the result
			}
		case results.FlagSaturated:
			// Where one of two workers is left and many tasks wait at the end, it can't carry the load: it catches up when that ends, whatever
			// the fault did. After other faults, tasks wait because of the fault.
			if slices.Contains([]string{"", suite.StrikeWorker}, r.Scenario.Strike) {
				f.Metrics = append(f.Metrics, metric.Recovery, metric.Back)
			}
		case results.FlagLate:
			if w.outage != nil {
				f.Metrics, f.Fault = nil, true
			}
		}
	}
}
