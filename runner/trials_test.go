package runner

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// Trials of 10 s each: a block of both sides that would not end in time doesn't begin, and one that has begun is finished. The first trials
// take longer than expected, so the run reports early that it will exceed its time.
func TestABlockThatIsTooLateDoesNotBegin(t *testing.T) {
	for within, want := range map[time.Duration]int{0: 6, time.Minute: 6, 59 * time.Second: 4, 25 * time.Second: 2, time.Nanosecond: 0} {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(t)
			var over time.Duration
			r := &session{plan: s.plan, disk: realDisk{}, Options: Options{Out: s.out, Within: within, Progress: func(p Progress) {
				if p.Result != nil {
					over = max(over, p.Over)
				}
				if within > 0 && p.Left > within {
					t.Errorf("within %s, %s are left", within, p.Left)
				}
			}}}
			r.execute = func(_ context.Context, x suite.Trial, _ string, _ *trial.Turn, report func(trial.Progress)) (results.Trial, error) {
				report(trial.Progress{Stage: "start"})
				time.Sleep(10 * time.Second)
				return unrun(x), nil
			}
			if err := r.tidy(); err != nil {
				t.Fatal(err)
			}
			todo := s.plan.Trials[:6]
			err := r.trials(t.Context(), todo)
			if got := errors.Is(err, ErrTimeOver); got != (want < len(todo)) || err != nil && !got || errors.Is(err, ErrInvalid) != (want == 0) {
				t.Errorf("within %s: %v", within, err)
			}
			trials, err := results.ReadTrials(s.out)
			if err != nil || len(trials) != want {
				t.Errorf("within %s: %d trials ran, want %d (%v)", within, len(trials), want, err)
			}
			if (over > 0) != (within == 59*time.Second || within == 25*time.Second) {
				t.Errorf("within %s: over by %s", within, over)
			}
		})
	}
}

// Each part of a run has one block of both sides at least, and the last one ends the run.
func TestARunPausesAfterABlock(t *testing.T) {
	for pause, want := range map[time.Duration][]int{time.Nanosecond: {2, 2, 2}, 20 * time.Second: {2, 2, 2}, 21 * time.Second: {4, 2}, time.Hour: {6}, 0: {6}} {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(t)
			r := &session{plan: s.plan, disk: realDisk{}, Options: Options{Out: s.out}}
			r.execute = func(_ context.Context, x suite.Trial, _ string, _ *trial.Turn, _ func(trial.Progress)) (results.Trial, error) {
				time.Sleep(10 * time.Second)
				return unrun(x), nil
			}
			if err := r.tidy(); err != nil {
				t.Fatal(err)
			}
			todo := s.plan.Trials[:6]
			for i, n := range want {
				if pause > 0 {
					r.PauseAt = time.Now().Add(pause)
				}
				err := r.trials(t.Context(), todo)
				if last := i == len(want)-1; errors.Is(err, ErrPaused) == last || err != nil && last {
					t.Fatalf("pause after %s, part %d: %v", pause, i+1, err)
				}
				trials, rerr := results.ReadTrials(s.out)
				if rerr != nil || len(trials) != 6-len(todo)+n {
					t.Fatalf("pause after %s, part %d: %d trials, want %d (%v)", pause, i+1, len(trials), 6-len(todo)+n, rerr)
				}
				if err := r.noteEnd(err); err != nil {
					t.Fatal(err)
				}
				if e, _, err := results.ReadEnd(s.out); err != nil || (e.Why == results.EndPaused) != (i < len(want)-1) {
					t.Errorf("pause after %s, part %d: %+v (%v)", pause, i+1, e, err)
				}
				todo = todo[n:]
			}
		})
	}
}

// A part that has no time for any trial ends the run, and doesn't pause it. A part that ran a trial in an earlier call pauses before the next.
func TestAPauseNeedsATrialAndTime(t *testing.T) {
	past := time.Unix(1, 0)
	for name, tt := range map[string]struct {
		o    Options
		want error
		ran  int
	}{
		"no time":            {Options{PauseAt: past, Within: time.Nanosecond}, ErrTimeOver, 0},
		"no time, and begun": {Options{PauseAt: past, Within: time.Nanosecond, Begun: true}, ErrTimeOver, 0},
		"begun":              {Options{PauseAt: past, Begun: true}, ErrPaused, 0},
		"not begun":          {Options{PauseAt: past}, ErrPaused, 2},
		"begun, no pause":    {Options{Begun: true}, nil, 6},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(t)
			tt.o.Out = s.out
			r := &session{plan: s.plan, disk: realDisk{}, Options: tt.o}
			r.execute = func(_ context.Context, x suite.Trial, _ string, _ *trial.Turn, _ func(trial.Progress)) (results.Trial, error) {
				time.Sleep(10 * time.Second)
				return unrun(x), nil
			}
			if err := r.tidy(); err != nil {
				t.Fatal(err)
			}
			if err := r.trials(t.Context(), s.plan.Trials[:6]); !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", name, err, tt.want)
			}
			if trials, err := results.ReadTrials(s.out); err != nil || len(trials) != tt.ran {
				t.Errorf("%s: %d trials, want %d (%v)", name, len(trials), tt.ran, err)
			}
		})
	}
}
