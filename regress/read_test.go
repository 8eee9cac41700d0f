package regress

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/results"
)

// A history keeps of a run what a comparison does, though it reads only a part of its file.
func TestAHistoryKeepsWhatAComparisonDoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := analysis.Write(dir, realrun.Read(t)); err != nil {
		t.Fatal(err)
	}
	whole, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole.Path = analysis.Path(dir)
	if len(h.Runs) != 1 || !reflect.DeepEqual(h.Runs[0], whole) {
		t.Errorf("%+v, want %+v", h.Runs[0], whole)
	}
}

// An analysis that is older than the results next to it isn't compared, and no part of a history.
func TestAnAnalysisOfOtherResultsIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "old")
	a := realrun.Read(t)
	if err := errors.Join(os.MkdirAll(results.TrialDir(out, 1), 0o755), analysis.Write(out, a)); err != nil {
		t.Fatal(err)
	}
	const want = "and the results next to it have 1: run tqbench analyze --out "
	for _, path := range []string{out, analysis.Path(out)} {
		if _, err := Read(path); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	put(t, dir, "other.txt", goRepeats(1))
	h, err := ReadHistory(dir)
	if err != nil || len(h.Runs) != 1 || len(h.LeftOut) != 1 || !strings.HasPrefix(h.LeftOut[0].Why, "it is of ") || !strings.Contains(h.LeftOut[0].Why, want) {
		t.Errorf("%d runs, %+v left out, %v", len(h.Runs), h.LeftOut, err)
	}
	for id := range len(a.Trials) {
		if err := os.MkdirAll(results.TrialDir(out, id+1), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(out); err != nil {
		t.Error(err)
	}
}

// What is the same is found wherever its name puts it.
func TestTheSameResultCountsOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "a.txt", goRepeats(1))
	put(t, dir, "b.txt", goRepeats(1.1))
	again := put(t, dir, "c.txt", goRepeats(1))
	h, err := ReadHistory(dir)
	if err != nil || len(h.Runs) != 2 || len(h.LeftOut) != 1 || h.LeftOut[0].Path != again {
		t.Errorf("%d runs, %+v left out, %v", len(h.Runs), h.LeftOut, err)
	}
	of, err := ReadRuns(dir)
	if err != nil || len(of.Runs) != 2 {
		t.Errorf("%d runs, %v", len(of.Runs), err)
	}
	twin := newRun("copy", made(0, 5, 1))
	n := NewHistory([]*Run{newRun("run", made(1, 5, 1)), newRun("first", made(0, 5, 1)), twin, newRun("timeless", analysis.Analysis{})})
	if len(n.Runs) != 2 || n.Runs[1].Path != "run" || len(n.LeftOut) != 2 {
		t.Errorf("%d runs, %+v left out", len(n.Runs), n.LeftOut)
	}
}

// A link to a folder of runs is that folder; one below it isn't followed, and named.
func TestALinkToAFolderOfRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put(t, dir, "data/1.txt", goRepeats(1))
	put(t, dir, "data/2.txt", goRepeats(1.1))
	link, below := filepath.Join(dir, "link"), filepath.Join(dir, "data", "below")
	if err := errors.Join(os.Symlink(filepath.Join(dir, "data"), link), os.Symlink(dir, below)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, link + "/", filepath.Join(dir, "data")} {
		h, err := ReadHistory(path)
		if err != nil || len(h.Runs) != 2 || h.Runs[0].Path != filepath.Join(path, "1.txt") {
			t.Errorf("%s: %d runs, %v", path, len(h.Runs), err)
		}
		if len(h.LeftOut) != 1 || h.LeftOut[0].Path != filepath.Join(path, "below") {
			t.Errorf("%s: %+v", path, h.LeftOut)
		}
	}
}
