package view

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

func TestClassesOfTrialsAreCountedByArm(t *testing.T) {
	t.Parallel()
	s := steadinessOf(fixture.OneBroker())
	if len(s.Rows) != 4 {
		t.Fatalf("%d rows, want one an arm and kind of phase", len(s.Rows))
	}
	r := s.Rows[0]
	if r.Of != analysis.SteadyThroughput || r.Flat+r.WarmUp+r.SlowDown+r.Never+r.TooShort != 6 || r.Low < 1 || r.High <= r.Low {
		t.Errorf("%+v", r)
	}
	if (steadiness{}).Any() || !s.Any() {
		t.Error("a run without steadiness has a section of it, or one with it has none")
	}
}

func TestADriftIsToldBesideTheAnswer(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	all := strings.Join(sureness(a), "\n")
	want := "Over the run there was a drift, of 2 metrics looked at: throughput in throughput on Redis by -4.71 % (corrected p 0.011)."
	if !strings.Contains(all, want) || strings.Contains(all, "median latency in") {
		t.Errorf("%s", all)
	}
	a.Drifts[0].CorrectedP = 0.2
	if all := strings.Join(sureness(a), "\n"); strings.Contains(all, "drift,") {
		t.Errorf("a drift by chance is told: %s", all)
	}
}

func TestAdviceFollowsFromTheLevels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		best int
		want string
	}{
		{0, "longer trials: they differ by no more"},
		{50, "longer trials: 25.0 s of steady drain each"},
		{20, "more blocks: trials are about as long as is best"},
		{5, "more blocks of shorter trials: 2.50 s"},
	} {
		if got := Advice(analysis.Levels{Windows: 18, WindowSeconds: 0.5, BestWindows: tt.best}); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%d windows: %q", tt.best, got)
		}
	}
}
