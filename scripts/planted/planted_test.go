package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// The document is that of its data.
func TestThePageIsThatOfItsData(t *testing.T) {
	t.Parallel()
	all, err := read("../../docs/planted")
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../docs/planted.md")
	if len(all) == 0 && errors.Is(err, fs.ErrNotExist) {
		return // neither is there
	}
	if err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	if want, err := page(all); err != nil || !bytes.Equal(got, want) {
		t.Errorf("docs/planted.md differs from its data (%v): run make planted", err)
	}
}

// Each change applies to the application, and the task's arguments are those of a gate.
func TestEachChangeIsABranch(t *testing.T) {
	t.Parallel()
	b := &bench{dir: t.TempDir()}
	b.repo = filepath.Join(b.dir, "shop")
	if err := os.Mkdir(b.repo, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := b.plant(t.Context()); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	for _, branch := range append(changes(), "base") {
		if err := b.git(t.Context(), []string{"switch", "--quiet", branch}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(b.repo, "shop.py"))
		if err != nil || texts[string(text)] {
			t.Errorf("%s has the text of another branch: %v", branch, err)
		}
		texts[string(text)] = true
	}
	data, err := os.ReadFile(filepath.Join(b.repo, "calls.json"))
	if err != nil {
		t.Fatal(err)
	}
	if calls, err := suite.ParseCalls(data); err != nil || len(calls) != invoices {
		t.Errorf("%d calls, %v", len(calls), err)
	}
}

// Gates are counted by their outcomes; those that have no ratio have a row, too.
func TestGatesAreCountedByTheirOutcomes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, outcome := range []string{regress.Fails, regress.Passes, regress.Passes, gate.Spoiled} {
		g := Gated{Change: "sleep", Number: i + 1, Load: 0.5, Gate: gate.Gate{Version: gate.Version, Outcome: outcome, Blocks: 8 + i, Seconds: 60,
			Decisions: []gate.Decision{{Title: "Throughput", Outcome: outcome, Grade: "here"}}}}
		if outcome != gate.Spoiled {
			g.Gate.Decisions[0].Ratio = &stats.Interval{Estimate: 0.9, Low: 0.85, High: 0.95}
		}
		data, err := json.Marshal(g)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(g.file(dir), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "page.md")
	// All four gates of the first change are missing: the page is written though the context has ended.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := run(ctx, dir, path, 4, 0.5); err == nil {
		t.Error("a run without its gates is complete")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| sleep | 4 | 1 | 2 | 0 | 1 | 10 | 1.0 |\n", "| 1 | fails | 0.900 (0.850 to 0.950): fails, here | 8 | 0 | 1.0 |\n", "| 4 | spoiled | spoiled, here | 11 | 0 | 1.0 |\n",
		"+        sleep(0.001)\n", "Throughput | blocks",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "## Nothing") {
		t.Error("a change without gates has a section")
	}
}
