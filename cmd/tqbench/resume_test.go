package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// After Ctrl-C, a user may repeat the command with --resume: the same flags make the same plan. Flags of another plan are refused.
func TestFlagsThatMakeTheSamePlanMayBeGivenAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), small)
	flags := []string{"--scenario", "small.yaml", "--blocks", "2", "--scale", "1"}
	cmd, _, stderr := tqbench(t.Context(), t, dir, append([]string{"plan"}, flags...)...)
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"run", "--dry-run"}, flags...)...)
	if code := exit(cmd.Run()); code != exitDone || !strings.HasPrefix(stdout.String(), "4 trials in 2 blocks at scale 1: about ") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	refusedInOneLine(t, dir, "has a different plan than these flags make", append([]string{"run", "--resume", "--seed", "2"}, flags...)...)
	if p, err := suite.ReadPlan(filepath.Join(dir, defaultOut)); err != nil || p.Seed != 1 {
		t.Errorf("seed %d (%v)", p.Seed, err)
	}
}

// A run in parts keeps the whole plan: each part but the last says how to go on, and the last one ends as a run in one go.
func TestARunInPartsIsOneRun(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), small)
	args := []string{"run", "--scenario", "small.yaml", "--blocks", "2", "--pause-after", "1ms"}
	cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
	if code := exit(cmd.Run()); code != exitPaused {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	const says = "tqbench: paused: 2 of 4 trials are left; 2 trials are kept; to run the rest: tqbench run --resume --out tqbench-out\n"
	if !strings.HasSuffix(stderr.String(), says) {
		t.Errorf("stderr: %q", stderr)
	}
	first, err := results.ReadRun(filepath.Join(dir, defaultOut))
	if err != nil {
		t.Fatal(err)
	}
	cmd, stdout, _ := tqbench(t.Context(), t, dir, "analyze")
	if _ = cmd.Run(); !strings.Contains(stdout.String(), "the run is paused") {
		t.Errorf("a part's answer doesn't say that the run is paused: %s", stdout)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, append(args, "--resume")...)
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("the last part: exit code %d: %s", code, stderr)
	}
	last, err := results.ReadRun(filepath.Join(dir, defaultOut))
	if err != nil || last.ID != first.ID {
		t.Errorf("run %s went on as %s (%v)", first.ID, last.ID, err)
	}
	if e, ok, err := results.ReadEnd(filepath.Join(dir, defaultOut)); err != nil || !ok || e.Why != results.EndComplete || len(e.Trials) != 4 {
		t.Errorf("%+v (%v)", e, err)
	}
}
