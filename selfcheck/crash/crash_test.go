package crash

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

func TestMain(m *testing.M) {
	process.MaybeGuard()
	os.Exit(m.Run())
}

// newBench has a plan of two trials with ten tasks each.
func newBench(t *testing.T) *bench {
	t.Helper()
	s, err := suite.Parse("x", []byte(strings.NewReplacer("tasks: 300", "tasks: 7", "tasks: 100", "tasks: 3").Replace(load)))
	if err != nil {
		t.Fatal(err)
	}
	p := suite.Plan{Version: suite.PlanVersion, Blocks: 1, Brokers: []string{"redis"}, Scenarios: []suite.Scenario{s},
		Trials: []suite.Trial{{ID: 1, Block: 1, Scenario: "short", Broker: "redis", Arm: "a"}, {ID: 2, Block: 1, Scenario: "short", Broker: "redis", Arm: "b"}}}
	return &bench{dir: t.TempDir(), plan: p, whole: time.Second}
}

// writeTrial writes a trial with this many tasks, the last of which are lost, and one of which ran twice.
func writeTrial(t *testing.T, out string, p suite.Trial, tasks, lost int) {
	t.Helper()
	dir := results.TrialDir(out, p.ID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var rows []results.Task
	var a accounting.Counts
	for i := range tasks {
		row := results.Task{Seq: int64(i), Acked: 5, Attempts: 1, Outcome: results.OutcomeFinished}
		switch {
		case i >= tasks-lost:
			row.Attempts, row.Outcome = 0, results.OutcomeLost
		case i == 0:
			row.Attempts = 2
		}
		a.Add(accounting.Task{Attempted: true, Answer: accounting.Acknowledged, Completed: int(row.Attempts)})
		rows = append(rows, row)
	}
	if err := results.WriteTasks(dir, rows); err != nil {
		t.Fatal(err)
	}
	c := results.Counts{Sent: int64(tasks), Finished: int64(tasks - lost), Lost: int64(lost), Duplicated: 1}
	if err := results.WriteTrial(dir, results.Trial{ID: p.ID, Block: p.Block, Scenario: p.Scenario, Broker: p.Broker, Arm: p.Arm, Counts: c, Accounting: &a}); err != nil {
		t.Fatal(err)
	}
}

// A framework's losses are reported as its own; what the harness loses, leaves or gets wrong is found.
func TestWhatTheHarnessLosesIsFound(t *testing.T) {
	for name, tt := range map[string]struct {
		spoil func(t *testing.T, b *bench, out string, a *attempt)
		lost  int64
		left  int
		wrong string
	}{
		"nothing": {func(*testing.T, *bench, string, *attempt) {}, 0, 0, ""},
		"a trial is missing": {func(t *testing.T, _ *bench, out string, _ *attempt) {
			if err := os.RemoveAll(results.TrialDir(out, 2)); err != nil {
				t.Fatal(err)
			}
		}, 10, 0, "trial 2 (b) is missing"},
		"tasks are missing": {func(t *testing.T, b *bench, out string, _ *attempt) {
			writeTrial(t, out, b.plan.Trials[1], 8, 1)
		}, 2, 0, "has 8 tasks of 10"},
		"a trial of another plan": {func(t *testing.T, b *bench, out string, _ *attempt) {
			other := b.plan.Trials[1]
			other.Arm = "c"
			writeTrial(t, out, other, 10, 1)
		}, 10, 0, "none of the plan's"},
		"half a trial is there": {func(t *testing.T, _ *bench, out string, _ *attempt) {
			if err := os.Mkdir(filepath.Join(out, "results", "trials", ".0002-1"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, 0, 1, "left: .0002-1"},
		"the resumed run fails": {func(_ *testing.T, _ *bench, _ string, a *attempt) { a.exit.Code = 2 }, 0, 0, "exit code 2"},
		"a process stayed": {func(_ *testing.T, _ *bench, _ string, a *attempt) {
			a.before = &attempt{left: []string{"process 7 (x)"}}
		}, 0, 1, "left: process 7"},
		"it broke down": {func(t *testing.T, b *bench, _ string, a *attempt) {
			a.log = filepath.Join(b.dir, "log")
			if err := os.WriteFile(a.log, []byte("panic: x\n\ngoroutine 1 [running]:\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, 0, 0, "broke down"},
	} {
		t.Run(name, func(t *testing.T) {
			b, a, out := newBench(t), attempt{}, t.TempDir()
			for _, p := range b.plan.Trials {
				writeTrial(t, out, p, 10, 1)
			}
			tt.spoil(t, b, out, &a)
			var row Row
			b.judge(&row, a, out, "here")
			if row.LostByUs != tt.lost || row.Leftovers != tt.left || (len(row.Wrong) == 0) != (tt.wrong == "") ||
				!strings.Contains(strings.Join(row.Wrong, "; "), tt.wrong) {
				t.Errorf("%+v", row)
			}
			if tt.wrong == "" && (row.Sent != 20 || row.LostByFramework != 2 || row.Duplicates != 2) {
				t.Errorf("%+v", row)
			}
			if sound := (Report{Rows: []Row{row}}).Sound(); sound != (tt.wrong == "") {
				t.Errorf("sound is %v", sound)
			}
		})
	}
}

// A process that outlives the command, a port on which it listens and a file of it are seen, and nothing of a tidy one.
func TestWhatIsLeftIsSeen(t *testing.T) {
	testneeds.Real(t, "workers")
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), "asynctasq")
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	listen := `import os, socket, time
s = socket.socket(); s.bind(("127.0.0.1", 0)); s.listen()
open(os.environ["TMPDIR"] + "/mine", "w").close()
if os.fork() == 0:
    os.setsid()
    time.sleep(3600)
open(os.environ["TMPDIR"] + "/ready", "w").close()
time.sleep(3600)
`
	a, err := b.start(t.Context(), []string{env.Python, "-c", listen})
	if err != nil {
		t.Fatal(err)
	}
	defer a.group.Stop(syscall.SIGKILL, 0)
	for !results.Exists(filepath.Join(a.tmp, "ready")) {
		if exits, _ := a.group.Exits(); len(exits) > 0 {
			t.Fatal(a.said())
		}
		time.Sleep(time.Millisecond)
	}
	sockets := listening(a.group.Tree())
	a.group.Signal(syscall.SIGKILL)
	if a.exit, err = a.group.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	left, err := a.leftovers(sockets)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(left, "; "); len(left) != 4 || !strings.Contains(got, "process ") || !strings.Contains(got, "a port") || !strings.Contains(got, "mine") {
		t.Errorf("%s", got)
	}
	tidy, err := b.start(t.Context(), []string{"/bin/true"})
	if err != nil {
		t.Fatal(err)
	}
	if err := tidy.end(t.Context()); err != nil || len(tidy.left) > 0 || tidy.exit.Code != 0 {
		t.Errorf("%v, %+v, %v", tidy.left, tidy.exit, err)
	}
}
