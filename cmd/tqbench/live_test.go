package main

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// A run's live.json has the trial with its rates, the trials that count, the ratios, and when the run may end.
func TestALiveFileSaysWhatTheRunIsDoing(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if err := madeup.Basic(2, 100).Write(out); err != nil {
		t.Fatal(err)
	}
	plan, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	had, err := results.ReadTrials(out)
	if err != nil || len(had) != len(plan.Trials) {
		t.Fatalf("%d trials (%v)", len(had), err)
	}
	at := func() results.Live {
		path := filepath.Join(out, results.LiveName)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l, err := results.DecodeLive(path, data)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var said bytes.Buffer
		w := &watcher{line: newProgressLine(&said)}
		end := w.begin(out, plan)
		// The trials of an earlier part of the run count, too.
		if l := at(); l.Ended != len(had) || l.Kept != len(had) || l.Trial != nil || !l.Ends.IsZero() {
			t.Errorf("at first: %+v", l)
		}
		first := runner.Progress{Index: 1, Total: 2, Trial: plan.Trials[0], Left: time.Minute, Progress: trial.Progress{Stage: "paced", Total: 400}}
		w.progress(first)
		w.look(first.Trial, trial.Look{Began: true})
		for range 4 {
			time.Sleep(200 * time.Millisecond)
			w.look(first.Trial, trial.Look{Counts: results.Counts{Sent: 30, Finished: 25}, Tasks: []trial.Timing{{Latency: 12_000_000}}})
		}
		// A side whose turn is over has a rest, which isn't the current trial's.
		w.look(plan.Trials[1], trial.Look{Counts: results.Counts{Finished: 1000}, Tasks: []trial.Timing{{Latency: 1e9}}})
		time.Sleep(300 * time.Millisecond)
		got := *at().Trial
		want := results.LiveTrial{ID: plan.Trials[0].ID, Block: plan.Trials[0].Block, Scenario: plan.Trials[0].Scenario, Broker: plan.Trials[0].Broker,
			Arm: plan.Trials[0].Arm, Stage: "paced", Done: 0.25, SentPerSecond: 120, FinishedPerSecond: 100, P99: got.P99}
		if diff := cmp.Diff(want, got); diff != "" || got.P99 < 0.0119 || got.P99 > 0.0121 || !at().Ends.Equal(began.Add(time.Minute)) {
			t.Errorf("%s; p99 %v, ends %s", diff, got.P99, at().Ends)
		}
		over := first
		over.Result = &had[0]
		w.progress(over)
		time.Sleep(time.Second)
		if l := at(); l.Trial != nil {
			t.Errorf("between two trials: %+v", l.Trial)
		}
		if len(w.line.meters) > 0 {
			t.Errorf("%d meters of trials that are over", len(w.line.meters))
		}
		flagged := had[1]
		flagged.Flags = []results.Flag{{Code: results.FlagLost, Metrics: []string{"*"}}}
		w.progress(runner.Progress{Index: 2, Total: 2, Trial: plan.Trials[1], Result: &flagged})
		w.progress(runner.Progress{Index: 2, Total: 2, Trial: plan.Trials[2], NotRun: "no", Result: &results.Trial{ID: plan.Trials[2].ID, Reason: "no"}})
		time.Sleep(time.Second)
		l := at()
		if l.Ended != len(had) || l.Kept != len(had)-2 || len(l.Ratios) == 0 || l.Ratios[0].Blocks != 2 || l.Ratios[0].Title == "" || l.Ratios[0].Candidate == l.Ratios[0].Baseline {
			t.Errorf("at the end: %+v", l)
		}
		end()
		// Another run's trials aren't this one's.
		w.line.show(first)
		end = w.begin(out, plan)
		if l := at(); l.Trial != nil || !l.Ends.IsZero() {
			t.Errorf("at the beginning of another run: %+v", l)
		}
		end()
	})
	if _, err := os.Stat(filepath.Join(out, results.LiveName)); !os.IsNotExist(err) {
		t.Errorf("the file outlives the run (%v)", err)
	}
}

// A ratio replaces its earlier one, and has no interval that says nothing.
func TestRatiosSoFar(t *testing.T) {
	c := analysis.Comparison{Scenario: "io", Broker: "redis", Metric: "throughput", Blocks: 1, Disturbed: 1, Ratio: stats.Interval{Estimate: 2, Low: 2, High: 2},
		Baseline: analysis.Estimate{Arm: "a"}, Candidate: analysis.Estimate{Arm: "b"}}
	s := &soFar{}
	s.compared([]analysis.Comparison{c, {Metric: "no blocks"}, {Metric: "not counted", Blocks: 2, NotCounted: analysis.Promises{Stated: "x"}}})
	want := results.LiveRatio{Scenario: "io", Broker: "redis", Metric: "throughput", Candidate: "b", Baseline: "a", Ratio: 2, Blocks: 1, Noisy: 1}
	if diff := cmp.Diff([]results.LiveRatio{want}, s.ratios); diff != "" {
		t.Error(diff)
	}
	c.Blocks, c.Ratio = 6, stats.Interval{Estimate: 1.5, Low: 1.2, High: 1.9}
	want.Blocks, want.Ratio, want.Low, want.High = 6, 1.5, 1.2, 1.9
	s.compared([]analysis.Comparison{c})
	if diff := cmp.Diff([]results.LiveRatio{want}, s.ratios); diff != "" {
		t.Error(diff)
	}
}

// The live page of a real run shows each stage as it comes, with its figures, that the run was killed, and after its resumption that it has ended.
func TestARealRunHasALivePage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "small.yaml"), strings.Replace(small, "tasks: 200, rate: 200", "tasks: 800, rate: 200", 1))
	run, _, _ := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "2", "--contender", "asynctasq", "--scale", "1")
	page, _, _ := tqbench(t.Context(), t, t.TempDir(), "serve", dir, "--listen", "127.0.0.1:0")
	line, err := firstLine(t, page)
	if err != nil {
		t.Fatal(err)
	}
	var shown string
	shows := func(what string) func() bool {
		re := regexp.MustCompile(what)
		return func() bool {
			answer, err := http.Get(strings.TrimSpace(line) + "live/" + defaultOut)
			if err != nil {
				t.Fatal(err)
			}
			defer answer.Body.Close()
			data, err := io.ReadAll(answer.Body)
			shown = string(data)
			return err == nil && re.Match(data)
		}
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	await(t, "a phase of the first trial", shows(`Running: 0 of 2 (?s:.*)Trial 1: (?s:.*)<dt>Phase</dt><dd>[a-z]`))
	await(t, "rates and a percentile", shows(`<dt>Phase</dt><dd>paced<(?s:.*)<dt>Offered</dt><dd>[1-9](?s:.*)<dt>Finished</dt><dd>[1-9](?s:.*)<dt>p99 so far</dt><dd>[1-9]`))
	await(t, "the second trial", shows(`Running: 1 of 2 (?s:.*)Trial 2: asynctasq/async on redis(?s:.*)<dt>Kept trials</dt><dd>[01] of 1<(?s:.*)<dt>Time left</dt><dd>about `))
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = run.Wait()
	await(t, "the kill", shows(`Killed: 1 of 2 planned trials have ended\.`))
	if strings.Contains(shown, "<dt>Phase</dt>") {
		t.Errorf("a killed run has figures: %s", shown)
	}
	await(t, "nothing is left", func() bool { return len(remains(t, dir)) == 0 })
	again, _, stderr := tqbench(t.Context(), t, dir, "run", "--resume")
	if err := again.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	await(t, "the end", shows(`Ended: 2 of 2 planned trials have ended\.`))
	if entries, err := filepath.Glob(filepath.Join(dir, defaultOut, "*live.json*")); err != nil || len(entries) > 0 {
		t.Errorf("left: %v (%v)", entries, err)
	}
	if err := page.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exit(page.Wait()); code != exitDone {
		t.Errorf("serve: exit code %d", code)
	}
}
