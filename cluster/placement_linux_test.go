package cluster_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// A run pauses in the middle of a block and goes on with agents on other machines: no trial of that block counts, and each says why.
func TestABlockThatGoesOnElsewhere(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	doubling := strings.Replace(scenario, "processes: 1", "processes: 1\ndoubling: true", 1)
	plan := plannedOf(t, out, doubling, suite.Options{Blocks: 1, UpTo: 2, Hosts: &suite.Hosts{Workers: 1, Load: 1}})
	if _, err := runPart(t, plan, runner.Options{Out: out, PauseAt: time.Now()}, nil); !errors.Is(err, runner.ErrPaused) {
		t.Fatalf("it didn't pause: %v", err)
	}
	t.Setenv(nodeEnv, "other-")
	if _, err := runPart(t, plan, runner.Options{Out: out, Resume: true}, nil); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Trials) != 2 {
		t.Fatalf("%d trials", len(a.Trials))
	}
	for _, x := range a.Trials {
		i := slices.IndexFunc(x.Flags, func(f results.Flag) bool { return f.Check == results.CheckPlacement })
		if i < 0 || x.Finished == 0 || !x.Flags[i].Invalidates("throughput") || !strings.Contains(x.Flags[i].Detail, "worker 0 was on node-worker0, then on other-node-worker0") {
			t.Errorf("%s: %s: %+v", x.Scenario, x.Reason, x.Flags)
		}
	}
	if s := a.Scalings[0]; len(s.Steps[0].Throughput.Values)+len(s.Steps[1].Throughput.Values) != 0 {
		t.Errorf("values of that block count: %+v", s.Steps)
	}
}
