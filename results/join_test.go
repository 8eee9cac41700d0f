package results_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
)

// madeUp is a made-up run whose second trial has flags.
func madeUp(t *testing.T) (out string, trials []results.Trial) {
	t.Helper()
	out = t.TempDir()
	f := madeup.Basic(2, 5000)
	f.Brokers = append(f.Brokers, "rabbitmq")
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	second := trials[1]
	second.Defaults = true
	second.Flags = []results.Flag{{Code: results.FlagThrottled}, {Code: results.FlagLost, Metrics: []string{"*"}}, {Code: results.FlagLost, Metrics: []string{"pss"}}}
	if err := results.WriteTrial(results.TrialDir(out, second.ID), second); err != nil {
		t.Fatal(err)
	}
	if trials, err = results.ReadTrials(out); err != nil {
		t.Fatal(err)
	}
	return out, trials
}

// joined are the rows of a file with the tasks of a run.
func joined(t *testing.T, path string) []results.RunTask {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := parquet.NewGenericReader[results.RunTask](f)
	defer r.Close()
	rows := make([]results.RunTask, r.NumRows())
	if n, err := r.Read(rows); n != len(rows) || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("%d rows of %d: %v", n, len(rows), err)
	}
	return rows
}

// The file of a run has each row of each trial's file, in their order, and what the trial was.
func TestTasksOfARunAreThoseOfItsTrials(t *testing.T) {
	t.Parallel()
	out, trials := madeUp(t)
	path := filepath.Join(out, results.JoinedTasks)
	// A trial that did not run has no tasks.
	given := append(slices.Clone(trials), results.Trial{ID: 999, Reason: "the broker didn't start"})
	n, err := results.JoinTasks(t.Context(), out, given, path)
	if err != nil {
		t.Fatal(err)
	}
	var want []results.RunTask
	for i, x := range trials {
		tasks, err := results.ReadTasks(results.TrialDir(out, x.ID))
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range tasks {
			row := results.RunTask{Trial: int32(x.ID), Block: int32(x.Block), Scenario: x.Scenario, Broker: x.Broker, Arm: x.Arm, Valid: true, Task: task}
			if i == 1 {
				row.Defaults, row.Flags, row.Valid = true, "throttled,lost", false
			}
			want = append(want, row)
		}
	}
	got := joined(t, path)
	if len(trials) != 8 || n != len(want) || len(got) != len(want) {
		t.Fatalf("%d trials, %d rows said, %d written, want %d", len(trials), n, len(got), len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("row %d: %s", i, cmp.Diff(want[i], got[i]))
		}
	}
	// It is written again, and the same.
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := results.JoinTasks(t.Context(), out, trials, path); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the second file differs from the first: %d bytes, %d bytes (%v)", len(after), len(before), err)
	}
}

// The columns of a trial's file keep their names and types.
func TestTheTasksOfARunHaveTheSameColumns(t *testing.T) {
	t.Parallel()
	one, all := parquet.SchemaOf(results.Task{}), parquet.SchemaOf(results.RunTask{})
	columns := map[string]string{}
	for _, f := range all.Fields() {
		columns[f.Name()] = f.Type().String()
	}
	for _, f := range one.Fields() {
		if columns[f.Name()] != f.Type().String() {
			t.Errorf("column %s is %q, want %q", f.Name(), columns[f.Name()], f.Type())
		}
	}
	if len(columns) != len(one.Fields())+8 {
		t.Errorf("the columns are %v", columns)
	}
}

// What isn't the tasks of a run stays as it is, and so does the earlier file where the new one fails.
func TestOtherFilesAreNotReplacedByTheTasksOfARun(t *testing.T) {
	t.Parallel()
	out, trials := madeUp(t)
	dir := t.TempDir()
	own := filepath.Join(results.TrialDir(out, 1), "tasks.parquet")
	data, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"notes.txt": "mine", "empty": "", "short": "PAR1", "zeros": strings.Repeat("\x00", 100), "huge": "\xff\xff\xff\xffPAR1",
		"trial.parquet": string(data)} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := results.JoinTasks(t.Context(), out, trials, path); !errors.Is(err, results.ErrForeign) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", name, err)
		}
		if left, err := os.ReadFile(path); err != nil || string(left) != text {
			t.Errorf("%s was changed to %d bytes (%v)", name, len(left), err)
		}
	}
	if _, err := results.JoinTasks(t.Context(), out, trials, dir); !errors.Is(err, regular.ErrRefused) {
		t.Errorf("a folder: %v", err)
	}
	if _, err := results.JoinTasks(t.Context(), out, trials, filepath.Join(dir, "none", "x")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder that isn't there: %v", err)
	}

	path := filepath.Join(out, results.JoinedTasks)
	if _, err := results.JoinTasks(t.Context(), out, trials, path); err != nil {
		t.Fatal(err)
	}
	rows := len(joined(t, path))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := results.JoinTasks(ctx, out, trials, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	last := filepath.Join(results.TrialDir(out, trials[len(trials)-1].ID), "tasks.parquet")
	if err := os.WriteFile(last, data[:100], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := results.JoinTasks(t.Context(), out, trials, path); !errors.Is(err, results.ErrFormat) || !strings.Contains(err.Error(), last) {
		t.Errorf("a damaged trial: %v", err)
	}
	if got := len(joined(t, path)); got != rows {
		t.Errorf("%d rows are left of the earlier file's %d", got, rows)
	}
	if left, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}
