package runner_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	runner.MaybeHelper()
	testneeds.NoExamples()
	os.Exit(m.Run())
}

func builder(t *testing.T) *workers.Builder {
	t.Helper()
	testneeds.Real(t, "workers")
	b, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// small is scenario 1 with few tasks: enough for every kind of phase.
func small(t *testing.T) suite.Scenario {
	t.Helper()
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return all[0].Scaled(0.02)
}

func writePlan(t *testing.T, out string, contenders []string, blocks int) suite.Plan {
	t.Helper()
	p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{small(t)}, Brokers: []string{"redis"},
		Contenders: contenders, Blocks: blocks, Scale: 1, Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := suite.WritePlan(out, p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Real Redis, real workers of both frameworks: every task of every phase is accounted for.
func TestBothFrameworksRunEveryTask(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	out := t.TempDir()
	plan := writePlan(t, out, []string{"celery/prefork", "asynctasq/async"}, 1)
	if err := runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t)}); err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != 2 {
		t.Fatalf("%d trials, want 2", len(trials))
	}
	for _, tr := range trials {
		var want int64
		for i, p := range plan.Scenarios[0].Phases {
			n := tr.Phases[i].Count
			if p.Arrivals == suite.Sustained && n < int64(p.Depth) || p.Arrivals != suite.Sustained && n != int64(p.Tasks) {
				t.Errorf("%s: phase %s has %d tasks: %+v", tr.Arm, p.Name, n, p)
			}
			want += n
		}
		if tr.Sent != want || tr.Finished != want || tr.Lost+tr.Failed+tr.Duplicated+tr.Unexpected+tr.Rejected != 0 {
			t.Errorf("%s: counts %+v, want %d finished", tr.Arm, tr.Counts, want)
		}
		rows, err := results.ReadTasks(results.TrialDir(out, tr.ID))
		if err != nil {
			t.Fatal(err)
		}
		if int64(len(rows)) != want {
			t.Errorf("%s: %d rows, want %d", tr.Arm, len(rows), want)
		}
		for _, r := range rows {
			if !(0 < r.Intended && r.Intended <= r.Sent && r.Sent <= r.Acked && r.Sent <= r.Started && r.Started <= r.Finished) {
				t.Fatalf("%s: times out of order: %+v", tr.Arm, r)
			}
			if r.Attempts != 1 || r.Outcome != results.OutcomeFinished {
				t.Fatalf("%s: %+v", tr.Arm, r)
			}
		}
		for _, p := range tr.Phases {
			if suite.Held(p.Arrivals) {
				for _, r := range rows {
					if r.Phase == p.Name && r.Started < p.Released {
						t.Fatalf("%s: task %d of %s started before the workers were let go", tr.Arm, r.Seq, p.Name)
					}
				}
			}
			if !p.Workers.Measured || p.Workers.PSSMiB <= 0 || !p.BrokerUsage.Measured || p.BrokerUsage.PSSMiB <= 0 {
				t.Errorf("%s: phase %s has no resources: %+v", tr.Arm, p.Name, p)
			}
		}
		t.Logf("%s: flags %+v, harness %+v, startup %+v", tr.Arm, tr.Flags, tr.Harness, tr.Startup)
	}
	nothingLeft(t)
}

// nothingLeft checks that no folder of ours is in the temporary folder of this test process.
func nothingLeft(t *testing.T) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "tqbench-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}

// endRedis kills the Redis that this test's trial has started.
func endRedis(t *testing.T) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range dirs {
		dir, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(dir, filepath.Join(os.TempDir(), "tqbench-redis-")) {
			continue
		}
		name, err := os.ReadFile(filepath.Join(filepath.Dir(link), "comm"))
		if err != nil || strings.TrimSpace(string(name)) != "redis-server" {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		return
	}
	t.Error("there is no Redis to kill")
}

// A broker that ends in the middle of a trial only costs that trial, and the workers' last words are kept.
func TestABrokerThatEndsCostsOnlyItsTrial(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	out := t.TempDir()
	writePlan(t, out, []string{"asynctasq/async"}, 3)
	var reasons []string
	killed := false
	err := runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t), Progress: func(p runner.Progress) {
		if p.Index == 2 && p.Stage == "client" && !killed {
			killed = true
			endRedis(t)
		}
		if p.NotRun != "" {
			reasons = append(reasons, p.NotRun)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != 3 || !trials[0].Done() || trials[1].Done() || !trials[2].Done() {
		t.Fatalf("want three trials of which the second did not run: %+v", trials)
	}
	if len(reasons) != 1 || reasons[0] != trials[1].Reason || !strings.Contains(reasons[0], "the broker stopped answering") {
		t.Errorf("reported %q, the trial's reason is %q", reasons, trials[1].Reason)
	}
	if info, err := os.Stat(filepath.Join(results.TrialDir(out, 2), "worker-1.log")); err != nil || info.Size() == 0 {
		t.Errorf("the broken trial's worker log: %v, %v", info, err)
	}
	nothingLeft(t)
}

func TestInterruptedRunIsResumedToTheSameTrials(t *testing.T) {
	t.Setenv("TMPDIR", brokertest.OpenDir(t))
	out := t.TempDir()
	plan := writePlan(t, out, []string{"asynctasq/async"}, 3)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := runner.Run(ctx, runner.Options{Out: out, Builder: builder(t), Progress: func(p runner.Progress) {
		if p.Index == 2 && p.Stage == "drain" {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v, want a cancelled context", err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != 1 {
		t.Fatalf("%d trials kept, want the first", len(trials))
	}
	nothingLeft(t)
	entries, err := os.ReadDir(filepath.Join(out, "results", "trials"))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("the interrupted trial left its folder: %v", entries)
	}

	first := trials[0]
	err = runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t)})
	if !errors.Is(err, runner.ErrInput) || !strings.Contains(err.Error(), "--resume") {
		t.Fatalf("err = %v, want one that names --resume", err)
	}
	if err := runner.Run(t.Context(), runner.Options{Out: out, Builder: builder(t), Resume: true}); err != nil {
		t.Fatal(err)
	}
	trials, err = results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != len(plan.Trials) {
		t.Fatalf("%d trials, want %d", len(trials), len(plan.Trials))
	}
	if trials[0].Phases[0].Drained != first.Phases[0].Drained {
		t.Error("the first trial was run again")
	}
}

func TestRunReportsWhatTheUserCanFix(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(t *testing.T, out string) runner.Options
		want    string
	}{
		"no plan": {func(t *testing.T, out string) runner.Options { return runner.Options{} }, "plan.json"},
		"a phase after which no file can be named": {func(t *testing.T, out string) runner.Options {
			p := writePlan(t, out, []string{"celery/prefork"}, 1)
			p.Scenarios[0].Phases[0].Name = "x/../../drain"
			if err := suite.WritePlan(out, p); err != nil {
				t.Fatal(err)
			}
			return runner.Options{Resume: true}
		}, `phases[0].name "x/../../drain": it must`},
		"no redis-server": {func(t *testing.T, out string) runner.Options {
			writePlan(t, out, []string{"celery/prefork"}, 1)
			t.Setenv("PATH", t.TempDir())
			return runner.Options{}
		}, "redis-server is not installed"},
		"a URL that refuses": {func(t *testing.T, out string) runner.Options {
			writePlan(t, out, []string{"celery/prefork"}, 1)
			return runner.Options{URLs: map[string]string{"redis": "redis://:secret@127.0.0.1:1/0"}}
		}, "connection refused"},
		"results of another version": {func(t *testing.T, out string) runner.Options {
			writePlan(t, out, []string{"celery/prefork"}, 1)
			dir := results.TrialDir(out, 1)
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "trial.json"), []byte(`{"version": 99}`), 0o644); err != nil {
				t.Fatal(err)
			}
			return runner.Options{Resume: true}
		}, "version 99"},
		"a trial of no plan": {func(t *testing.T, out string) runner.Options {
			writePlan(t, out, []string{"celery/prefork"}, 1)
			dir := results.TrialDir(out, 0) // its number is below any of a plan
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := results.WriteTrial(dir, results.Trial{Arm: "celery/prefork"}); err != nil {
				t.Fatal(err)
			}
			return runner.Options{Resume: true}
		}, "isn't one of its plan"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			o := tt.prepare(t, out)
			o.Out, o.Builder = out, builder(t)
			began := time.Now()
			err := runner.Run(t.Context(), o)
			if !errors.Is(err, runner.ErrInput) || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("err = %v, want an input error with %q (after %s)", err, tt.want, time.Since(began))
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the password is in %q", err)
			}
			if results.Exists(results.RunPath(out)) {
				t.Error("run.json was written")
			}
		})
	}
}
