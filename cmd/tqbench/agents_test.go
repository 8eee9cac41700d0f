package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/cluster"
	"github.com/tqbench/tqbench/results"
)

func begin(t *testing.T, dir string, args ...string) command {
	t.Helper()
	cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return command{cmd, stderr}
}

// agents starts both agents of the plan.
func agents(t *testing.T, dir, collector string) (worker, load command) {
	t.Helper()
	args := []string{"agent", "--collector", collector, "--token-file", "token", "--index", "0", "--role"}
	return begin(t, dir, append(slices.Clone(args), cluster.Worker)...), begin(t, dir, append(args, cluster.Load)...)
}

// working waits until a trial has workers.
func working(t *testing.T, dir string) {
	t.Helper()
	await(t, "workers", func() bool { return strings.Contains(strings.Join(remains(t, dir), "\n"), "asynctasq.worker worker") })
}

// An interrupted collector ends its agents and keeps what was measured. The command that it prints goes on with new agents.
func TestAnInterruptedCollectorGoesOnWithNewAgents(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	planHosts(t, dir, 2)
	collector := begin(t, dir, "collect", "--plan", "planned/plan.json", "--listen", address, "--token-file", "token", "--out", "run")
	worker, load := agents(t, dir, address)
	out := filepath.Join(dir, "run")
	await(t, "the first trial", func() bool { return results.Exists(results.TrialDir(out, 1)) })
	working(t, dir)
	if err := collector.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	for _, a := range []command{worker, load} {
		if code := exit(a.Wait()); code != exitDone || !strings.Contains(a.stderr.String(), "the collector ended the run: it was interrupted") {
			t.Errorf("an agent: exit code %d: %s", code, a.stderr)
		}
	}
	ended(t, dir, collector.Cmd, collector.stderr, exitInterrupted)
	_, again, ok := strings.Cut(strings.TrimSpace(collector.stderr.String()), "tqbench: interrupted: 1 trial is kept; to run the rest: tqbench ")
	if want := "collect --resume --out run --listen " + address + " --token-file token"; !ok || again != want {
		t.Fatalf("stderr: %s", collector.stderr)
	}
	first, err := os.Stat(filepath.Join(results.TrialDir(out, 1), "trial.json"))
	if err != nil {
		t.Fatal(err)
	}
	collector = begin(t, dir, strings.Fields(again)...)
	worker, load = agents(t, dir, address)
	for _, c := range []command{collector, worker, load} {
		if code := exit(c.Wait()); code != exitDone {
			t.Errorf("exit code %d: %s", code, c.stderr)
		}
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 2 || !complete(trials[0]) || !complete(trials[1]) {
		t.Fatalf("%+v (%v)", trials, err)
	}
	if same, err := os.Stat(filepath.Join(results.TrialDir(out, 1), "trial.json")); err != nil || !same.ModTime().Equal(first.ModTime()) {
		t.Errorf("the first trial was run again (%v)", err)
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}
}

// complete reports whether a trial of the small load ran, with each task done. On a busy machine, its latencies may not count.
func complete(r results.Trial) bool { return r.Reason == "" && r.Sent == 700 && r.Finished == 700 }

// An interrupted agent spoils its trial. The run goes on with another one.
func TestAnInterruptedAgentSpoilsItsTrial(t *testing.T) {
	dir, address := t.TempDir(), freeAddress(t)
	planHosts(t, dir, 3)
	collector := begin(t, dir, "collect", "--plan", "planned/plan.json", "--listen", address, "--token-file", "token", "--out", "run")
	worker, load := agents(t, dir, address)
	out := filepath.Join(dir, "run")
	await(t, "the first trial", func() bool { return results.Exists(results.TrialDir(out, 1)) })
	working(t, dir)
	if err := worker.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(worker.Wait()); code != exitInterrupted || !strings.HasSuffix(worker.stderr.String(),
		"tqbench: interrupted: the trial under way doesn't count; the run goes on if the agent starts again within a minute\n") {
		t.Errorf("exit code %d: %s", code, worker.stderr)
	}
	worker = begin(t, dir, "agent", "--collector", address, "--token-file", "token", "--index", "0", "--role", cluster.Worker)
	for _, c := range []command{collector, worker, load} {
		if code := exit(c.Wait()); code != exitDone {
			t.Errorf("exit code %d: %s", code, c.stderr)
		}
	}
	if !strings.Contains(collector.stderr.String(), "\nworker 0 was interrupted\n") {
		t.Errorf("the collector says: %s", collector.stderr)
	}
	trials, err := results.ReadTrials(out)
	if err != nil || len(trials) != 3 || !complete(trials[0]) || !complete(trials[2]) {
		t.Fatalf("%+v (%v)", trials, err)
	}
	said := trials[1].Reason
	for _, f := range trials[1].Flags {
		if f.Invalidates("throughput") {
			said += f.Detail
		}
	}
	if !strings.Contains(said, "worker 0 was interrupted") {
		t.Errorf("the second trial says %q", said)
	}
	if l := remains(t, dir); len(l) > 0 {
		t.Errorf("left behind: %q", l)
	}
}
