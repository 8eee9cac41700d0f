package analysis

import (
	"fmt"

	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/results"
)

// Current refuses the analysis of an output folder whose results have changed since it was made, as after a run that was continued. It counts trials, and
// reads only those that had not run. An analysis without results next to it is taken as it is.
func (a Analysis) Current(out string) error {
	n, err := results.CountTrials(out)
	if err != nil || n == 0 {
		return err
	}
	older := func(format string, args ...any) error {
		return fmt.Errorf("%s: it is of %s: run %s", Path(out), fmt.Sprintf(format, args...), shell.Join([]string{"tqbench", "analyze", "--out", out}))
	}
	if n != len(a.Trials) {
		return older("%d trials, and the results next to it have %d", len(a.Trials), n)
	}
	for _, t := range a.Trials {
		if t.Done() {
			continue
		}
		now, err := results.ReadTrial(results.TrialDir(out, t.ID))
		if err != nil {
			return err
		}
		if now.Done() { // it was tried once more
			return older("a run whose trial %d did not run, and among the results next to it that trial has run", t.ID)
		}
	}
	end, ended, err := results.ReadEnd(out)
	switch {
	case err != nil:
		return err
	case ended && a.Run.ID != "" && end.Run != a.Run.ID:
		return older("the run %s, and the results next to it are of %s", a.Run.ID, end.Run)
	case ended && a.Ended != "" && end.Why != a.Ended: // of what is read for a history, that isn't known
		return older("a run whose end is %q, and that of the results next to it is %q", a.Ended, end.Why)
	}
	return nil
}
