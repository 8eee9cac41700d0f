package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
	"github.com/tqbench/tqbench/trial"
)

// If one side ends the run, the run's error is that side's: the others only follow.
func TestTheSideThatEndsTheRunIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		boom := errors.New("boom")
		s := newStory(t)
		r := &session{plan: s.plan, pace: pace.New(s.plan, nil), disk: realDisk{}, Options: Options{Out: s.out}}
		r.execute = func(ctx context.Context, x suite.Trial, _ string, turn *trial.Turn, _ func(trial.Progress)) (results.Trial, error) {
			if x.ID == s.plan.Trials[1].ID {
				return unrun(x), boom
			}
			turn.Pass()
			<-ctx.Done()
			return unrun(x), context.Cause(ctx)
		}
		if err := r.tidy(); err != nil {
			t.Fatal(err)
		}
		sides := r.sides(t.Context(), s.plan.Trials[:2], 2, func(int, trial.Progress) {})
		if err := ended(t.Context(), sides); !errors.Is(err, boom) || errors.Is(err, context.Canceled) {
			t.Errorf("the run ended with %v", err)
		}
		if err := sides[0].err; !errors.Is(err, context.Canceled) || errors.Is(err, boom) {
			t.Errorf("the other side says %v", err)
		}
	})
}
