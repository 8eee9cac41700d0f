package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

var update = flag.Bool("update", false, "write the documents")

// accessLog has this many requests, one a second.
func accessLog(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "10.0.0.1 - - [01/Jul/2024:00:%02d:%02d -0400] \"%s / HTTP/1.0\" 200 6245\n", i/60, i%60, []string{"GET", "GET", "POST"}[i%3])
	}
	return b.String()
}

// A log becomes a load that can be planned as it is, the same one each time.
func TestALogBecomesALoad(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "access.log"), accessLog(1800))
	flags := []string{"trace", "access.log", "--kind", "method", "--from", "2024-07-01T04:10:00Z", "--for", "10m", "--speed", "60x", "--rate-scale", "0.5"}
	var made [2]string
	for i := range made {
		out := fmt.Sprintf("load%d.yaml", i)
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, append(flags, "--out", out)...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		for _, want := range []string{"access log in the Common or Combined Log Format, times in column time, kinds in column method", "1800 in 1800 rows",
			"30m from 2024-07-01T04:00:00Z", "kinds  GET 1200, POST 600", "known to 1 s", "Load: ", "|####", "tqbench run --scenario " + out} {
			if !strings.Contains(strings.Join(strings.Fields(stdout.String()), " "), strings.Join(strings.Fields(want), " ")) {
				t.Errorf("the output lacks %q:\n%s", want, stdout)
			}
		}
		data, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("load%d.csv", i)))
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(data)
		cmd, stdout, stderr = tqbench(t.Context(), t, dir, "plan", out, "--out", fmt.Sprintf("out%d", i))
		if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "trials") || strings.Contains(stdout.String(), "limit") {
			t.Errorf("%v: %s%s", err, stdout, stderr)
		}
		plan, err := suite.ReadPlan(filepath.Join(dir, fmt.Sprintf("out%d", i)))
		if err != nil {
			t.Fatal(err)
		}
		p := plan.Scenarios[0].Phases[0]
		if n := p.Tasks; n < 230 || n > 370 || p.Recorded[n-1].At > 10 || len(plan.Scenarios[0].Kinds()) != 2 {
			t.Errorf("%d tasks in %v s of %d kinds", n, p.Recorded[n-1].At, len(plan.Scenarios[0].Kinds()))
		}
	}
	if made[0] != made[1] {
		t.Error("the same command makes another trace")
	}
}

// The example in docs/traces.md is what its command prints.
func TestTheTraceInTheDocumentsIsReal(t *testing.T) {
	cmd, stdout, stderr := tqbench(t.Context(), t, filepath.Join("..", ".."), "trace", "examples/trace/shop.csv", "--speed", "2x")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	path := filepath.Join("..", "..", "docs", "traces.md")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- example -->\n", "<!-- end of example -->"
	before, rest, found := strings.Cut(string(data), begin)
	_, after, ended := strings.Cut(rest, end)
	if !found || !ended {
		t.Fatalf("%s has no example", path)
	}
	want := before + begin + "```sh\ntqbench trace examples/trace/shop.csv --speed 2x\n```\n\n```text\n" + stdout.String() + "```\n" + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if string(data) != want {
		t.Errorf("%s is stale: run go test ./cmd/tqbench -run TheTraceInTheDocuments -update", path)
	}
}

// Files that are there are kept, and nothing is written next to them.
func TestATraceReplacesNothing(t *testing.T) {
	for _, name := range []string{"load.yaml", "load.csv"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "access.log"), accessLog(5))
			write(t, filepath.Join(dir, name), "mine")
			refusedInOneLine(t, dir, name+" exists already: choose another file", "trace", "access.log", "--out", "load.yaml")
		})
	}
}

func TestATraceAsJSON(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "many.csv"), "minute,count\n0,2000000\n60,1000000\n")
	for _, tt := range []struct {
		args string
		load bool
	}{{"trace many.csv --json", false}, {"trace many.csv --json --rate-scale 0.001 --out few.yaml", true}} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, strings.Fields(tt.args)...)
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v: %s", err, stderr)
		}
		var got traced
		dec := json.NewDecoder(stdout)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil {
			t.Fatal(err)
		}
		if got.File != "many.csv" || got.Trace.Tasks != 3_000_000 || got.Trace.BucketSeconds != 60 || got.Trace.Seconds != 120 || (got.Load != nil) != tt.load || (got.Problem == "") != tt.load {
			t.Errorf("%s: %+v", tt.args, got)
		}
		if tt.load && (got.Scenario != "few.yaml" || got.Arrivals != "few.csv" || got.Load.Tasks < 2500 || got.Load.Tasks > 3500) {
			t.Errorf("%s: %+v", tt.args, got)
		}
	}
	refusedInOneLine(t, dir, "many.csv: too many tasks: the chosen part has more than 1000000: take a part with --for", "trace", "many.csv", "--out", "all.yaml")
}

// A plan says how much of a trace is within its phase's limit.
func TestAPlanSaysWhatItsLimitCuts(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "access.log"), accessLog(90))
	write(t, filepath.Join(dir, "mine.yaml"), "name: mine\ntask: noop\nprocesses: 1\nconcurrency: 1\nlimit: 30s\nwarmup: {limit: 5s}\n"+
		"phases: [{name: day, arrivals: trace, trace: access.log, producer: wire}]\n")
	for _, args := range []string{"plan mine.yaml", "run mine.yaml --dry-run --out other", "quick mine.yaml --dry-run --scale 1"} {
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, strings.Fields(args)...)
		if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "phase day of mine ends at its limit of 30s: it sends 3") ||
			!strings.Contains(stdout.String(), " of the 90 tasks in access.log, 3") {
			t.Errorf("%s: %v: %s%s", args, err, stdout, stderr)
		}
	}
}
