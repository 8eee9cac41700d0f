package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// repository is a git repository with one commit of an application, in which tqbench runs.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "shop.py"), []byte("from celery import Celery\napp = Celery(\"shop\")\n\n\n@app.task(name=\"shop.order\")\ndef order():\n    pass\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{"init --quiet --initial-branch=main", "add --all", "-c user.name=t -c user.email=t@example.org commit --quiet --message=x"} {
		git(t, dir, strings.Fields(args)...)
	}
	return dir
}

func TestGatesRefuseWhatTheyCantCompare(t *testing.T) {
	t.Parallel()
	const own = "--app celery=shop --task shop.order --fail-if throughput<-5% "
	dir := repository(t)
	if err := os.MkdirAll(filepath.Join(dir, "kept", "ci"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "kept", "plan.json"), "{}")
	for args, want := range map[string]string{
		"":                               "--fail-if is missing",
		"--fail-if throughput<-5%":       "what to compare is missing",
		"--fail-if throughput<5% " + own: "has no sign",
		"--fail-if throughputs<-5% --contender celery --base 5.5.3":                                    `no metric "throughputs" (did you mean throughput?)`,
		"--fail-if */sqs:throughput<-5% --contender celery --base 5.5.3":                               "sqs",
		"--fail-if throughput<-5% --contender celery":                                                  "what to compare is missing",
		"--fail-if throughput<-5% --contender celery@5.5.3 --base 5.5.2":                               "has a release",
		"--fail-if throughput<-5% --contender celery,rq --base 5.5.2":                                  "not both",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --install x":                         "--install is for your own application",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --blocks 20":                         "--blocks is not for a gate",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --max-blocks 6":                      "must be from the first 8",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --app-env A=b":                       "for your own application",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --junit build/gate.xml":              "--junit build/gate.xml: its folder: no such file or directory",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --junit tqbench-gate/ci/gate.xml":    "--junit tqbench-gate/ci/gate.xml: its folder: no such file or directory",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --json tqbench-gate":                 "--json tqbench-gate: the output folder will be there",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --json tqbench-gate/plan.json":       "--json tqbench-gate/plan.json: tqbench itself writes a file or folder of that name",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --junit tqbench-gate/report":         "--junit tqbench-gate/report: tqbench itself writes a file or folder of that name",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --junit tqbench-gate/gate.json":      "tqbench itself writes a file or folder of that name",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --out kept --junit kept/ci/gate.xml": "--junit kept/ci/gate.xml: its folder is of the earlier run there",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --out a/b --json a":                  "--json a: the output folder will be there",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --json .":                            "--json .: it is a directory",
		"--fail-if throughput<-5% --contender celery --base 5.5.3 --json - --markdown -":               "--json and --markdown can't both be -",
		own:                              "--base is missing",
		own + "--base nosuch":            `no revision "nosuch"`,
		own + "--base main --app-path /": "not in a git repository",
		own + "--change main":            "--base is missing",
		own + "--base-env-file nosuch":   "--base-env-file nosuch",
		own + "--base-python nosuch":     "--base-python nosuch: no such program",
		own + "--install x --base-python " + "shop.py":                       "--install is for two revisions",
		own + "--base main --install https://ci:hunter2@pypi.example/simple": "--install has a URL with a password or a token",
		own + "--app rq=shop --base main":                                    "give one --app",
	} {
		cmd, _, stderr := tqbench(t.Context(), t, dir, append([]string{"gate", "--dry-run"}, strings.Fields(args)...)...)
		if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), want) || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("gate %s: exit code %d: %s, want %q", args, code, stderr, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "tqbench-gate")); err == nil {
		t.Error("an output folder was made")
	}
}

func TestGatesOfAnyTwoSidesArePlanned(t *testing.T) {
	t.Parallel()
	dir := repository(t)
	if err := os.WriteFile(filepath.Join(dir, "small.env"), []byte("BATCH=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "new", "ci"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, args := range []string{
		"--contender rq,rq --json tqbench-gate/gate.json", "--contender rq,rq --out new --junit new/ci/gate.xml",
		"--contender celery --base 5.5.3 --change 5.6.0", "--contender celery/prefork,celery/threads", "--contender rq,rq",
		"--contender rq,rq --markdown tqbench-gate/gate.md --junit ./tqbench-gate/gate.xml", // that folder is made by then
		"--app celery=shop --task shop.order --base main", "--app celery=shop --task shop.order --base HEAD --change main --install true --app-python venv/bin/python",
		"--app celery=shop --task shop.order --change-env-file small.env",
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"gate", "--dry-run", "--fail-if", "throughput < -5%"}, strings.Fields(args)...)...)
		if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "16 trials in 8 blocks") || !strings.Contains(stdout.String(), "more while a threshold is open") {
			t.Errorf("gate %s: %v: %s%s", args, err, stdout, stderr)
		}
	}
}

// A gate with several thresholds may have more blocks, as it takes more to decide all of them.
func TestMoreThresholdsMayHaveMoreBlocks(t *testing.T) {
	t.Parallel()
	args := "gate --contender rq,rq"
	for _, name := range []string{"throughput", "latency_p50", "latency_p99", "cpu_per_task", "cpu_per_1000", "pss"} {
		args += " --fail-if " + name + ">+5%"
	}
	for more, want := range map[string]int{"": 54, " --max-blocks 20": 20} {
		if p := planned(t, strings.Fields(args+more)); p.Growth.Max != want {
			t.Errorf("at most %d blocks, want %d", p.Growth.Max, want)
		}
	}
	one := "gate --contender rq,rq --fail-if throughput<-5%"
	if p := planned(t, strings.Fields(one)); p.Growth.Max != suite.MaxBlocks {
		t.Errorf("one threshold has at most %d blocks", p.Growth.Max)
	}
}

func TestTheExitOfAGateFollowsItsOutcome(t *testing.T) {
	t.Parallel()
	decided := func(outcome, grade string) gate.Gate {
		return gate.Gate{Outcome: outcome, Decisions: []gate.Decision{{Outcome: outcome, Grade: grade}}}
	}
	for _, test := range []struct {
		gate          gate.Gate
		loose, strict error
	}{
		{decided(regress.Passes, "sure"), nil, nil},
		{decided(regress.Passes, "here"), nil, errCantTell},
		{decided(regress.Fails, "here"), errThreshold, errThreshold},
		{decided(regress.CantTell, ""), nil, errCantTell},
		{decided(gate.Spoiled, ""), runner.ErrInvalid, runner.ErrInvalid},
	} {
		for strict, want := range map[bool]error{false: test.loose, true: test.strict} {
			if err := gateVerdict(test.gate, strict); !errors.Is(err, want) {
				t.Errorf("%+v, strict %v: %v, want %v", test.gate.Decisions, strict, err, want)
			}
		}
	}
}
