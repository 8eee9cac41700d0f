package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// While a command's first trial runs, a second command in its folder is refused with one line that names the first, and touches nothing.
func TestOneFolderIsOneRun(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 200, rate: 200", "tasks: 20000, rate: 200", 1))
	first, _, said := tqbench(t.Context(), t, dir, "quick", "--scenario", "small.yaml", "--blocks", "1", "--scale", "1", "--contender", "asynctasq")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "asynctasq.worker worker") })
	plan := suite.PlanPath(filepath.Join(dir, defaultOut))
	before, err := os.ReadFile(plan)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("tqbench: can't run: another tqbench (process %d) is running in tqbench-out: wait for it, stop it, or name another folder with --out\n", first.Process.Pid)
	for _, args := range []string{"quick --seed 2", "quick --resume", "run", "run --resume", "run --pause-after 1s", "plan --seed 2", "selfcheck aa --resume --out tqbench-out"} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, strings.Fields(args)...)
		if code := exit(cmd.Run()); code != exitInput || stderr.String() != want || stdout.Len() > 0 {
			t.Errorf("%s: exit code %d: %q%q", args, code, stdout, stderr)
		}
	}
	if after, err := os.ReadFile(plan); err != nil || string(after) != string(before) {
		t.Errorf("the plan has changed (%v)", err)
	}
	// It was the first trial all along, in the only folder.
	folders, err := filepath.Glob(filepath.Join(dir, defaultOut+"*"))
	if err != nil || len(folders) != 1 {
		t.Errorf("%q (%v)", folders, err)
	}
	if err := first.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	ended(t, dir, first, said, exitInterrupted)
	if !strings.HasSuffix(said.String(), "tqbench: interrupted: 0 trials are kept; to run the rest: tqbench quick --resume --out tqbench-out\n") {
		t.Errorf("the first: %s", said)
	}
	if _, err := os.Lstat(filepath.Join(dir, defaultOut, runner.LockName)); err == nil {
		t.Error("the lock file is left")
	}
}
