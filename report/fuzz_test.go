package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/results"
)

// Whatever an analysis.json holds, it is refused or shown, with nothing hidden; nothing crashes.
func FuzzAnyAnalysisIsShownOrRefused(f *testing.F) {
	small := fixture.OnlyIn(fixture.NineSides(f), "cpu", "redis")
	small.Trials, small.Curves, small.Comparisons = nil, nil, small.Comparisons[:3]
	for _, a := range []analysis.Analysis{fixture.OneBroker(), fixture.ManyBrokers(), small, {Version: analysis.Version}} {
		data, err := json.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		out := t.TempDir()
		if err := os.WriteFile(analysis.Path(out), data, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := analysis.Read(out)
		if err != nil {
			if !errors.Is(err, results.ErrFormat) {
				t.Fatalf("err = %v", err)
			}
			return
		}
		var b bytes.Buffer
		if err := Terminal(&b, a, Screen{Width: 80}); err != nil {
			t.Fatalf("the terminal's table: %v", err)
		}
		pagetest.Harmless(t, "terminal", b.Bytes())
		list, err := files(out, a, new(chart.GoChart))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range list {
			if filepath.Dir(file.name) == "charts" {
				continue // they take seconds, and have tests of their own
			}
			b.Reset()
			if err := file.fill(&b); err != nil {
				t.Fatalf("%s: %v", file.name, err)
			}
			pagetest.Harmless(t, file.name, b.Bytes())
		}
	})
}
