package trial

import (
	"os/exec"
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
	for name, tt := range map[string]struct {
		phases []results.Phase
		still  float64
		want   []string // parts of the notes, in order
	}{
		"quiet":           {[]results.Phase{{Name: "drain", Still: 0.02, Stolen: 0.01, Crowded: 0.1, Others: 0.3}}, 0.02, nil},
		"stolen":          {[]results.Phase{{Name: "drain", Still: 0.034, Stolen: 0.051}}, 0.03, []string{"throttled: phase drain: stolen CPU time can have stopped it for up to 3.4 % of the time, more than 2 %; 5.1 %"}},
		"other programs":  {[]results.Phase{{Name: "drain"}, {Name: "paced", Crowded: 0.62, Others: 0.47}}, 0, []string{"disturbed: phase paced: other programs can have stopped it for up to 62 % of the time, more than 10 %; they used 47 %"}},
		"between phases":  {[]results.Phase{{Name: "drain"}}, 0.2, []string{"throttled: the trial as a whole: stolen CPU time can have stopped it for up to 20.0 %"}},
		"both, and twice": {[]results.Phase{{Name: "a", Still: 0.5, Crowded: 0.2}, {Name: "b", Still: 0.5}}, 0.5, []string{"throttled: phase a", "disturbed: phase a", "throttled: phase b"}},
	} {
		r := &recorder{result: results.Trial{Phases: tt.phases, Still: tt.still}}
		r.noise()
		var got []string
		for _, f := range r.result.Flags {
			got = append(got, f.Code+": "+f.Detail)
			if f.Invalidates("throughput") || len(f.Metrics) > 0 {
				t.Errorf("%s: it keeps something out: %+v", name, f)
			}
		}
		if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
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
