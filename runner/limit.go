package runner

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// A trial may take longestLeast, its drains' limits, and longestFactor times as long as expected. It then hangs: a broker that answers but
// never finishes a statement would otherwise hold up the run forever.
const (
	longestLeast  = 15 * time.Minute
	longestFactor = 5
)

// errHangs ends a trial that takes far too long.
var errHangs = errors.New("it did not end")

// longest is how long a trial may take.
func (s *session) longest(t suite.Trial) time.Duration {
	sc, _ := s.plan.Scenario(t.Scenario)
	sc = sc.For(t.Broker)
	drains := time.Duration(len(sc.Phases)+1) * time.Duration(sc.Limit)
	// Sides that take turns wait for each other.
	return longestLeast + drains + time.Duration(longestFactor*max(len(s.plan.Arms), 1))*s.pace.Trial(t)
}

// bounded runs a trial, which must end in time.
func (s *session) bounded(ctx context.Context, t suite.Trial, dir string, turn *trial.Turn, report func(trial.Progress)) (results.Trial, error) {
	limit := s.longest(t)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errHangs)
	defer cancel()
	var stage atomic.Value
	stage.Store("start")
	res, err := s.execute(ctx, t, dir, turn, func(p trial.Progress) {
		stage.Store(p.Stage)
		report(p)
	})
	if err != nil && errors.Is(context.Cause(ctx), errHangs) {
		return unrun(t), trial.NotRun("%w within %s, far longer than expected, and was in the stage %q: %s", errHangs, limit.Round(time.Second), stage.Load(), err)
	}
	return res, err
}
