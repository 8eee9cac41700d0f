package analysis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// An analysis of half a run isn't taken for one of the whole run.
func TestAnAnalysisIsOfTheResultsNextToIt(t *testing.T) {
	t.Parallel()
	f := newFolder(t, []string{"a/a", "b/b"}, 6)
	trials := f.plan.Trials
	writeTrials := func(from, to int) {
		for _, p := range trials[from:to] {
			f.write(t, p, 100, 1, 1, nil, "")
		}
	}
	ended := func(run, why string, n int) {
		e := results.End{Run: run, Why: why}
		for _, p := range trials[:n] {
			e.Trials = append(e.Trials, p.ID)
		}
		if err := results.WriteEnd(f.out, e); err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, a Analysis, want string) {
		t.Helper()
		switch err := a.Current(f.out); {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "run tqbench analyze --out ")):
			t.Errorf("%s: %v, want %q", what, err, want)
		}
	}
	writeTrials(0, 4)
	ended("r", results.EndInterrupted, 4)
	half := analyze(t, f)
	check("half a run", half, "")
	if err := half.Current(t.TempDir()); err != nil {
		t.Errorf("without results: %v", err)
	}
	if err := results.RemoveEnd(f.out); err != nil {
		t.Fatal(err)
	}
	check("it goes on", half, "")
	writeTrials(4, 5)
	check("it has gone on", half, "it is of 4 trials, and the results next to it have 5")
	writeTrials(5, len(trials))
	ended("r", results.EndComplete, len(trials))
	check("it was completed", half, "it is of 4 trials, and the results next to it have 12")
	whole := analyze(t, f)
	check("the whole", whole, "")
	ended("r", results.EndTimeOver, len(trials))
	check("another end", whole, `it is of a run whose end is "complete", and that of the results next to it is "time over"`)
	ended("r", results.EndComplete, len(trials))
	f.write(t, trials[7], 100, 1, 1, nil, "the broker did not start")
	tried := analyze(t, f)
	check("a trial that did not run", tried, "")
	f.write(t, trials[7], 100, 1, 1, nil, "")
	check("it was tried again", tried, fmt.Sprintf("it is of a run whose trial %d did not run, and among the results next to it that trial has run", trials[7].ID))
	ended("other", results.EndComplete, len(trials))
	check("another run", whole, "it is of the run r, and the results next to it are of other")
}
