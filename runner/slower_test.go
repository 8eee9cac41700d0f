package runner

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// The first warm-up of a user's slow task corrects what is expected, once, and says how much of the run fits into its time.
func TestAWarmUpShowsThatARunTakesLonger(t *testing.T) {
	own, err := suite.OwnScenario(suite.Own{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{own}, Brokers: []string{"redis"}, Contenders: []string{"a", "b"}, Blocks: 2, Scale: 0.1, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	slow := Slower{Pace: 2, Expected: 8700 * time.Millisecond, Takes: 464 * time.Second, All: 4 * 464 * time.Second, Trials: 4, Fit: 4}
	late := slow
	late.Fit = 1
	for name, tt := range map[string]struct {
		paces  []float64
		within time.Duration
		want   []Slower
	}{
		"short":                       {[]float64{0, 900, 1000}, 0, nil},
		"slow":                        {[]float64{0, 2, 2.001}, 0, []Slower{slow}},
		"too slow for the run's time": {[]float64{2}, 10 * time.Minute, []Slower{late}},
	} {
		synctest.Test(t, func(t *testing.T) {
			var got []Slower
			r := &session{plan: plan, disk: realDisk{}, Options: Options{Out: t.TempDir(), Within: tt.within, Progress: func(p Progress) {
				if p.Slower != nil {
					got = append(got, *p.Slower)
				}
			}}}
			r.execute = func(_ context.Context, x suite.Trial, _ string, _ *trial.Turn, report func(trial.Progress)) (results.Trial, error) {
				for _, pace := range tt.paces {
					report(trial.Progress{Stage: "warm-up", Pace: pace})
				}
				time.Sleep(464 * time.Second)
				return unrun(x), nil
			}
			if err := r.tidy(); err != nil {
				t.Fatal(err)
			}
			if err := r.trials(t.Context(), plan.Trials); (err != nil) != (tt.within > 0) {
				t.Errorf("%s: %v", name, err)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s: %+v, want %+v", name, got, tt.want)
			}
		})
	}
}
