package trial

import "context"

// phases measures load: the scenario's phases, in order.
type phases struct {
	plain
	run *run
}

func (w *phases) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.run.driver.phase) }
