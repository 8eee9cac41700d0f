package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
)

// The rule that ends a warm-up.
const (
	warmWindow = 200 * time.Millisecond
	// A window ends early once it has this many completions: with fewer, chance alone makes windows differ.
	warmSooner  = 100 * time.Millisecond
	warmEnough  = 50
	warmWindows = 4
	warmSpread  = 0.2
	// warmFirst is the first helping of tasks, before a rate is known, unless they are the user's.
	warmFirst = 200
	// warmPatience is how long slow workers may take for the rest of a warm-up, if the scenario's limit is shorter: no result includes it.
	warmPatience = time.Minute
	// clientWork is how long the workers may take for the tasks with which a client gets warm.
	clientWork = time.Second
)

const warmRule = "the rates of 4 windows in a row, each of 100 ms (200 ms where fewer than 50 tasks end in 100), differ by at most 20 % of their mean"

// warmer keeps workers busy until they are warm.
type warmer struct {
	clock  *clock.Clock
	sender *sender
	waiter *waiter
	rec    *recorder
	// clients has the framework's client, if the tasks are the user's: it gets warm here, too. With byClient it sends all tasks, as the wire
	// producer can't make them.
	clients  *clients
	byClient bool
	// first is the first helping of tasks, before a rate is known: as many as there are slots if they are the user's. processes is the number
	// of processes that run tasks.
	first, processes int
	// limit is how long that may take.
	limit time.Duration
	// spans has the tasks of the warm-up, including those that a starting client sent; sent counts them.
	spans []*span
	sent  int64
	// paced is how many had ended when the pace was last noted.
	paced int64
}

// run keeps tasks waiting, topped up as they end, until the rate of completions is steady or the limit is reached. Then it waits for the
// rest, and for earlier ones. No result includes its tasks.
func (w *warmer) run(ctx context.Context, before ...*span) error {
	began := w.clock.Now()
	w.add(before...)
	steady, err := w.untilSteady(ctx, began)
	if err == nil {
		err = w.warmClient(ctx, began)
	}
	if err == nil {
		err = w.waiter.drainWithin(ctx, max(w.waiter.limit, warmPatience), "warm-up", func() (int64, int64) {
			d := w.done()
			w.pace(d, began)
			return d, w.sent
		})
	}
	if err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if _, err := w.waiter.settle(ctx); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if missing := w.sent - w.done(); missing > 0 {
		if err := w.waiter.fleet.dead(); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		return NotRun("%d of %d warm-up tasks were not done when the warm-up was abandoned after %s: %s", missing, w.sent,
			time.Duration(w.clock.Now()-began).Round(100*time.Millisecond), w.waiter.fleet.because())
	}
	w.rec.result.Warmup = results.Warmup{Tasks: w.sent, Seconds: float64(w.clock.Now()-began) / 1e9, Steady: steady, Rule: warmRule}
	if !steady {
		w.rec.addFlag(results.FlagUnsteady, "", results.Fact{Check: results.CheckWarmup, Limit: w.limit.Seconds()})
	}
	return nil
}

// untilSteady feeds the workers until their rate is steady, and reports whether that was within the limit.
func (w *warmer) untilSteady(ctx context.Context, began int64) (steady bool, err error) {
	if err := w.feed(ctx, w.first); err != nil {
		return false, err
	}
	var rates []float64
	atFirst := w.done()
	lastDone, windowBegan := atFirst, began
	for !steady && w.clock.Now()-began < int64(w.limit) {
		if err := w.waiter.until(ctx, func() bool { return true }); err != nil {
			return false, err
		}
		d := w.done()
		perWindow := float64(d-atFirst) * min(float64(warmWindow)/float64(w.clock.Now()-began), 1)
		if n := w.helping(w.sent-d, int64(perWindow)); n > 0 {
			if err := w.feed(ctx, int(n)); err != nil {
				return false, err
			}
		}
		now := w.clock.Now()
		if length := now - windowBegan; length >= int64(warmWindow) || length >= int64(warmSooner) && d-lastDone >= warmEnough {
			rates = append(rates, float64(d-lastDone)/float64(length))
			lastDone, windowBegan = d, now
			steady = isSteady(rates)
			w.rec.tell("warm-up", now-began, int64(w.limit))
		}
	}
	return steady, nil
}

// helping is how many tasks to add to those that are out, if that many end in a window. At least a window's worth is kept waiting, so that a
// window never measures an empty queue, and hardly more, as all of it must end before the load. A user's tasks may take longer than a window:
// there, each slot is refilled as it gets free, since a pace of half as many slots would announce twice the time.
func (w *warmer) helping(out, perWindow int64) int64 {
	first, n := int64(w.first), int64(0)
	if want := max(perWindow, first/2); out < want {
		n = want
	}
	if w.clients != nil {
		n = max(n, first-out)
	}
	return n
}

// pace notes how many tasks end per second, once each process may have ended one.
func (w *warmer) pace(done, began int64) {
	if done > w.paced && done >= int64(w.processes) {
		w.paced, w.rec.pace = done, float64(done)*1e9/float64(w.clock.Now()-began)
	}
}

// warmClient lets a user's client send as many tasks as get it warm, less those that it has sent, but no more than the workers can do in a
// moment.
func (w *warmer) warmClient(ctx context.Context, began int64) error {
	if w.clients == nil {
		return nil
	}
	least := int64(clientWarm)
	if w.byClient {
		least -= w.sent
	}
	rate := float64(w.done()) / float64(w.clock.Now()-began)
	if least <= 0 {
		return nil
	}
	return w.feedByClient(ctx, min(max(int(rate*float64(clientWork)), 1), int(least)))
}

func (w *warmer) feedByClient(ctx context.Context, n int) error {
	s, err := w.clients.warm(ctx, n)
	w.add(s)
	return orCause(ctx, err)
}

// feed sends more tasks.
func (w *warmer) feed(ctx context.Context, n int) error {
	if w.byClient {
		return w.feedByClient(ctx, n)
	}
	s := w.sender.span("warm-up", n, false)
	w.add(s)
	if _, err := w.sender.sendNow(ctx, s); err != nil {
		return orCause(ctx, err)
	}
	return nil
}

func (w *warmer) add(spans ...*span) {
	w.spans = append(w.spans, spans...)
	for _, s := range spans {
		w.sent += int64(len(s.tasks))
	}
}

// done is how many of the tasks have ended.
func (w *warmer) done() int64 {
	var n int64
	for _, s := range w.spans {
		n += s.done.Load()
	}
	return n
}

// isSteady applies the rule to the rates of the last windows.
func isSteady(rates []float64) bool {
	if len(rates) < warmWindows {
		return false
	}
	last := rates[len(rates)-warmWindows:]
	mean := stat.Mean(last, nil)
	return mean > 0 && slices.Max(last)-slices.Min(last) <= warmSpread*mean
}
