package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Trials always differ too much for six blocks: a seventh runs, and then the maximum is reached. Trials that didn't run are not retried.
func TestARunGrowsToItsMaximum(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 500", "tasks: 100", 1))
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--contender", "asynctasq,asynctasq", "--scale", "0.2",
		"--blocks", "6", "--until", "0.1%", "--max-blocks", "7")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"wider than 0.1 % after 6 blocks", ": one more\n", "after 7 blocks", ": this is the maximum of blocks\n"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr lacks %q: %s", want, stderr)
		}
	}
	out := filepath.Join(dir, defaultOut)
	plan, err := suite.ReadPlan(out)
	if err != nil || plan.Blocks != 7 || len(plan.Trials) != 14 {
		t.Fatalf("%d blocks, %d trials (%v)", plan.Blocks, len(plan.Trials), err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 14 {
		t.Errorf("%d trials (%v)", len(trials), err)
	}
	run, err := results.ReadRun(out)
	hash, herr := plan.Hash()
	if err != nil || herr != nil || run.PlanHash != hash {
		t.Errorf("the run is of plan %s, not %s (%v, %v)", run.PlanHash, hash, err, herr)
	}
	// A resumed run has nothing left to do.
	cmd, _, stderr = tqbench(t.Context(), t, dir, "run", "--resume")
	if code := exit(cmd.Run()); code != exitDone || !strings.Contains(stderr.String(), "this is the maximum of blocks") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}
}

// A whole A/A run, with as few blocks as possible. On a busy machine some may be left out, which is reported.
func TestAnAARunReportsFalseAlarms(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "selfcheck", "aa", "--blocks", "6", "--scale", "0.01")
	switch code := exit(cmd.Run()); {
	case code == exitDone:
		for _, want := range []string{"FALSE ALARMS of asynctasq/async against itself, in reports of 6 blocks", "throughput of throughput on redis", "FOUND at this noise"} {
			if !strings.Contains(stdout.String(), want) {
				t.Errorf("stdout lacks %q: %s", want, stdout)
			}
		}
	case code != exitInvalid || !strings.Contains(stderr.String(), "too few valid blocks"):
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if trials, err := results.ReadTrials(filepath.Join(dir, "tqbench-aa")); err != nil || len(trials) != 12 {
		t.Errorf("%d trials (%v)", len(trials), err)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "selfcheck", "aa", "--resume", "--blocks", "8", "--scale", "0.01")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "tqbench-aa has a different plan than these flags make") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "selfcheck", "aa")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "tqbench-aa already has a run: add --resume") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}
}
