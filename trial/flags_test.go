package trial

import (
	"os/exec"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Noise is noted with its figures, and excludes nothing.
func TestNoiseIsNoted(t *testing.T) {
	stolen := func(phase string, still, share float64) results.Flag {
		return results.Flag{Code: results.FlagThrottled, Metrics: []string{},
			Fact: results.Fact{Check: results.CheckStolen, Phase: phase, Value: still, Base: share, Limit: 0.02}}
	}
	crowded := func(phase string, share, others float64) results.Flag {
		return results.Flag{Code: results.FlagDisturbed, Metrics: []string{},
			Fact: results.Fact{Check: results.CheckCrowded, Phase: phase, Value: share, Base: others, Limit: 0.1}}
	}
	for name, tt := range map[string]struct {
		phases []results.Phase
		still  float64
		want   []results.Flag
	}{
		"quiet":           {[]results.Phase{{Name: "drain", Still: 0.02, Stolen: 0.01, Crowded: 0.1, Others: 0.3}}, 0.02, nil},
		"stolen":          {[]results.Phase{{Name: "drain", Still: 0.034, Stolen: 0.051}}, 0.03, []results.Flag{stolen("drain", 0.034, 0.051)}},
		"other programs":  {[]results.Phase{{Name: "drain"}, {Name: "paced", Crowded: 0.62, Others: 0.47}}, 0, []results.Flag{crowded("paced", 0.62, 0.47)}},
		"between phases":  {[]results.Phase{{Name: "drain"}}, 0.2, []results.Flag{stolen("", 0.2, 0)}},
		"both, and twice": {[]results.Phase{{Name: "a", Still: 0.5, Crowded: 0.2}, {Name: "b", Still: 0.5}}, 0.5, []results.Flag{stolen("a", 0.5, 0), crowded("a", 0.2, 0), stolen("b", 0.5, 0)}},
	} {
		r := &recorder{result: results.Trial{Phases: tt.phases, Still: tt.still}}
		r.noise()
		if got := r.result.Flags; !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
}

// Other programs take CPU time from the trial, and each measure notes it.
func TestAnotherProgramsLoadIsNoted(t *testing.T) {
	for range runtime.NumCPU() {
		stranger(t)
	}
	for measure, phases := range map[string][]suite.Phase{
		suite.Load:   {{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 2000}},
		suite.Search: {{Name: "rate", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 2000, Rate: searchCap}},
		suite.Start:  {{Name: "start", Arrivals: suite.Cold, Producer: suite.Wire, Tasks: 3}},
	} {
		t.Run(measure, func(t *testing.T) {
			s := suite.Scenario{Name: "test", Measure: measure, Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10}, Phases: phases,
				Warmup: suite.Warmup{Limit: suite.Duration(2 * time.Second)}, Limit: suite.Duration(time.Minute), Hold: suite.Duration(time.Minute)}
			if err := s.Check(); err != nil {
				t.Fatal(err)
			}
			c := config(t, "celery", s)
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Phases[0].Crowded < crowdedBound || r.Finished != r.Sent {
				t.Errorf("crowded %v, counts %+v", r.Phases[0].Crowded, r.Counts)
			}
			i := slices.IndexFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagDisturbed })
			if i < 0 || len(r.Flags[i].Metrics) > 0 {
				t.Errorf("flags %+v", r.Flags)
			}
			clean(t)
		})
	}
}

// stranger starts a program that uses one CPU until the test ends. The test is not its parent, as children of the test count as the trial's
// own.
func stranger(t *testing.T) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", `while kill -0 $PPID; do :; done >/dev/null 2>&1 & echo $!`).Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("the other program ended: %v", err)
		}
	})
}
