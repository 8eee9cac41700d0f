package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Both readers say the same of one file.
func TestStaysAreThoseOfTheTasks(t *testing.T) {
	dir := t.TempDir()
	var rows []Task
	for i := range 30_000 { // several pages
		rows = append(rows, Task{
			Seq: int64(i), Phase: []string{"drain", "paced"}[i/20_000], Kind: fmt.Sprint("kind ", i%7), Intended: int64(i) * 1000, Started: int64(i)*1000 + 5,
			Finished: int64(i)*1000 + 9, Outcome: []string{OutcomeFinished, OutcomeLost}[i%3/2],
		})
	}
	if err := errors.Join(WriteTasks(dir, rows), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	s, err := ReadStays(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Finished) != len(rows) || len(s.Kind.List) != 7 {
		t.Fatalf("%d tasks of %d kinds", len(s.Finished), len(s.Kind.List))
	}
	for i, r := range rows {
		got := Task{Seq: r.Seq, Phase: s.Phase.List[s.Phase.Index[i]], Kind: s.Kind.List[s.Kind.Index[i]], Intended: s.Intended[i],
			Started: s.Started[i], Finished: s.Finished[i], Outcome: s.Outcome.List[s.Outcome.Index[i]]}
		if got != r {
			t.Fatalf("task %d: %+v, want %+v", i, got, r)
		}
	}
	if is := s.Outcome.Is(OutcomeLost); is[0] || !is[1] {
		t.Errorf("%v of %q", is, s.Outcome.List)
	}

	// A damaged file is told as one.
	path := filepath.Join(dir, tasksFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadStays(dir); !errors.Is(err, ErrFormat) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestTooManyWordsAndNoTasksAreDealtWith(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(WriteTasks(dir, nil), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	if s, err := ReadStays(dir); err != nil || len(s.Started) != 0 {
		t.Errorf("no tasks: %+v (%v)", s, err)
	}
	var rows []Task
	for i := range 300 {
		rows = append(rows, Task{Seq: int64(i), Kind: fmt.Sprint(i)})
	}
	dir = t.TempDir()
	if err := errors.Join(WriteTasks(dir, rows), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadStays(dir); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "column kind: more than 256 different values") {
		t.Errorf("300 kinds: %v", err)
	}
}
