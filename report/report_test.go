package report

import (
	"bytes"
	"context"
	"errors"
	"image/png"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

// tree lists the files below dir.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// always are the files that each report has.
func always() []string {
	var out []string
	for _, f := range []string{"index.html", "results.csv", "summary.json", "summary.md", "benchmark.txt", "benchmark-bigger.json",
		"benchmark-smaller.json", "metrics.txt", "junit.xml"} {
		out = append(out, "report/"+f)
	}
	slices.Sort(out)
	return out
}

func TestWriteMakesTheWholeReport(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "out")
	if err := Write(t.Context(), out, fixture.OneBroker(), Options{PNG: true}); err != nil {
		t.Fatal(err)
	}
	want := always()
	for _, f := range []string{"cpu", "enqueue", "latency", "throughput"} {
		want = append(want, "report/charts/"+f+"-throughput-redis.png", "report/charts/"+f+"-throughput-redis.svg")
	}
	want = append(want, "report/charts/sweep-scale-redis-throughput.png", "report/charts/sweep-scale-redis-throughput.svg")
	slices.Sort(want)
	// There is no chart of memory: it has no data.
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	info, err := os.Stat(Dir(out))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o755 {
		t.Errorf("the folder has mode %v; others must be able to read a report", info.Mode().Perm())
	}
	for _, name := range tree(t, filepath.Join(Dir(out), "charts")) {
		data, err := os.ReadFile(filepath.Join(Dir(out), "charts", name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".svg") {
			pagetest.WellFormed(t, name, data)
			continue
		}
		picture, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if b := picture.Bounds(); b.Dx() < 1500 || b.Dy() < 900 {
			t.Errorf("%s has %d x %d pixels", name, b.Dx(), b.Dy())
		}
	}
	// Pictures of pixels are there only on demand.
	if err := Write(t.Context(), out, fixture.OneBroker(), Options{}); err != nil {
		t.Fatal(err)
	}
	want = slices.DeleteFunc(want, func(name string) bool { return strings.HasSuffix(name, ".png") })
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("files without PNG (-want +got):\n%s", diff)
	}
}

func TestWriteReplacesAFormerReportAsAWhole(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := Write(t.Context(), out, fixture.OneBroker(), Options{}); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), out, analysis.Analysis{}, Options{}); err != nil {
		t.Fatal(err)
	}
	want := always()
	if diff := cmp.Diff(want, tree(t, out)); diff != "" {
		t.Errorf("charts of the former run stayed (-want +got):\n%s", diff)
	}
}

// failing is a plotter whose disk fills up in the middle of a file.
type failing struct{ *chart.GoChart }

var errFull = errors.New("no space left")

func (failing) PNG(w io.Writer, f chart.Figure) error {
	if _, err := w.Write([]byte("half a picture")); err != nil {
		return err
	}
	return errFull
}

// stopping is a plotter that is interrupted in the middle of a report.
type stopping struct {
	*chart.GoChart
	stop func()
}

func (s stopping) SVG(w io.Writer, f chart.Figure) error {
	s.stop()
	return s.GoChart.SVG(w, f)
}

func TestAnInterruptedReportLeavesTheFormerOne(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := Write(t.Context(), out, analysis.Analysis{Command: "the first one"}, Options{}); err != nil {
		t.Fatal(err)
	}
	before := tree(t, out)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	for range 2 { // in its middle, and before it begins
		if err := write(ctx, out, fixture.OneBroker(), Options{PNG: true}, stopping{new(chart.GoChart), stop}); !errors.Is(err, context.Canceled) {
			t.Errorf("err = %v", err)
		}
		if diff := cmp.Diff(before, tree(t, out)); diff != "" {
			t.Errorf("it wrote something (-want +got):\n%s", diff)
		}
		if left, err := filepath.Glob(filepath.Join(out, ".*")); err != nil || len(left) > 0 {
			t.Errorf("left: %q (%v)", left, err)
		}
	}
}

func TestWriteLeavesTheFormerReportWhenItFails(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := Write(t.Context(), out, analysis.Analysis{Command: "the first one"}, Options{}); err != nil {
		t.Fatal(err)
	}
	before := tree(t, out)
	page, err := os.ReadFile(filepath.Join(Dir(out), "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	err = write(t.Context(), out, fixture.OneBroker(), Options{PNG: true}, failing{new(chart.GoChart)})
	if !errors.Is(err, errFull) || !strings.Contains(err.Error(), "charts/") || !strings.Contains(err.Error(), ".png: no space left") {
		t.Errorf("error %v; it must wrap the cause and name the file", err)
	}
	if diff := cmp.Diff(before, tree(t, out)); diff != "" {
		t.Errorf("files (-before +after):\n%s", diff)
	}
	after, err := os.ReadFile(filepath.Join(Dir(out), "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, after) {
		t.Error("the former page has changed")
	}
}

func TestWriteLeavesNothingWhenTheFirstReportFails(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := write(t.Context(), out, fixture.OneBroker(), Options{PNG: true}, failing{new(chart.GoChart)}); !errors.Is(err, errFull) {
		t.Fatalf("error %v", err)
	}
	entries, err := os.ReadDir(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// The folder of this package is called report too: a run with its parent as output folder must not replace it.
func TestWriteRefusesAFolderThatIsNoReport(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	mine := filepath.Join(Dir(out), "thesis.tex")
	if err := os.MkdirAll(Dir(out), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(mine, []byte("years of work"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), out, fixture.OneBroker(), Options{}); !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), Dir(out)) {
		t.Errorf("error %v, want ErrForeign with the folder's name", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}

func TestWriteNamesTheFolderThatItCantMake(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Write(t.Context(), file, fixture.OneBroker(), Options{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
}
