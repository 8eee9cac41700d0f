package trial

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// startScenario starts workers this many times.
func startScenario(t *testing.T, starts int) suite.Scenario {
	t.Helper()
	s := suite.Scenario{Name: "test", Measure: suite.Start, Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 1},
		Phases: []suite.Phase{{Name: "start", Arrivals: suite.Cold, Producer: suite.Wire, Tasks: starts}},
		Warmup: suite.Warmup{Limit: suite.Duration(time.Second)}, Limit: suite.Duration(time.Minute)}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	return s
}

// Each start runs the waiting task, and every process has run one before the workers are stopped.
func TestStartsAreMeasuredByTheWaitingTask(t *testing.T) {
	for _, name := range []string{"asynctasq", "celery", "celery/threads"} {
		t.Run(name, func(t *testing.T) {
			c := config(t, name, startScenario(t, 3))
			r, err := runWatched(t, c)
			if err != nil {
				t.Fatal(err)
			}
			// Three starts, and the client's three enqueues with the one before them.
			if r.Sent != 7 || r.Finished != 7 || r.Lost+r.Duplicated+r.Failed+r.Rejected+r.Unexpected != 0 {
				t.Errorf("%+v", r.Counts)
			}
			for _, code := range []string{results.FlagClock, results.FlagKilled, results.FlagLost} {
				if hasFlag(r, code) {
					t.Errorf("flagged %s: %+v", code, r.Flags)
				}
			}
			v := r.Values
			for _, name := range []string{metric.StartFirst, metric.StartAll, metric.StartInterpreter, metric.StartImport,
				metric.StartConnect, metric.StartStop} {
				if x, ok := v[name]; !ok || !(x > 0) || math.IsInf(x, 0) {
					t.Errorf("%s is %v (%v)", name, x, ok)
				}
			}
			// A worker does all of these, and more.
			if v[metric.StartFirst] < v[metric.StartInterpreter] || v[metric.StartAll] < v[metric.StartFirst] {
				t.Errorf("%v", v)
			}
			if len(r.Phases) != 1 || r.Phases[0].Count != 3 || r.Phases[0].Workers.Processes < 2 || !(r.Phases[0].Workers.PSSMiB > 0) ||
				!(r.Phases[0].Workers.CPUSeconds > 0) {
				t.Errorf("%+v", r.Phases)
			}
			depth, err := c.Broker.Depth(t.Context(), []broker.Place{{Key: "tqbench", Kind: broker.RedisList}})
			if depth != 0 || err != nil {
				t.Errorf("%d tasks are left (%v)", depth, err)
			}
			clean(t)
		})
	}
}

// slow is a contender whose workers first wait for a while.
type slow struct{ contender.Contender }

const slowness = 1500 * time.Millisecond

func (s slow) Setup(t contender.Target) (contender.Setup, error) {
	setup, err := s.Contender.Setup(t)
	for i, argv := range setup.Commands {
		setup.Commands[i] = append([]string{"/bin/sh", "-c", `sleep 1.5; exec "$@"`, "sh"}, argv...)
	}
	return setup, err
}

// A delay of a worker's start is in the times of its start, and in none of the separate parts.
func TestAStartCountsFromTheFirstProcess(t *testing.T) {
	c := config(t, "celery", startScenario(t, 1))
	c.Contender = slow{c.Contender}
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if at, least := r.Values[metric.StartFirst], float64(slowness.Milliseconds())+r.Values[metric.StartInterpreter]; at < least {
		t.Errorf("the first task ended %v ms after the start, and no worker was there before %v ms", at, least)
	}
	clean(t)
}

func TestAStartWhoseWorkerDiesIsReported(t *testing.T) {
	c := config(t, "celery", startScenario(t, 1))
	c.Contender = dying{c.Contender}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "no such module") {
		t.Errorf("err = %v", err)
	}
	if logs, gerr := filepath.Glob(filepath.Join(c.Dir, "worker-1.log")); len(logs) != 1 || gerr != nil {
		t.Errorf("logs %v (%v)", logs, gerr)
	}
	clean(t)
}

// mute is a contender whose worker runs nothing.
type mute struct{ contender.Contender }

func (m mute) Setup(t contender.Target) (contender.Setup, error) {
	s, err := m.Contender.Setup(t)
	s.Commands = [][]string{{"/bin/sleep", "1000"}}
	return s, err
}

func TestAStartWithoutItsTaskIsGivenUp(t *testing.T) {
	s := startScenario(t, 1)
	s.Limit = suite.Duration(time.Second)
	c := config(t, "celery", s)
	c.Contender = mute{c.Contender}
	_, err := Run(t.Context(), c)
	if !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "within 1s") {
		t.Errorf("err = %v", err)
	}
	clean(t)
}

func TestACancelledStartLeavesNothing(t *testing.T) {
	for _, stage := range []string{"parts", "start"} {
		t.Run(stage, func(t *testing.T) {
			c := config(t, "asynctasq", startScenario(t, 3))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c.Progress = func(p Progress) {
				if p.Stage == stage && p.Done == 1 {
					// In the middle of the next start, or soon after it.
					time.AfterFunc(200*time.Millisecond, cancel)
				}
			}
			if _, err := Run(ctx, c); !errors.Is(err, context.Canceled) {
				t.Errorf("err = %v", err)
			}
			clean(t)
		})
	}
}
