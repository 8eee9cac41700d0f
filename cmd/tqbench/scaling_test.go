package main

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// A run of one and two workers has a step for each, with the CPU time of each part. One block gives no knee.
func TestScalingHasAStepForEachNumberOfWorkers(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "run", "scaling", "--contender", "asynctasq/async", "--up-to", "2", "--blocks", "1", "--scale", "0.02",
		"--out", "out")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s%s", code, stdout, stderr)
	}
	out := dir + "/out"
	trials, err := results.ReadTrials(out)
	a, aerr := analysis.Analyze(out)
	if err := errors.Join(err, aerr); err != nil {
		t.Fatal(err)
	}
	var processes []int
	busy := map[int]bool{} // a busy machine may spoil a step's figures, and the trial says so
	for _, x := range trials {
		for _, code := range []string{results.FlagLate, results.FlagSaturated, results.FlagProducerBound, results.FlagDisturbed, results.FlagThrottled} {
			busy[x.Processes] = busy[x.Processes] || x.Flagged(code)
		}
		processes = append(processes, x.Processes)
		if x.Reason != "" || x.Finished != x.Sent || x.Finished == 0 {
			t.Errorf("%s: %s: %+v", x.Scenario, x.Reason, x.Counts)
		}
	}
	slices.Sort(processes)
	if !slices.Equal(processes, []int{1, 2}) || len(a.Scalings) != 1 {
		t.Fatalf("trials of %v processes, %d scalings", processes, len(a.Scalings))
	}
	s := a.Scalings[0]
	if s.Scenario != "scaling" || s.Hosts != 0 || s.Knee != analysis.KneeUnknown || len(s.Steps) != 2 {
		t.Fatalf("%+v", s)
	}
	for i, x := range s.Steps {
		if x.Workers != i+1 || x.Trials != 1 || !busy[x.Workers] && (x.Throughput.Estimate <= 0 || x.P99.Estimate <= 0) || x.BrokerCPU == nil || x.WorkersCPU == nil || x.MachineCPU == nil ||
			*x.BrokerCPU <= 0 || *x.MachineCPU <= *x.WorkersCPU {
			t.Errorf("%+v", x)
		}
	}
}

func TestALargestNumberOfWorkersIsRefusedInALine(t *testing.T) {
	for _, tt := range []struct{ args, want string }{
		{"scaling --up-to 0", "--up-to 0: write a number of workers"},
		{"scaling --up-to 1", "at most 1 workers: must be from 2 to 1024"},
		{"throughput --up-to 4", "only scenarios that double their workers"},
		{"scaling --defaults", "leave out --defaults"},
	} {
		cmd, _, stderr := refusable(t.Context(), t, t.TempDir(), append([]string{"plan"}, strings.Fields(tt.args)...)...)
		if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), tt.want) {
			t.Errorf("%s: exit code %d: %s", tt.args, code, stderr)
		}
	}
}
