package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// paced shows a line a phase of some seconds, with an event every 20 ms, and returns what it wrote.
func paced(t *testing.T, tty bool, length time.Duration) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		p := newProgressLine(&out)
		p.tty = tty
		at := runner.Progress{Index: 3, Total: 14, Trial: suite.Trial{Arm: "celery/prefork", Broker: "redis", Block: 2}, Left: 100 * time.Second}
		at.Progress = trial.Progress{Stage: "start"}
		p.show(at)
		at.Progress = trial.Progress{Stage: "paced", Total: 100 * int64(length/time.Second)}
		p.show(at)
		p.look(at.Trial, trial.Look{Began: true})
		for began := time.Now(); time.Since(began) < length; {
			time.Sleep(20 * time.Millisecond)
			p.look(at.Trial, trial.Look{Counts: results.Counts{Finished: 2}, Tasks: []trial.Timing{{Latency: 12_300_000}, {Latency: 1_000_000}}})
		}
		p.end()
	})
	return out.String()
}

func TestATerminalsLineIsRedrawn(t *testing.T) {
	drawn := strings.Split(paced(t, true, 10*time.Second), "\r\x1b[K")
	// One for each stage, ten a second, and the blank before the first and after the last.
	if want := 2 + 100 + 2; len(drawn) != want {
		t.Errorf("drawn %d times, want %d", len(drawn), want)
	}
	last := drawn[len(drawn)-2]
	for _, want := range []string{"3/14", "celery/prefork on redis", "paced 100 %", "100/s", "p99 12.3ms", "1m30s left"} {
		if !strings.Contains(last, want) {
			t.Errorf("%q doesn't tell %q", last, want)
		}
	}
	if len(last) >= 80 || strings.Contains(strings.Join(drawn, ""), "\n") {
		t.Errorf("%q is no line of a terminal", last)
	}
}

func TestALogGetsALineATrialAndOneNowAndThen(t *testing.T) {
	if got := paced(t, false, 10*time.Second); got != "trial 3 of 14: block 2, celery/prefork on redis  1m40s left\n" {
		t.Errorf("a short trial: %q", got)
	}
	lines := strings.Split(strings.TrimSpace(paced(t, false, 70*time.Second)), "\n")
	if len(lines) != 3 || !strings.Contains(lines[1], "trial 3 of 14: paced 42 %  100/s  p99 12.3ms  1m10s left") {
		t.Errorf("a long trial: %q", lines)
	}
}

// A trial's line shows nothing of the one before.
func TestANewTrialStartsFresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := newProgressLine(&out)
		p.tty = true
		at := runner.Progress{Index: 1, Total: 2, Trial: suite.Trial{ID: 1}, Progress: trial.Progress{Stage: "paced", Total: 10}}
		p.show(at)
		p.look(at.Trial, trial.Look{Began: true})
		time.Sleep(time.Second)
		p.look(at.Trial, trial.Look{Counts: results.Counts{Finished: 10}, Tasks: []trial.Timing{{Latency: 2_345_678_901}}})
		if !strings.HasSuffix(out.String(), "paced 100 %  10/s  p99 2.35s") {
			t.Errorf("%q", out.String())
		}
		p.show(runner.Progress{Index: 2, Total: 2, Trial: suite.Trial{ID: 2}, Progress: trial.Progress{Stage: "warm-up", Total: 10, Done: 1}})
		if !strings.HasSuffix(out.String(), "warm-up 10 %") {
			t.Errorf("%q", out.String())
		}
	})
}

// Names in plans and messages of brokers can't control a terminal.
func TestProgressShowsWhatIsHidden(t *testing.T) {
	const hidden = "a\x1b[2J\u202e\u009bb"
	for _, tty := range []bool{false, true} {
		var out bytes.Buffer
		p := newProgressLine(&out)
		p.tty = tty
		at := suite.Trial{Arm: hidden, Broker: hidden, Scenario: hidden, Block: 1}
		p.show(runner.Progress{Index: 1, Total: 2, Trial: at, Progress: trial.Progress{Stage: hidden}, NotRun: hidden})
		p.compared(at, []analysis.Comparison{{Scenario: hidden, Broker: hidden, Metric: hidden, Blocks: 1, Ratios: []analysis.BlockRatio{{Block: 1}}}})
		p.say(hidden)
		plain := strings.ReplaceAll(out.String(), "\r\x1b[K", "")
		if strings.ContainsAny(plain, "\x1b\u202e\u009b") || strings.Count(plain, `a\u001b[2J\u202e\u009bb`) < 4 {
			t.Errorf("on a terminal %t: %q", tty, plain)
		}
	}
}

func TestATrialThatDidNotRunIsReported(t *testing.T) {
	var out bytes.Buffer
	p := newProgressLine(&out)
	p.show(runner.Progress{Index: 1, Total: 2, NotRun: "no\nworkers", Result: &results.Trial{Reason: "no\nworkers"}})
	if got, want := out.String(), "trial 1 of 2 did not run: no; workers\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// In a log, a block has one line, once both sides have run.
func TestALogGetsALineABlock(t *testing.T) {
	var out bytes.Buffer
	p := newProgressLine(&out)
	block := func(n, of int, broker string) {
		at := suite.Trial{Scenario: "mixed", Broker: broker, Block: n}
		p.compared(at, []analysis.Comparison{{}, {Scenario: "mixed", Broker: broker, Metric: "throughput", Blocks: of, Ratios: []analysis.BlockRatio{{Block: of}}}})
	}
	block(1, 1, "redis")
	block(1, 1, "redis") // a third side
	block(2, 1, "redis") // the other side is yet to come
	block(2, 2, "redis")
	block(2, 2, "mysql")
	want := "block 1 of mixed on redis: throughput 0x\nblock 2 of mixed on redis: throughput 0x (0 to 0)\n" +
		"block 2 of mixed on mysql: throughput 0x (0 to 0)\n"
	if got := out.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
