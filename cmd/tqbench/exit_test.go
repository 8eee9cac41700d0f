package main

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// noneRan writes a folder of a run whose broker was gone: no trial ran.
func noneRan(t *testing.T, out string) {
	t.Helper()
	if err := madeup.Basic(6, 300).Write(out); err != nil {
		t.Fatal(err)
	}
	plan, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plan.Trials {
		dir := results.TrialDir(out, p.ID)
		x, err := results.ReadTrial(dir)
		if err == nil {
			err = os.RemoveAll(dir)
		}
		if err == nil {
			err = os.MkdirAll(dir, 0o755)
		}
		gone := results.Trial{ID: x.ID, Block: x.Block, Scenario: x.Scenario, Broker: x.Broker, Contender: x.Contender, Arm: x.Arm, Reason: "its broker is gone"}
		if err := errors.Join(err, results.WriteTrial(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
}

// Each code of the table in docs/commands.md is the exit code of a command, and no command ends with another.
func TestCommandsEndWithTheDocumentedCodes(t *testing.T) {
	testneeds.Real(t, "brokers and workers")
	dir := t.TempDir()
	noneRan(t, filepath.Join(dir, "none"))
	for _, name := range []string{"good", "slow"} {
		if err := madeup.Basic(8, 3000).Write(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		a, err := analysis.Analyze(filepath.Join(dir, name))
		if err == nil && name == "slow" {
			a.Run.ID = "slow"
			for i := range a.Trials {
				a.Trials[i].Metrics["throughput"] /= 2
			}
		}
		if err := errors.Join(err, analysis.Write(filepath.Join(dir, name), a)); err != nil {
			t.Fatal(err)
		}
	}
	mine := "name: mine\ntask: mytask\nprocesses: 1\nconcurrency: 1\nlimit: 60s\nwarmup: {limit: 5s}\nbrokers: [redis]\n" +
		"phases: [{name: drain, arrivals: backlog, tasks: 10, producer: wire}]\n"
	if err := os.WriteFile(filepath.Join(dir, "mine.yaml"), []byte(mine), 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "access.log"), accessLog(90))
	seen := map[int]bool{exitInterrupted: true, exitPaused: true} // by the tests of Ctrl-C and of runs in parts
	for _, tt := range []struct {
		args string
		code int
		// says is in the output or the errors; makes is a file that exists afterwards.
		says, makes string
	}{
		{"analyze --out good", exitDone, "planned trials ran", analysis.Path("good")},
		{"show good", exitDone, "planned trials ran", ""},
		{"show nowhere", exitInput, "nowhere", ""},
		{"show good good", exitInput, "takes at most one folder", ""},
		{"report --out good", exitDone, "index.html", report.Dir("good")},
		{"plan --out planned", exitDone, "", suite.PlanPath("planned")},
		{"quick --dry-run --out other", exitDone, "trials in", ""},
		{"quick all --dry-run --out other", exitDone, "one block of everything has", ""},
		{"list", exitDone, "throughput", ""},
		{"list --json", exitDone, `"name": "celery/prefork"`, ""},
		{"version", exitDone, " (go1.", ""},
		{"--version", exitDone, " (go1.", ""},
		{"schema trial", exitDone, "properties", ""},
		{"trace access.log", exitDone, "90 in 90 rows", ""},
		{"trace access.log --out load.yaml", exitDone, "tqbench run --scenario load.yaml", "load.csv"},
		{"gate --contender celery --base 5.5.3 --fail-if throughput<-5% --dry-run", exitDone, "16 trials in 8 blocks", ""},
		{"bundle good --incomplete --out good.tar.gz", exitDone, "16 of 16 planned trials", "good.tar.gz"},
		{"verify good.tar.gz", exitThreshold, "not verified", ""},
		{"site . --out pages", exitDone, "left out: good.tar.gz: ", filepath.Join("pages", "index.html")},
		{"site nowhere", exitInput, "nowhere", ""},
		{"bundle good", exitInput, "isn't complete", ""},
		{"bundle nowhere", exitInput, "nowhere", ""},
		{"verify nowhere", exitInput, "nowhere", ""},
		{"verify access.log", exitInput, "not a bundle", ""},
		{"compare slow good --anyway --fail-if throughput<-5%", exitDone, "", ""},
		{"compare good slow --anyway --fail-if throughput<-5%", exitThreshold, "a threshold fails", ""},
		{"analyze --out none", exitInvalid, "no trial ran (trial 1: its broker is gone)", analysis.Path("none")},
		{"report --out none", exitInvalid, "no trial ran (trial 1: its broker is gone)", report.Dir("none")},
		{"size --out none --rate 100 --p99 500ms", exitInvalid, "", ""},
		{"analyze --out nowhere", exitInput, "nowhere", ""},
		{"report --out nowhere", exitInput, "nowhere", ""},
		{"run --resume --out nowhere", exitInput, "no run to resume", ""},
		{"quick --resume --out nowhere", exitInput, "nowhere", ""},
		{"quick --broker carrier-pigeon", exitInput, "carrier-pigeon", ""},
		{"run nothing", exitInput, "nothing", ""},
		{"plan --blocks x", exitInput, "--blocks", ""},
		{"plan --scenario mine.yaml --out mine", exitInput, "Celery has no task mytask, only noop", ""},
		{"gate --contender celery --base 5.5.3", exitInput, "--fail-if is missing", ""},
		{"bisect --contender rq --fail-if throughput<-5%", exitInput, "write --contender QUEUE@A..B", ""},
		{"gate --resume --out nowhere", exitInput, "nowhere", ""},
		{"compare good nowhere", exitInput, "nowhere", ""},
		{"trend nowhere", exitInput, "nowhere", ""},
		{"size --out nowhere --rate 100 --p99 500ms", exitInput, "nowhere", ""},
		{"serve nowhere", exitInput, "nowhere", ""},
		{"broker serve pigeon", exitInput, "pigeon", ""},
		{"workers build pigeon", exitInput, "pigeon", ""},
		{"schema pigeon", exitInput, "pigeon", ""},
		{"trace nowhere", exitInput, "nowhere", ""},
		{"trace mine.yaml", exitInput, "no column has times", ""},
		{"doctor now", exitInput, "now", ""},
		{"selfcheck --broker pigeon", exitInput, "pigeon", ""},
		{"monitor now", exitInput, "now", ""},
		{"pigeon", exitInput, "pigeon", ""},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, strings.Fields(tt.args)...)
		code := exit(cmd.Run())
		seen[code] = true
		if code != tt.code || !strings.Contains(stdout.String()+stderr.String(), tt.says) {
			t.Errorf("tqbench %s: exit code %d, want %d and %q: %s%s", tt.args, code, tt.code, tt.says, stdout, stderr)
		}
		if lines := strings.Count(strings.TrimSuffix(stderr.String(), "\n"), "\n"); code == exitInput && lines > 0 {
			t.Errorf("tqbench %s: bad input gets more than a line: %s", tt.args, stderr)
		}
		if tt.makes == "" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, tt.makes)); err != nil {
			t.Errorf("tqbench %s: %v", tt.args, err)
		}
	}
	readme, err := os.ReadFile(filepath.Join("..", "..", "docs", "commands.md"))
	if err != nil {
		t.Fatal(err)
	}
	var listed []int
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \|`).FindAllStringSubmatch(string(readme), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, n)
		if !seen[n] {
			t.Errorf("no command ends with %d", n)
		}
	}
	if want := []int{exitDone, exitThreshold, exitInput, exitInvalid, exitPaused, exitInterrupted}; !slices.Equal(listed, want) {
		t.Errorf("the table has the codes %d, want %d", listed, want)
	}
}
