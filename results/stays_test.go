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
	t.Parallel()
	dir := t.TempDir()
	var rows []Task
	for i := range 30_000 { // several pages
		rows = append(rows, Task{
			Seq: int64(i), Phase: []string{"drain", "paced"}[i/20_000], Kind: fmt.Sprint("kind ", i%7), Intended: int64(i) * 1000, Sent: int64(i)*1000 + 1, Started: int64(i)*1000 + 5,
			Finished: int64(i)*1000 + 9, Outcome: []string{OutcomeFinished, OutcomeLost}[i%3/2],
		})
	}
	if err := errors.Join(WriteTasks(dir, rows), WriteTrial(dir, sent(int64(len(rows))))); err != nil {
		t.Fatal(err)
	}
	var s Stays
	if err := s.Read(dir, readTrial(t, dir)); err != nil {
		t.Fatal(err)
	}
	if len(s.Finished) != len(rows) || len(s.Kind.List) != 7 {
		t.Fatalf("%d tasks of %d kinds", len(s.Finished), len(s.Kind.List))
	}
	for i, r := range rows {
		got := Task{Seq: r.Seq, Phase: s.Phase.List[s.Phase.Index[i]], Kind: s.Kind.List[s.Kind.Index[i]], Intended: s.Intended[i], Sent: s.Sent[i],
			Started: s.Started[i], Finished: s.Finished[i], Outcome: s.Outcome.List[s.Outcome.Index[i]]}
		if got != r {
			t.Fatalf("task %d: %+v, want %+v", i, got, r)
		}
	}
	if is := s.Outcome.Is(OutcomeLost); is[0] || !is[1] {
		t.Errorf("%v of %q", is, s.Outcome.List)
	}

	// A damaged file is reported as one.
	path := filepath.Join(dir, tasksFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(dir, readTrial(t, dir)); !errors.Is(err, ErrFormat) {
		t.Errorf("a damaged file: %v", err)
	}
}

func TestTooManyWordsAndNoTasksAreDealtWith(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := errors.Join(WriteTasks(dir, nil), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	s := Stays{Started: []int64{1}, Phase: Words{Index: []uint8{1}}}
	if err := s.Read(dir, readTrial(t, dir)); err != nil || len(s.Started)+len(s.Phase.Index) != 0 {
		t.Errorf("no tasks: %+v (%v)", s, err)
	}
	var rows []Task
	for i := range 300 {
		rows = append(rows, Task{Seq: int64(i), Kind: fmt.Sprint(i)})
	}
	dir = t.TempDir()
	if err := errors.Join(WriteTasks(dir, rows), WriteTrial(dir, sent(int64(len(rows))))); err != nil {
		t.Fatal(err)
	}
	if err := s.Read(dir, readTrial(t, dir)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "column kind: more than 256 different values") {
		t.Errorf("300 kinds: %v", err)
	}
}

// The columns of samples say the same as their rows, and a trial without samples has none, whatever was read before.
func TestDepthsAreThoseOfTheSeries(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rows := []Sample{{At: 1, Phase: "drain", Depth: 9}, {At: 5, Phase: "paced", Depth: -1, Stolen: 10}, {At: 7, Phase: "drain", Stolen: 20}}
	if err := errors.Join(WriteSeries(dir, rows), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	var d Depths
	for range 2 { // the room is used again
		if err := d.Read(dir, readTrial(t, dir)); err != nil {
			t.Fatal(err)
		}
		if len(d.At) != len(rows) {
			t.Fatalf("%d samples, want %d", len(d.At), len(rows))
		}
		for i, r := range rows {
			if got := (Sample{At: d.At[i], Phase: d.Phase.List[d.Phase.Index[i]], Depth: d.Depth[i], Stolen: d.Stolen[i]}); got != r {
				t.Errorf("sample %d: %+v, want %+v", i, got, r)
			}
		}
	}
	if err := d.Read(t.TempDir(), Trial{ID: 2}); err != nil || len(d.At)+len(d.Depth)+len(d.Stolen)+len(d.Phase.Index) != 0 {
		t.Errorf("no samples: %+v (%v)", d, err)
	}
}

// A file that was written before stolen time was measured is read without it, whatever was read before; any other column
// must be there.
func TestSeriesWithoutAColumn(t *testing.T) {
	t.Parallel()
	type older struct {
		At    int64  `parquet:"at_ns,delta"`
		Phase string `parquet:"phase,dict"`
		Depth int64  `parquet:"depth,delta"`
	}
	type broken struct {
		At     int64  `parquet:"at_ns,delta"`
		Phase  string `parquet:"phase,dict"`
		Stolen int64  `parquet:"stolen_ns,delta"`
	}
	dir := t.TempDir()
	if err := errors.Join(writeRows(dir, seriesFile, []older{{1, "drain", 9}, {5, "drain", 3}}), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	d := Depths{Stolen: []int64{7}}
	if err := d.Read(dir, readTrial(t, dir)); err != nil || len(d.At) != 2 || d.Depth[1] != 3 || len(d.Stolen) != 0 {
		t.Errorf("an older file: %+v (%v)", d, err)
	}
	dir = t.TempDir()
	if err := errors.Join(writeRows(dir, seriesFile, []broken{{1, "drain", 9}}), WriteTrial(dir, Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	if err := d.Read(dir, readTrial(t, dir)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "column depth has 0 values of 1") {
		t.Errorf("a file without depths: %v", err)
	}
}

// Reading one trial after another makes room for the tasks once: a column's values then lie where they lay.
func TestReadingTasksMakesRoomOnce(t *testing.T) {
	t.Parallel()
	const n = 20_000
	dir := t.TempDir()
	if err := errors.Join(WriteTasks(dir, sampleTasks(n)), WriteTrial(dir, sent(n))); err != nil {
		t.Fatal(err)
	}
	trial := readTrial(t, dir)
	var s Stays
	read := func() map[string]any {
		if err := s.Read(dir, trial); err != nil {
			t.Fatal(err)
		}
		return map[string]any{
			"phase": &s.Phase.Index[n-1], "kind": &s.Kind.Index[n-1], "outcome": &s.Outcome.Index[n-1], "the file": &s.file[0],
			"intended": &s.Intended[n-1], "sent": &s.Sent[n-1], "started": &s.Started[n-1], "finished": &s.Finished[n-1],
			"half width": &s.HalfWidth[n-1],
		}
	}
	first := read()
	for name, then := range read() {
		if then != first[name] {
			t.Errorf("%s: the values lay at %p, and lie at %p now", name, first[name], then)
		}
	}
}
