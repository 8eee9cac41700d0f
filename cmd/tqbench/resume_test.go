package main

import (
	"path/filepath"
	"strings"
	"testing"

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
