package trial

import "context"

// phases is load: the scenario's phases, one after another.
type phases struct {
	plain
	run *run
}

func (w *phases) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.run.driver.phase) }
