package report

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Whatever a run's files say, none of the files that are written of it has anything hidden in it.
func TestEveryFileOfAReportIsSafeToOpen(t *testing.T) {
	t.Parallel()
	done := map[string]bool{}
	type hostile struct {
		name string
		analysis.Analysis
		done map[string]bool
	}
	for _, run := range testneeds.First([]hostile{
		{"one broker", fixture.OneBroker(), done}, {"noisy", fixture.NoisyRun(), map[string]bool{}}, {"one arm", fixture.OneArm(), map[string]bool{}},
		{"profiled", fixture.ProfiledRun(), map[string]bool{}}, {"nine sides", fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis"), done}, {"many brokers", fixture.ManyBrokers(), done}, // it is large
	}) {
		for field, a := range fixture.Hostiles(run.Analysis, run.done) {
			t.Run(run.name+"/"+field, func(t *testing.T) {
				t.Parallel()
				out := t.TempDir()
				if err := errors.Join(analysis.Write(out, a), write(t.Context(), out, a, Options{}, new(chart.GoChart))); err != nil {
					t.Fatal(err)
				}
				files := tree(t, out)
				if len(files) < 8 {
					t.Errorf("only %v are written", files)
				}
				for _, f := range files {
					data, err := os.ReadFile(filepath.Join(out, f))
					if err != nil {
						t.Fatal(err)
					}
					pagetest.Harmless(t, f, data)
				}
				for _, width := range []int{0, 44, 100} {
					shownHarmlessly(t, func(w io.Writer, colour bool) error { return Terminal(w, a, Screen{Width: width, Colour: colour}) })
				}
			})
		}
	}
}

// shownHarmlessly makes sure of what a terminal shows.
func shownHarmlessly(t *testing.T, show func(w io.Writer, colour bool) error) {
	t.Helper()
	var plain, coloured bytes.Buffer
	if err := errors.Join(show(&plain, false), show(&coloured, true)); err != nil {
		t.Fatal(err)
	}
	pagetest.Harmless(t, "terminal", plain.Bytes())
	if got := fixture.Colours.ReplaceAllString(coloured.String(), ""); got != plain.String() {
		t.Errorf("with colours the terminal shows %q, without %q", got, plain.String())
	}
}

func TestEveryOutputOfComparisonsIsSafeToOpen(t *testing.T) {
	t.Parallel()
	files := func(t *testing.T, write map[string]func(io.Writer) error) {
		t.Helper()
		for name, fill := range write {
			var b bytes.Buffer
			if err := fill(&b); err != nil {
				t.Fatal(err)
			}
			pagetest.Harmless(t, name, b.Bytes())
		}
	}
	for field, c := range fixture.Hostiles(fixture.ComparedRuns(t), map[string]bool{}) {
		t.Run("compare/"+field, func(t *testing.T) {
			files(t, map[string]func(io.Writer) error{
				"json": atomicfile.JSON(c), "markdown": func(w io.Writer) error { return markdown.Compare(w, c) },
				"junit": func(w io.Writer) error { return data.CompareJUnit(w, c) },
			})
			fixture.Changed(view.NewCompareTable(c), func(path, s string) string {
				if path != ".Decisions.Metric" && !strings.Contains(path, ".Cell.") { // which no page shows
					pagetest.Harmless(t, "page"+path, []byte(s))
				}
				return s
			})
			for _, width := range []int{0, 44, 100} {
				shownHarmlessly(t, func(w io.Writer, colour bool) error { return terminal.Compare(w, c, width, colour) })
			}
		})
	}
	for field, tr := range fixture.Hostiles(fixture.Trended(t), map[string]bool{}) {
		t.Run("trend/"+field, func(t *testing.T) {
			files(t, map[string]func(io.Writer) error{
				"json": atomicfile.JSON(tr), "markdown": func(w io.Writer) error { return markdown.Trend(w, tr) },
			})
			for _, width := range []int{0, 44, 100} {
				shownHarmlessly(t, func(w io.Writer, colour bool) error { return terminal.Trend(w, tr, width, colour) })
			}
		})
	}
}
