package main

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/results"
)

// analysed writes the analysis.json of run number n below dir: one arm on Redis with that many trials, whose throughput is scale times
// 1000, give or take 2 %.
func analysed(t *testing.T, dir string, n, trials int, scale float64) {
	t.Helper()
	a := analysis.Analysis{
		Run: results.Run{ID: fmt.Sprint("run-", n), Began: time.Date(2026, 11, 1+n, 6, 0, 0, 0, time.UTC),
			Brokers: []results.Broker{{Name: "redis", Product: "Redis", Version: "7.0.15"}}},
		Scenarios: []analysis.Scenario{{Name: "throughput", Definitions: map[string]map[string]string{"redis": {"phases.drain.tasks": "20000"}}}},
		Cells:     []analysis.Cell{{Scenario: "throughput", Broker: "redis", Arm: "celery/prefork"}},
	}
	for i := range trials {
		a.Trials = append(a.Trials, analysis.TrialRow{
			Trial:   results.Trial{ID: i + 1, Block: i + 1, Scenario: "throughput", Broker: "redis", Arm: "celery/prefork"},
			Metrics: map[string]float64{"throughput": 1000 * scale * (1 + 0.02*math.Sin(float64(5*n+3*i)))},
		})
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := analysis.Write(dir, a); err != nil {
		t.Fatal(err)
	}
}

func TestCompareEndsWithTheCodeOfItsThresholds(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0, 7, 1)
	analysed(t, filepath.Join(dir, "same"), 1, 7, 1)
	analysed(t, filepath.Join(dir, "slow"), 2, 7, 0.85)
	analysed(t, filepath.Join(dir, "few"), 3, 2, 0.85)
	analysed(t, filepath.Join(dir, "slower"), 4, 7, 0.849)
	analysed(t, filepath.Join(dir, "main", "1"), 5, 7, 1)
	analysed(t, filepath.Join(dir, "main", "2"), 6, 7, 1.001)
	analysed(t, filepath.Join(dir, "main", "3"), 7, 7, 0.999)
	for name, tt := range map[string]struct {
		args   []string
		code   int
		stdout string
		stderr string
	}{
		"one run a side":       {[]string{"old", "slow", "--fail-if", "throughput < -5%"}, exitInput, "", "--fail-if needs to know how much runs differ: give two runs a side"},
		"two runs a side":      {[]string{"old,same", "slow,slower", "--fail-if", "throughput < -5%"}, exitThreshold, "in 2 and 2 runs", "a threshold fails (1 of 1)"},
		"a folder of runs":     {[]string{"main", "slow", "--fail-if", "throughput < -5%"}, exitThreshold, "21 in 3 runs, 7", "a threshold fails"},
		"further runs alike":   {[]string{"old", "slow", "--same", "main", "--fail-if", "throughput < -5%"}, exitThreshold, "the same: main/1", "a threshold fails"},
		"nothing to decide":    {[]string{"old", "slow"}, exitDone, "No threshold was given", ""},
		"passes":               {[]string{"old", "same", "--anyway", "--fail-if", "throughput < -5%"}, exitDone, "0 of 1 fail", ""},
		"fails":                {[]string{"old", "slow", "--anyway", "--fail-if", "throughput < -5%"}, exitThreshold, "1 of 1 fail", "a threshold fails (1 of 1)"},
		"can't tell":           {[]string{"old", "few", "--anyway", "--fail-if", "throughput < -5%"}, exitInvalid, "1 can't be told", "the data can't tell (1 of 1)"},
		"fails before no tell": {[]string{"old", "slow", "--anyway", "--fail-if", "pss > +5%", "--fail-if", "throughput < -5%"}, exitThreshold, "1 of 2 fail", "a threshold fails (1 of 2)"},
		"files in folders":     {[]string{"old/analysis.json", "slow", "--anyway", "--fail-if", "*/redis: throughput < -30%"}, exitDone, "1 pass", ""},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"compare"}, tt.args...)...)
		if code := exit(cmd.Run()); code != tt.code {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, tt.code, stderr)
		}
		if !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) || tt.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s: %s\n%s", name, stdout, stderr)
		}
		if strings.Count(stderr.String(), "\n") > 1 {
			t.Errorf("%s: more than one line: %s", name, stderr)
		}
	}
}

// A failed comparison still writes its files: that is when they are needed.
func TestAFailedComparisonWritesItsFiles(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0, 7, 1)
	analysed(t, filepath.Join(dir, "new"), 1, 7, 0.8)
	cmd, _, stderr := tqbench(t.Context(), t, dir, "compare", "old", "new", "--anyway", "--fail-if", "throughput < -5%",
		"--json", "c.json", "--markdown", "c.md", "--junit", "c.xml")
	if code := exit(cmd.Run()); code != exitThreshold {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var c regress.Comparison
	if err := json.Unmarshal(read("c.json"), &c); err != nil || c.Outcome != regress.Fails || c.Version != regress.Version || len(c.Rows) != 1 {
		t.Errorf("JSON: %v %+v", err, c)
	}
	if err := xml.Unmarshal(read("c.xml"), new(struct{})); err != nil || !strings.Contains(string(read("c.xml")), `failures="1"`) {
		t.Errorf("JUnit: %v\n%s", err, read("c.xml"))
	}
	if !strings.Contains(string(read("c.md")), "| **fails** |") {
		t.Errorf("Markdown:\n%s", read("c.md"))
	}
	// An output on the standard output has it alone.
	cmd, stdout, _ := tqbench(t.Context(), t, dir, "compare", "old", "new", "--json", "-")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(stdout.Bytes(), &c); err != nil || c.Outcome != "" {
		t.Errorf("standard output: %v\n%s", err, stdout)
	}
}

func TestTrendFindsTheRunThatChanged(t *testing.T) {
	dir := t.TempDir()
	for n := range 30 {
		scale := 1.0
		if n >= 20 {
			scale = 0.85
		}
		analysed(t, filepath.Join(dir, "history", fmt.Sprint("run", n)), n, 5, scale)
	}
	var outputs []string
	for range 2 {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, "trend", "history", "--json", "t.json", "--markdown", "t.md")
		if code := exit(cmd.Run()); code != exitDone {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		data, err := os.ReadFile(filepath.Join(dir, "t.json"))
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, stdout.String()+string(data))
	}
	if outputs[0] != outputs[1] {
		t.Error("the same history gave another trend")
	}
	var tr regress.Trend
	if data, err := os.ReadFile(filepath.Join(dir, "t.json")); err != nil || json.Unmarshal(data, &tr) != nil {
		t.Fatal(err)
	}
	sure := tr.Series[0].ChangePoints[0].Sure
	// CI fails on the night on which the change becomes sure, and on no other.
	for last, want := range map[int]int{sure - 1: exitDone, sure: exitThreshold, sure + 1: exitDone} {
		until := filepath.Join(dir, fmt.Sprint("until", last))
		for n := range last + 1 {
			name := fmt.Sprint("run", n)
			if err := os.CopyFS(filepath.Join(until, name), os.DirFS(filepath.Join(dir, "history", name))); err != nil {
				t.Fatal(err)
			}
		}
		cmd, _, stderr := tqbench(t.Context(), t, dir, "trend", until, "--html", "t.html")
		if code := exit(cmd.Run()); code != want || (want == exitThreshold) != strings.Contains(stderr.String(), "has become sure (1): worse: Throughput") {
			t.Errorf("up to run %d: exit code %d, want %d: %s", last, code, want, stderr)
		}
	}
	if page, err := os.ReadFile(filepath.Join(dir, "t.html")); err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("no page: %v", err)
	}
	// A change that became sure some runs ago is new if the user says so.
	cmd, _, _ := tqbench(t.Context(), t, dir, "trend", "history", "--new", "20")
	if code := exit(cmd.Run()); code != exitThreshold {
		t.Errorf("with 20 new runs: exit code %d", code)
	}
	if !strings.Contains(outputs[0], "30 runs from 2026-11-01 to 2026-11-30: 1 sure change in 1 series.") || !strings.Contains(outputs[0], "Since run run-20 of 2026-11-21") {
		t.Errorf("%s", outputs[0])
	}
}

// A foreign file below the folder is named on a separate line and left out; what is read gives the trend.
func TestTrendNamesWhatItLeavesOut(t *testing.T) {
	dir := t.TempDir()
	for n := range 9 {
		analysed(t, filepath.Join(dir, "history", fmt.Sprint("run", n)), n, 5, 1)
	}
	write(t, filepath.Join(dir, "history", "package.json"), `{"name": "x"}`)
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "trend", "history", "--json", "t.json")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if got := stderr.String(); !strings.HasPrefix(got, "Left out: history/package.json: ") || strings.Count(got, "\n") != 1 || !strings.Contains(stdout.String(), "9 runs") {
		t.Errorf("%q\n%s", got, stdout)
	}
	data, err := os.ReadFile(filepath.Join(dir, "t.json"))
	if err != nil {
		t.Fatal(err)
	}
	var tr regress.Trend
	if err := json.Unmarshal(data, &tr); err != nil || len(tr.LeftOut) != 1 || tr.LeftOut[0].Path != "history/package.json" {
		t.Errorf("%+v (%v)", tr.LeftOut, err)
	}
}

// Other tools' results have the same verdicts, thresholds and exit codes.
func TestCompareReadsOtherToolsResults(t *testing.T) {
	dir := t.TempDir()
	for name, scale := range map[string]int{"old.txt": 1000, "new.txt": 1200} {
		var text strings.Builder
		for i := range 6 {
			fmt.Fprintf(&text, "BenchmarkPush-2 100 %d ns/op\n", scale+i)
		}
		write(t, filepath.Join(dir, name), text.String())
	}
	write(t, filepath.Join(dir, "a.json"), `{"results": [{"command": "true", "times": [0.1]}]}`)
	write(t, filepath.Join(dir, "b.json"), `{"results": [{"command": "true", "times": [0.2]}]}`)
	for args, tt := range map[string]struct {
		code           int
		stdout, stderr string
	}{
		"old.txt new.txt": {exitDone, "+20.0 %", ""},
		"old.txt new.txt --anyway --fail-if ns/op>+5%": {exitThreshold, "ns/op of Push changed by +20.0 %", "a threshold fails"},
		"a.json b.json":  {exitDone, "1 value old and 1 value new: there is no interval", ""},
		"old.txt b.json": {exitInput, "", "old.txt is a result of go test -bench, and b.json is one of hyperfine: compare results of one tool\n"},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append([]string{"compare"}, strings.Fields(args)...)...)
		if code := exit(cmd.Run()); code != tt.code || !strings.Contains(stdout.String(), tt.stdout) || !strings.Contains(stderr.String(), tt.stderr) ||
			strings.Count(stderr.String(), "\n") > 1 || tt.stderr == "" && stderr.Len() > 0 {
			t.Errorf("%s: exit code %d: %s%s", args, code, stdout, stderr)
		}
	}
}

func TestBadComparisonsAreOneLineAndExitCode2(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0, 7, 1)
	analysed(t, filepath.Join(dir, "new"), 1, 7, 1)
	write(t, filepath.Join(dir, "future", "analysis.json"), `{"version": 99}`)
	write(t, filepath.Join(dir, "damaged", "analysis.json"), `{"version": 1`)
	write(t, filepath.Join(dir, "empty", "README.md"), "")
	for want, args := range map[string][]string{
		"takes OLD NEW: 1 given":                                         {"compare", "old"},
		"nowhere: no such file or directory":                             {"compare", "old", "nowhere"},
		"empty has no analysis.json: run tqbench analyze":                {"compare", "empty", "new"},
		"it has version 99":                                              {"compare", "old", "future"},
		"damaged/analysis.json: not a usable file":                       {"compare", "damaged", "new"},
		"are the same run":                                               {"compare", "old", "old"},
		`there is no metric "speed": choose from`:                        {"compare", "old", "new", "--fail-if", "speed < -5%"},
		`"5%" has no sign`:                                               {"compare", "old", "new", "--fail-if", "throughput < 5%"},
		`neither run has the broker "sqs"`:                               {"compare", "old", "new", "--fail-if", "*/sqs: throughput < -5%"},
		"--json and --junit can't both be -":                             {"compare", "old", "new", "--json", "-", "--junit", "-"},
		"--markdown nowhere/c.md: its folder: no such file or directory": {"compare", "old", "new", "--markdown", "nowhere/c.md"},
		"old/analysis.json is not a folder":                              {"trend", "old/analysis.json"},
		"no run below empty":                                             {"trend", "empty"},
		"future/analysis.json":                                           {"trend", "future"},
		"0 new runs":                                                     {"trend", "old", "--new", "0"},
		"a level of 2":                                                   {"trend", "old", "--level", "2"},
	} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, args...)
		if code := exit(cmd.Run()); code != exitInput {
			t.Errorf("%v: exit code %d, want %d", args, code, exitInput)
		}
		message := strings.TrimSuffix(stderr.String(), "\n")
		if !strings.HasPrefix(message, "tqbench: ") || strings.Contains(message, "\n") || !strings.Contains(message, want) || stdout.Len() > 0 {
			t.Errorf("%v: %q %q, want one line with %q", args, message, stdout, want)
		}
	}
}
