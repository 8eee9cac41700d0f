package runner

import (
	"context"
	"errors"
	"sync"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// outcome is a trial's result, why it did not run, or an error that ends the run.
type outcome struct {
	results.Trial
	why, err error
}

// turns is the number of turns of each side if the trials, the sides of one block, take turns; 0 if they run one after the other, as they
// would disturb each other on the user's broker, other machines have one trial at a time, and a profile is of one side.
func (s *session) turns(sides []suite.Trial) int {
	if len(sides) < 2 || s.URLs[sides[0].Broker] != "" || s.Hosts != nil || s.plan.Profile != "" {
		return 0
	}
	sc, _ := s.plan.Scenario(sides[0].Scenario)
	for _, p := range sc.For(sides[0].Broker).Phases {
		if n, _ := p.TurnsOf(); n > 0 {
			return n
		}
	}
	return 0
}

// sides runs the sides of a block that take turns, and returns their outcomes. One that fails leaves its turns to the others.
// One side at a time calls report.
func (s *session) sides(ctx context.Context, trials []suite.Trial, turns int, report func(side int, p trial.Progress)) []outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := trial.NewTurns(len(trials), turns)
	out := make([]outcome, len(trials))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i, t := range trials {
		wg.Go(func() {
			o := &out[i]
			o.Trial, o.why, o.err = s.one(ctx, t, all.Side(i), func(p trial.Progress) {
				mu.Lock()
				defer mu.Unlock()
				report(i, p)
			})
			if o.err != nil {
				cancel() // the run ends
			}
		})
	}
	wg.Wait()
	return out
}

// ended is the error that ends the run, if a side has one: original errors go before those that followed.
func ended(ctx context.Context, sides []outcome) error {
	var first error
	for _, o := range sides {
		if o.err != nil && (first == nil || errors.Is(first, context.Canceled) && ctx.Err() == nil) {
			first = o.err
		}
	}
	return first
}
