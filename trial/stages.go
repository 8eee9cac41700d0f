package trial

import (
	"context"
	"fmt"
	"sync"

	"github.com/tqbench/tqbench/suite"
)

// load brings the workers up and puts them through warm-up and phases, with the collector beside.
func (r *run) load(ctx context.Context, began int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.collect.run(ctx); err != nil {
			cancel(err)
		}
	})
	wg.Go(func() { r.watch.keepLooking(ctx) })
	wg.Go(func() {
		if err := r.awaitDeath(ctx); err != nil {
			cancel(err)
		}
	})
	err := r.stages(ctx, began)
	r.rec.measured.to = r.Clock.Now()
	// The collector's own error is the cause of what follows from it.
	if cause := context.Cause(ctx); cause != nil && err != nil {
		err = cause
	}
	cancel(nil)
	wg.Wait()
	return err
}

func (r *run) stages(ctx context.Context, began int64) error {
	if r.Scenario.Measure == suite.Start {
		return r.starts(ctx, r.Scenario.Phases[0])
	}
	// The client starts beside the workers: it has nothing to do before its phase, and no load waits for it there.
	before, err := r.startClients(ctx)
	if err != nil {
		return err
	}
	if err := r.awaitReady(ctx); err != nil {
		return err
	}
	r.rec.result.Startup.WorkerSeconds = float64(r.Clock.Now()-began) / 1e9
	if r.client != nil {
		if err := r.client.Ready(ctx); err != nil {
			return err
		}
	}
	if err := r.warmUp(ctx, before...); err != nil {
		return err
	}
	if r.api != nil {
		var err error
		if r.warmCharges, err = r.api.Stats(ctx); err != nil {
			return err
		}
	}
	if r.rec.measured.from == 0 {
		r.rec.measured.from = r.Clock.Now()
	}
	if r.Scenario.Measure == suite.Web {
		return r.webLoad(ctx)
	}
	step := r.phase
	if r.Scenario.Measure == suite.Search {
		step = r.search
	}
	if r.Scenario.Measure == suite.Soak {
		step = r.soak
	}
	if r.Scenario.Measure == suite.Recovery {
		step = r.recovery
	}
	for _, p := range r.Scenario.Phases {
		if err := step(ctx, p); err != nil {
			return fmt.Errorf("phase %s: %w", p.Name, err)
		}
	}
	return nil
}
