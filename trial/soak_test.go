package trial

import (
	"errors"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The suite's soak, for three minutes: it finds the rate and keeps it up, accounts for every task, and reports what may grow.
func TestThreeMinutesOfSoak(t *testing.T) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	s := all[slices.IndexFunc(all, func(s suite.Scenario) bool { return s.Name == "soak" })].Scaled(1).For("redis")
	r, err := Run(t.Context(), config(t, "asynctasq", s))
	if err != nil {
		t.Fatal(err)
	}
	// Each rate tried is a phase, and the soak the last.
	p := r.Phases[len(r.Phases)-1]
	if p.Name != "soak" || r.Sent != r.Finished+r.Failed+r.Lost || r.Duplicated+r.Unexpected+r.Failed != 0 {
		t.Fatalf("the last of %d phases is %s; %+v, %+v", len(r.Phases), p.Name, r.Counts, r.Flags)
	}
	if want := max(int(soakShare*r.Values[metric.MaxRate]), 1); int(p.Rate) != want || p.Count != int64(180*want) {
		t.Errorf("%d tasks at %g/s, want 180 s of %d/s", p.Count, p.Rate, want)
	}
	for _, name := range []string{metric.MaxRate, metric.MemoryGrowth, metric.LatencyDrift, metric.OpenFiles} {
		if _, ok := r.Values[name]; !ok {
			t.Errorf("%s is not reported: %v", name, r.Values)
		}
	}
	for _, code := range []string{results.FlagWorkerDied, results.FlagKilled, results.FlagClock} {
		if hasFlag(r, code) {
			t.Errorf("flagged %s: %+v", code, r.Flags)
		}
	}
	t.Logf("%v, %+v", r.Values, r.Flags)
	clean(t)
}

// Without a rate that holds there is nothing to keep up for hours.
func TestASoakWithoutARateIsNotRun(t *testing.T) {
	p := suite.Phase{Name: "soak", Tasks: 36_000, Rate: 200}
	w := &soak{search{run: &run{
		Config: Config{Scenario: suite.Scenario{Hold: suite.Duration(250e6), Phases: []suite.Phase{{Name: "rate"}, p}}},
		rec:    &recorder{result: results.Trial{Values: map[string]float64{metric.MaxRate: 0}}},
	}}}
	if err := w.phase(t.Context(), p); !errors.Is(err, ErrNotRun) || err.Error() != "no rate keeps p99 within 250ms" {
		t.Errorf("%v", err)
	}
}
