package results

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// sampleTasks are n tasks whose times vary as measured ones do.
func sampleTasks(n int) []Task {
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []Task
	for i := range int64(n) {
		started := 2000 + i + rng.Int64N(1<<16)
		rows = append(rows, Task{Seq: i, Phase: "drain", Kind: "noop", Intended: 1000 + i, Sent: 1001 + i, Acked: 1002 + i,
			Started: started, Finished: started + rng.Int64N(1<<16), PID: int32(i % 3), Attempts: 1, Outcome: OutcomeFinished, HalfWidth: 40 + i%5})
	}
	return rows
}

// sent is a trial that sent n tasks.
func sent(n int64) Trial { return Trial{ID: 1, Counts: Counts{Sent: n, Finished: n}} }

// readTrial is the trial that was written to dir.
func readTrial(t testing.TB, dir string) Trial {
	t.Helper()
	trial, err := ReadTrial(dir)
	if err != nil {
		t.Fatal(err)
	}
	return trial
}

func TestFilesAreReadAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	dir := TrialDir(out, 7)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	tasks := sampleTasks(10_000)
	series := []Sample{{At: 1, Phase: "drain", Done: 3, Depth: -1, WorkerCPU: 0.25, BrokerCPU: 0.5, WorkerPSS: 90.5}, {At: 2, Phase: "drain"}}
	trial := Trial{ID: 7, Block: 2, Scenario: "s", Broker: "redis", Contender: "c", Arm: "c#2", Counts: Counts{Sent: 9_900, Finished: 9_899, Lost: 1, Rejected: 100},
		Flags: []Flag{{Code: FlagLost, Detail: "1 of 3", Metrics: []string{"*"}}}, Phases: []Phase{{Name: "drain", Count: 3}}}
	run := Run{ID: "id", Began: time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC), Command: []string{"tqbench"}, Seed: 1 << 63, Machine: Machine{CPUs: 2}}
	for _, err := range []error{WriteTasks(dir, tasks), WriteSeries(dir, series), WriteTrial(dir, trial), WriteRun(out, run)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	gotTasks, err := ReadTasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	gotSeries, err := readRows[Sample](dir, seriesFile, readTrial(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	gotTrials, err := ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	gotRun, err := ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	trial.Version, run.Version = Version, Version
	trial.Sums = gotTrials[0].Sums
	if len(trial.Sums) != 2 {
		t.Errorf("sums %v", trial.Sums)
	}
	for _, diff := range []string{cmp.Diff(tasks, gotTasks), cmp.Diff(series, gotSeries), cmp.Diff([]Trial{trial}, gotTrials), cmp.Diff(run, gotRun)} {
		if diff != "" {
			t.Error(diff)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil || len(left) > 0 {
		t.Errorf("temporary files are left: %v (%v)", left, err)
	}
}

// Tasks that were written before they had the error of their clocks are read without one.
func TestTasksWithoutTheErrorOfClocksAreRead(t *testing.T) {
	t.Parallel()
	type older struct {
		Seq      int64  `parquet:"seq,delta"`
		Phase    string `parquet:"phase,dict"`
		Finished int64  `parquet:"finished_ns,delta"`
		Attempts int32  `parquet:"attempts,dict"`
	}
	dir := TrialDir(t.TempDir(), 1)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(writeRows(dir, tasksFile, []older{{0, "drain", 5, 1}, {1, "drain", 7, 2}}), WriteTrial(dir, sent(2))); err != nil {
		t.Fatal(err)
	}
	got, err := ReadTasks(dir)
	want := []Task{{Phase: "drain", Finished: 5, Attempts: 1}, {Seq: 1, Phase: "drain", Finished: 7, Attempts: 2}}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

func TestATrialBeingWrittenIsNotRead(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := os.MkdirAll(filepath.Join(out, "results", "trials", ".0003-123"), 0o755); err != nil {
		t.Fatal(err)
	}
	if trials, err := ReadTrials(out); err != nil || len(trials) != 0 {
		t.Errorf("%v, %v", trials, err)
	}
	if n, err := CountTrials(out); err != nil || n != 0 {
		t.Errorf("%d, %v", n, err)
	}
	if trials, err := ReadTrials(t.TempDir()); err != nil || len(trials) != 0 {
		t.Errorf("a folder without results: %v, %v", trials, err)
	}
}

// A column file that was cut or changed anywhere is refused by name, without being decoded.
func TestDamagedFilesAreRefusedByName(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	dir := t.TempDir()
	if err := WriteTasks(dir, sampleTasks(500)); err != nil {
		t.Fatal(err)
	}
	if err := WriteTrial(dir, sent(500)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "tasks.parquet")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, data []byte) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTasks(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
			t.Fatalf("%s: err = %v", what, err)
		}
	}
	for n := range good {
		refused("cut", good[:n])
		bad := bytes.Clone(good)
		bad[n] ^= 1 << (n % 8)
		refused("a bit flipped", bad)
	}
	if err := os.WriteFile(path, good, 0o644); err != nil {
		t.Fatal(err)
	}
	if rows, err := ReadTasks(dir); err != nil || len(rows) != 500 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadTasks(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestJSONOfAnotherVersionOrShapeIsRefused(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ text, want string }{
		"the future":  {`{"version": 2}`, "version 2"},
		"no version":  {`{}`, "version 0"},
		"cut":         {`{"version": 1, "id":`, "JSON"},
		"wrong shape": {`{"version": 1, "id": "x"}`, "cannot unmarshal"},
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "trial.json"), []byte(tt.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadTrial(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "trial.json") {
			t.Errorf("%s: err = %v, want one with %q", name, err, tt.want)
		}
	}
}

func TestFlagsInvalidateWhatTheyName(t *testing.T) {
	t.Parallel()
	all, some, none := Flag{Metrics: []string{"*"}}, Flag{Metrics: []string{"a", "b"}}, Flag{}
	if !all.Invalidates("x") || !some.Invalidates("b") || some.Invalidates("x") || none.Invalidates("x") {
		t.Error("a flag keeps out another metric than those it names")
	}
}
