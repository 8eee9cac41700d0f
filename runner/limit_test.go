package runner

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// A trial that hangs costs its time and is kept with the reason, and the run goes on.
func TestATrialThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(t)
		r := &session{plan: s.plan, disk: realDisk{}, Options: Options{Out: s.out}}
		r.execute = func(ctx context.Context, x suite.Trial, _ string, _ *trial.Turn, report func(trial.Progress)) (results.Trial, error) {
			if x.ID == 2 {
				report(trial.Progress{Stage: "drain"})
				<-ctx.Done()
				return unrun(x), ctx.Err()
			}
			time.Sleep(10 * time.Second)
			return unrun(x), nil
		}
		if err := r.tidy(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := r.trials(t.Context(), s.plan.Trials[:4]); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < longestLeast || took > 2*time.Hour {
			t.Errorf("the run took %s", took)
		}
		trials, err := results.ReadTrials(s.out)
		if err != nil || len(trials) != 4 {
			t.Fatalf("%d trials (%v)", len(trials), err)
		}
		for _, x := range trials {
			hung := strings.HasPrefix(x.Reason, "it did not end within ") && strings.Contains(x.Reason, `in the stage "drain"`)
			if hung != (x.ID == 2) {
				t.Errorf("trial %d: %q", x.ID, x.Reason)
			}
		}
	})
}
