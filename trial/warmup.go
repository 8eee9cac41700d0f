package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gonum.org/v1/gonum/stat"

	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
)

// The rule that ends a warm-up.
const (
	warmWindow = 200 * time.Millisecond
	// A window ends sooner once it has this many completions: with fewer, chance alone makes windows differ.
	warmSooner  = 100 * time.Millisecond
	warmEnough  = 50
	warmWindows = 4
	warmSpread  = 0.2
	// warmFirst is the first helping of tasks, before a rate is known.
	warmFirst = 200
)

const warmRule = "the rates of 4 windows in a row, each of 100 ms (200 ms where fewer than 50 tasks end in 100), differ by at most 20 % of their mean"

// warmUp keeps tasks waiting, topped up as they are done, until the rate of completions is steady or the limit is
// reached; then it waits for the rest, and for those of before. Its tasks are in no result.
func (r *run) warmUp(ctx context.Context, before ...*span) error {
	limit := time.Duration(r.Scenario.Warmup.Limit)
	began := r.Clock.Now()
	spans := before
	var sent int64
	for _, s := range before {
		sent += int64(len(s.tasks))
	}
	done := func() int64 {
		var n int64
		for _, s := range spans {
			n += s.done.Load()
		}
		return n
	}
	feed := func(n int) error {
		s := r.span("warm-up", n, false)
		spans = append(spans, s)
		sent += int64(len(s.tasks))
		_, err := loadgen.Backlog(ctx, r.Clock, r.wire(s))
		return err
	}
	if err := feed(warmFirst); err != nil {
		return fmt.Errorf("warm-up: %w", orCause(ctx, err))
	}
	var rates []float64
	atFirst := done()
	lastDone, windowBegan := atFirst, began
	steady := false
	for !steady && r.Clock.Now()-began < int64(limit) {
		if err := r.awaitTurn(ctx, func() bool { return true }); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		d := done()
		// At least a window's worth is kept waiting, so that a window never measures an empty queue, and hardly more, since
		// all of it has to be done before the load.
		perWindow := float64(d-atFirst) * min(float64(warmWindow)/float64(r.Clock.Now()-began), 1)
		if want := max(int64(perWindow), warmFirst/2); sent-d < want {
			if err := feed(int(want)); err != nil {
				return fmt.Errorf("warm-up: %w", orCause(ctx, err))
			}
		}
		now := r.Clock.Now()
		if length := now - windowBegan; length >= int64(warmWindow) || length >= int64(warmSooner) && d-lastDone >= warmEnough {
			rates = append(rates, float64(d-lastDone)/float64(length))
			lastDone, windowBegan = d, now
			steady = isSteady(rates)
			r.rec.tell("warm-up", now-began, int64(limit))
		}
	}
	if err := r.drain(ctx, "warm-up", time.Duration(r.Scenario.Limit), func() (int64, int64) { return done(), sent }); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if missing := sent - done(); missing > 0 {
		if err := r.fleet.dead(); err != nil {
			return fmt.Errorf("warm-up: %w", err)
		}
		return fmt.Errorf("%w: %d of %d warm-up tasks were not done when the warm-up was given up after %s", ErrNotRun, missing, sent,
			time.Duration(r.Clock.Now()-began).Round(100*time.Millisecond))
	}
	r.rec.result.Warmup = results.Warmup{Tasks: sent, Seconds: float64(r.Clock.Now()-began) / 1e9, Steady: steady, Rule: warmRule}
	if !steady {
		r.rec.addFlag(results.FlagUnsteady, "", "the warm-up ended at its limit of %s before the rate was steady", limit)
	}
	return nil
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
