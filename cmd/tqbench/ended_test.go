package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// running starts a long run and returns when its second trial is under way.
func running(t *testing.T, dir string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	write(t, filepath.Join(dir, "small.yaml"), small)
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "2", "--contender", "celery", "--scale", "1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "the first trial", func() bool { return results.Exists(results.TrialDir(filepath.Join(dir, defaultOut), 1)) })
	await(t, "workers of the second", func() bool {
		return strings.Contains(strings.Join(remains(t, dir), "\n"), "celery --app")
	})
	return cmd, stderr
}

// await polls for another process's effect until the test's own deadline.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(60 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within a minute", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Ctrl-C is one way to end a run, a closed terminal another.
func TestASignalKeepsWhatWasMeasuredAndResumeFinishes(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			dir := t.TempDir()
			cmd, stderr := running(t, dir)
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			if code := exit(cmd.Wait()); code != exitInterrupted {
				t.Errorf("exit code %d, want %d", code, exitInterrupted)
			}
			if !strings.HasSuffix(stderr.String(), "interrupted: 1 trial is kept; to run the rest: tqbench run --resume --out tqbench-out\n") {
				t.Errorf("stderr: %s", stderr)
			}
			if l := remains(t, dir); len(l) > 0 {
				t.Errorf("left behind: %q", l)
			}
			resume(t, dir)
		})
	}
}

func TestKillingTqbenchLeavesNothingAndResumeFinishes(t *testing.T) {
	dir := t.TempDir()
	cmd, _ := running(t, dir)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	await(t, "workers and broker are gone", func() bool { return len(remains(t, dir)) == 0 })
	resume(t, dir)
}

// Killed in the middle of a trial, tqbench leaves no process, port or folder of any broker: not even RabbitMQ's epmd, which becomes a
// daemon.
func TestKillingTqbenchLeavesNothingOfAnyBroker(t *testing.T) {
	for _, name := range broker.Names() {
		t.Run(name, func(t *testing.T) {
			dir := brokertest.OpenDir(t)
			write(t, filepath.Join(dir, "small.yaml"), small)
			cmd, _, _ := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--contender", "asynctasq",
				"--broker", name)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "asynctasq.worker worker") })
			before, err := brokertest.Listeners(cmd.Process.Pid)
			if err != nil || len(before) == 0 {
				t.Errorf("no broker listens: %v (%v)", before, err)
			}
			if private(t, dir, before) == 0 {
				t.Error("there is no temporary folder")
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			await(t, "workers and broker are gone", func() bool { return len(remains(t, dir)) == 0 })
			for _, l := range before {
				if c, err := net.Dial("tcp", l.String()); err == nil {
					_ = c.Close()
					t.Errorf("something still listens on %s", &l)
				}
			}
		})
	}
}

func resume(t *testing.T, dir string) {
	t.Helper()
	out := filepath.Join(dir, defaultOut)
	before, err := os.Stat(filepath.Join(results.TrialDir(out, 1), "trial.json"))
	if err != nil {
		t.Fatal(err)
	}
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--resume")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	after, err := os.Stat(filepath.Join(results.TrialDir(out, 1), "trial.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !before.ModTime().Equal(after.ModTime()) {
		t.Error("the first trial was run again")
	}
	plan, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != len(plan.Trials) {
		t.Errorf("%d of %d trials (%v)", len(trials), len(plan.Trials), err)
	}
	hidden, err := filepath.Glob(filepath.Join(out, "results", "trials", ".*"))
	if err != nil || len(hidden) > 0 {
		t.Errorf("half-written trials are left: %v (%v)", hidden, err)
	}
}
