package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// A dry run of what is to be resumed shows its plan, and runs nothing.
func TestADryRunOfAResumedRunRunsNothing(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "plan", "throughput", "--contender", "celery/prefork,rq", "--blocks", "2")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, name := range []string{"run", "quick"} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, name, "--resume", "--dry-run", "--out", defaultOut)
		if code := exit(cmd.Run()); code != exitDone || !strings.HasPrefix(stdout.String(), "4 trials in 2 blocks at scale 1: about ") {
			t.Errorf("%s: exit code %d: %s%s", name, code, stdout, stderr)
		}
		if trials, err := results.ReadTrials(filepath.Join(dir, defaultOut)); err != nil || len(trials) > 0 {
			t.Errorf("%s: %d trials, %v", name, len(trials), err)
		}
	}
}

// bothPlanned is a folder with a run's plan in the usual output folder, and a gate's in gated.
func bothPlanned(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "plan", "throughput", "--contender", "celery/prefork,rq", "--blocks", "2")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	p := planned(t, strings.Fields("gate --contender celery/prefork,rq --fail-if throughput<-5%"))
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "gated"), 0o755), suite.WritePlan(filepath.Join(dir, "gated"), p)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A gate's run has other looks, and copies of revisions: each kind of run is continued by its own command.
func TestARunOfAnotherKindIsNotResumed(t *testing.T) {
	dir := bothPlanned(t)
	for args, want := range map[string]string{
		"gate --resume --out tqbench-out":           "the run there is no gate's",
		"gate --resume --dry-run --out tqbench-out": "the run there is no gate's",
		"run --out gated":                           "the run there is a gate's: continue it with tqbench gate --resume",
		"quick --resume --out gated":                "the run there is a gate's: continue it with tqbench gate --resume",
		"selfcheck aa --resume --out gated":         "the run there is a gate's: continue it with tqbench gate --resume",
		"selfcheck aa --resume --out tqbench-out":   "the run there doesn't compare a contender with itself",
	} {
		refusedInOneLine(t, dir, want, strings.Fields(args)...)
	}
}

// A planned folder's brokers are known, so flags for others are slips there, too.
func TestAPlannedRunTakesNoFlagsOfOthers(t *testing.T) {
	dir := bothPlanned(t)
	for args, want := range map[string]string{
		"run --broker-url valkey=redis://127.0.0.1:1/0":               "--broker-url is for valkey, but the brokers are redis",
		"run --broker-url redis=redis://broker.example:1":             "if it is yours to load, say so with --i-own-this-broker",
		"run --app-env MODE=fast":                                     "--app-env and --app-env-file are for your own application",
		"run --resume --broker-url valkey=redis://[::1]:1":            "--broker-url is for valkey, but the brokers are redis",
		"gate --resume --out gated --app-env MODE=fast":               "--app-env and --app-env-file are for your own application",
		"gate --resume --out gated --broker-url valkey=redis://[::1]": "--broker-url is for valkey, but the brokers are redis",
	} {
		refusedInOneLine(t, dir, want, strings.Fields(args)...)
	}
}

// The length of a soak is in its plan: another one is refused, and not ignored.
func TestAPlannedSoakKeepsItsLength(t *testing.T) {
	dir := t.TempDir()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "plan", "soak", "--for", "1h")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for args, want := range map[string]string{
		"run --for 8h":                                "--for is the length of a soak",
		"run --resume --for 8h":                       "--for is the length of a soak",
		"run soak --for 8h":                           "has a different plan than these flags make",
		"run soak --resume --for 8h":                  "has a different plan than these flags make",
		"quick --resume --for 8h --out " + defaultOut: "--for is the length of a soak",
	} {
		refusedInOneLine(t, dir, want, strings.Fields(args)...)
	}
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "run", "soak", "--for", "1h", "--dry-run")
	if code := exit(cmd.Run()); code != exitDone {
		t.Errorf("its own length: exit code %d: %s%s", code, stdout, stderr)
	}
}

// A flag that shapes a plan and isn't in the list would be ignored where there is a plan already.
func TestEachFlagOfAPlanIsListed(t *testing.T) {
	var o planOptions
	var have []string
	cmd := &cobra.Command{}
	o.flags(cmd, 1, runWithin)
	o.hostsFlags(cmd)
	cmd.Flags().VisitAll(func(f *pflag.Flag) { have = append(have, f.Name) })
	slices.Sort(have)
	if want := slices.Sorted(slices.Values(planFlags())); !slices.Equal(have, want) {
		t.Errorf("the flags are %q, and the list has %q", have, want)
	}
}

// A soak of hours has no limit of hours, unless it is given.
func TestASoakMayTakeItsTime(t *testing.T) {
	dir := t.TempDir()
	for args, want := range map[string]string{
		"run soak --for 8h": "2 trials in 1 block at scale 1: about ", "run soak --for 8h --blocks 2": "4 trials in 2 blocks at scale 1: about ",
		"run soak --for 8h --within 1h": "that is more than --within 60 min allows",
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append(strings.Fields(args), "--dry-run")...)
		if code := exit(cmd.Run()); code != exitDone || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}

// The runs of a folder are its own and those that were set aside from it, and nothing else that has a similar name.
func TestRunsOfAFolderAreThoseSetAsideFromIt(t *testing.T) {
	dir := t.TempDir()
	out := filepath.Join(dir, "gate")
	for _, name := range []string{"gate-20261130-101112", "gate-20261130-101112-2", "gate-20261130", "gate-app", "my-gate-20261130-101112"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got := runsOf(out); !slices.Equal(got, []string{out, out + "-20261130-101112", out + "-20261130-101112-2"}) {
		t.Errorf("%q", got)
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
