package cluster_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Up to three workers are spread over two hosts. A host without any has no part in the trial.
func TestWorkersAreSpreadOverMachines(t *testing.T) {
	testneeds.Real(t, "Redis and workers")
	out := t.TempDir()
	doubling := strings.Replace(scenario, "processes: 1", "processes: 1\ndoubling: true", 1)
	runOver(t, out, plannedOf(t, out, doubling, suite.Options{Blocks: 1, UpTo: 3, Hosts: &suite.Hosts{Workers: 2, Load: 1}}), nil)
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 3 {
		t.Fatalf("%d trials (%v)", len(trials), err)
	}
	for _, x := range trials {
		if x.Reason != "" || x.Finished != 1150 || x.Sent != 1150 {
			t.Fatalf("%d processes: %s: %+v", x.Processes, x.Reason, x.Counts)
		}
		rows, err := results.ReadTasks(results.TrialDir(out, x.ID))
		if err != nil {
			t.Fatal(err)
		}
		// Processes by host: one host's are told apart by their numbers.
		pids := map[int32]bool{}
		for _, r := range rows {
			pids[r.PID] = true
		}
		on := map[int32]int{}
		for pid := range pids {
			on[pid>>results.HostShift]++
		}
		want := map[int]map[int32]int{1: {1: 1}, 2: {1: 1, 2: 1}, 3: {1: 2, 2: 1}}[x.Processes]
		if len(on) != len(want) || on[1] != want[1] || on[2] != want[2] {
			t.Errorf("%d processes: %v by host, want %v", x.Processes, on, want)
		}
		var names []string
		for _, h := range x.Hosts {
			names = append(names, h.Name)
		}
		if !slices.Contains(names, "load 0") || len(names) != len(want)+1 {
			t.Errorf("%d processes: hosts %v", x.Processes, names)
		}
	}
}
