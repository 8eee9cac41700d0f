package runner

import (
	"context"
	"errors"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// Trials that are impossible on a broker say so and never end a run. Trials that fail for another reason end it if none has run.
func TestAnImpossibleTrialEndsNoRun(t *testing.T) {
	for name, tt := range map[string]struct {
		why  error
		ends bool
		done int
	}{
		"the broker isn't ours to kill": {broker.ErrNoRestart, false, 3},
		"nor to stop for a while":       {broker.ErrNoPause, false, 3},
		"no worker starts":              {errors.New("it ended at once"), true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStory(t)
			r := &session{Options: Options{Out: s.out}, plan: s.plan, disk: realDisk{}}
			r.execute = func(_ context.Context, t suite.Trial, _ string, _ *trial.Turn, _ func(trial.Progress)) (results.Trial, error) {
				if t.ID <= 3 {
					return unrun(t), trial.NotRun("%w", tt.why)
				}
				return unrun(t), nil
			}
			if err := r.tidy(); err != nil {
				t.Fatal(err)
			}
			if err := r.trials(t.Context(), s.plan.Trials); errors.Is(err, ErrInvalid) != tt.ends || err != nil && !tt.ends {
				t.Errorf("%v", err)
			}
			trials, err := results.ReadTrials(s.out)
			if err != nil {
				t.Fatal(err)
			}
			done := 0
			for _, tr := range trials {
				if tr.Done() {
					done++
				} else if tr.Reason != tt.why.Error() {
					t.Errorf("trial %d: %q", tr.ID, tr.Reason)
				}
			}
			if done != tt.done {
				t.Errorf("%d trials ran", done)
			}
		})
	}
}
