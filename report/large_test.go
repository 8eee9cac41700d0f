package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/html"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

// A run of many trials is analysed, reported and opened: its page is no larger than one can mail, says what it leaves out,
// and the full page is next to it.
func TestARunOfManyTrialsIsReported(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "a browser")
	out := t.TempDir()
	f := madeup.Basic(60, 60)
	f.Brokers = []string{"redis", "postgres", "mysql"}
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * 3 * 60; len(a.Trials) != want || a.Planned != want {
		t.Fatalf("%d trials of %d, want %d", len(a.Trials), a.Planned, want)
	}
	if err := Write(t.Context(), out, a, Options{}); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(Dir(out), "index.html")
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the page of %d trials has %d bytes", len(a.Trials), len(data))
	if len(data) > html.PageLimit {
		t.Errorf("the page has %d bytes", len(data))
	}
	b := pagetest.Open(t)
	names := []string{page}
	if strings.Contains(string(data), `id="left-out"`) {
		names = append(names, filepath.Join(Dir(out), fullFile))
	}
	for _, name := range names {
		b.Load(t, name, "")
		if n := pagetest.Eval[int](t, b, `document.querySelectorAll(".part").length`); n < 3 {
			t.Errorf("%s has %d parts", filepath.Base(name), n)
		}
	}
	b.NoProblems(t)
}
