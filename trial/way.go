package trial

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tqbench/tqbench/suite"
)

// way is a way of measuring, with all differences between two ways.
type way interface {
	// traits say how its trials differ from others.
	traits() traits
	// arm prepares the trial's fault, or returns why it is impossible.
	arm(ctx context.Context) error
	// alone measures what needs no workers, before they are started.
	alone(ctx context.Context) error
	// measure measures the workers, which are up and warm unless the way starts them itself.
	measure(ctx context.Context) error
	// conclude adds what is only known when all tasks are accounted for and all flags are set.
	conclude()
}

// traits are what other parts of a trial must know about its way.
type traits struct {
	// ownWorkers says that it starts and stops the workers itself: there are none before.
	ownWorkers bool
	// faulty says that workers or the broker fail on purpose and come back: their silence doesn't mean that they are gone.
	faulty bool
}

// ways has a row for each way, by the scenario's word for it.
func ways() map[string]func(r *run) way {
	return map[string]func(r *run) way{
		suite.Load:     func(r *run) way { return &phases{run: r} },
		suite.Search:   func(r *run) way { return &search{run: r} },
		suite.Soak:     func(r *run) way { return &soak{search: search{run: r}} },
		suite.Recovery: func(r *run) way { return &recovery{run: r} },
		suite.Codec:    func(r *run) way { return &codec{phases{run: r}} },
		suite.Start:    func(r *run) way { return &coldStarts{run: r} },
		suite.Web:      func(r *run) way { return &web{run: r} },
	}
}

func newWay(r *run) (way, error) {
	word := cmp.Or(r.Scenario.Measure, suite.Load)
	of, ok := ways()[word]
	if !ok {
		return nil, NotRun("unknown measure %q", word)
	}
	return of(r), nil
}

// plain is the default for a way.
type plain struct{}

func (plain) traits() traits              { return traits{} }
func (plain) arm(context.Context) error   { return nil }
func (plain) alone(context.Context) error { return nil }
func (plain) conclude()                   {}

// eachPhase runs the scenario's phases.
func (r *run) eachPhase(ctx context.Context, step func(context.Context, suite.Phase) error) error {
	for _, p := range r.Scenario.Phases {
		if err := step(ctx, p); err != nil {
			return fmt.Errorf("phase %s: %w", p.Name, err)
		}
	}
	return nil
}
