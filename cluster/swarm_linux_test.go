package cluster_test

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Two agents whose clocks are 1000 s apart each run workers and send load. All tasks are accounted for. A task that ran on the host that sent it has
// times of one clock, without an error, and latencies are of these tasks alone.
func TestASwarm(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	runOver(t, out, planned(t, out, 1, suite.Hosts{Workers: 2, Load: 2, Swarm: true}), nil)
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 1 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	x := trials[0]
	if x.Reason != "" || x.Sent != 1150 || x.Finished != 1150 || x.Unknown+x.Lost+x.Duplicated+x.Unexpected != 0 {
		t.Fatalf("%s: %+v, flags %+v", x.Reason, x.Counts, x.Flags)
	}
	if len(x.Hosts) != 2 || x.Hosts[0].Name != "swarm 0" || x.Hosts[1].Name != "swarm 1" {
		t.Errorf("%+v", x.Hosts)
	}
	rows, err := results.ReadTasks(results.TrialDir(out, x.ID))
	if err != nil {
		t.Fatal(err)
	}
	p, own := x.Phases[1], int64(0)
	for _, r := range rows {
		if r.Phase != p.Name {
			continue
		}
		sender, runner := int32((r.Seq-p.First)%2)+1, r.PID>>results.HostShift
		if (r.HalfWidth == 0) != (sender == runner) {
			t.Errorf("sent by host %d, run by %d: half-width %d ns", sender, runner, r.HalfWidth)
		}
		if sender == runner {
			own++
		}
		if r.Started < r.Sent-r.HalfWidth || r.Finished < r.Started || r.Finished-r.Intended > int64(time.Minute) || r.Intended > r.Sent {
			t.Errorf("%+v", r)
		}
	}
	if p.OwnOf != 150 || p.OwnTasks != own || own == 0 || own == p.OwnOf || p.ClockHalfWidth != 0 || x.Phases[0].OwnOf != 0 {
		t.Errorf("%d of %d tasks, want %d: %+v", p.OwnTasks, p.OwnOf, own, p)
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	row := a.Trials[0]
	if row.Metrics[metric.LatencyP50] <= 0 || row.Metrics[metric.Throughput] <= 0 {
		t.Errorf("%+v, flags %+v", row.Metrics, row.Flags)
	}
}
