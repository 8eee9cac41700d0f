package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// After a run went on, its analysis is of a part of it: each command that reads one asks for another.
func TestAnOlderAnalysisIsRefused(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "run"), 0, 2, 1)
	analysed(t, filepath.Join(dir, "other"), 1, 2, 1)
	for id := range 3 {
		if err := os.MkdirAll(results.TrialDir(filepath.Join(dir, "run"), id+1), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{
		{"report", "run"}, {"show", "run"}, {"show", "run", "--json"}, {"size", "--rate", "5", "--p99", "1s", "--out", "run"}, {"compare", "run", "other"},
		{"compare", "other", "run/analysis.json"},
	} {
		refusedInOneLine(t, dir, "run/analysis.json: it is of 2 trials, and the results next to it have 3: run tqbench analyze --out run", args...)
	}
}
