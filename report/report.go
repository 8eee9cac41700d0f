// Package report shows an analysis: as one self-contained page, as chart files, as text for a pull request and for a
// terminal, and as data for other programs.
//
// Its one opinion: a report computes nothing. Each figure is one that the analysis holds, rounded in one place and
// found unrounded next to it, and a difference that is not sure is never painted as one.
//
// Data flows one way: package view makes the model of a report from an analysis, with all words, tables and their order. Packages
// html, terminal, markdown, data and charts each write one form of that model.
package report

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/interrupt"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/charts"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/html"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/view"
)

// ErrForeign means that the place of the report is taken by a folder that no report is in.
var ErrForeign = errors.New("there is a folder that is not a report of tqbench: move it away or choose another output folder")

// summaryFile is also what a report is known by.
const summaryFile = "summary.json"

// fullFile is the page with everything, where index.html has to leave something out.
const fullFile = "full.html"

// Dir is where the report is below an output folder.
func Dir(out string) string { return filepath.Join(out, "report") }

// Write writes the report of a below the output folder: index.html, charts, and the same as text and data for other programs.
// It is there whole or not at all: a former report is replaced when the new one is complete, with all that was in its
// folder, and stays when anything fails.
//
// When ctx ends, nothing is written.
func Write(ctx context.Context, out string, a analysis.Analysis, o Options) error {
	return write(ctx, out, a, o, new(chart.GoChart))
}

// Options are what a report may have besides.
type Options struct {
	// PNG asks for each chart as PNG of 300 dpi, too. Each takes about a tenth of a second.
	PNG bool
}

func write(ctx context.Context, out string, a analysis.Analysis, o Options, plotter chart.Plotter) error {
	final := Dir(out)
	if err := replaceable(final); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("write %s: %w", final, err)
	}
	return atomicfile.WriteFolder(final, func(dir string) error { return fill(ctx, dir, out, a, o, plotter) })
}

// fill writes all files of a report into a folder that is not yet in use.
func fill(ctx context.Context, dir, out string, a analysis.Analysis, o Options, plotter chart.Plotter) error {
	if err := os.Mkdir(filepath.Join(dir, "charts"), 0o755); err != nil {
		return err
	}
	r := view.New(a)
	put := func(f file) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.write(dir); err != nil {
			return fmt.Errorf("report file %s: %w", f.name, err)
		}
		return nil
	}
	var g errgroup.Group
	g.SetLimit(2 * runtime.GOMAXPROCS(0)) // half of them wait for the disk
	// The page takes longest, and by one CPU: it begins first.
	g.Go(func() error {
		list, err := interrupt.Call(ctx, func() ([]file, error) { return pageFiles(out, r) })
		if err != nil {
			return err
		}
		for _, f := range list {
			if err := put(f); err != nil {
				return err
			}
		}
		return nil
	})
	for _, f := range besides(r, o, plotter) {
		g.Go(func() error { return put(f) })
	}
	return g.Wait()
}

// file is a file of the report and what writes it.
type file struct {
	name string
	fill func(io.Writer) error
}

// write writes it below a folder that is not yet in use.
func (f file) write(folder string) error {
	to, err := os.OpenFile(filepath.Join(folder, f.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = f.fill(to)
	return errors.Join(err, to.Close())
}

// files are all of a report.
func files(folder string, a analysis.Analysis, plotter chart.Plotter) ([]file, error) {
	r := view.New(a)
	list, err := pageFiles(folder, r)
	return append(list, besides(r, Options{PNG: true}, plotter)...), err
}

// pageFiles are the page, and the one with everything where that has to leave something out.
func pageFiles(folder string, r *view.Report) ([]file, error) {
	page, whole, err := html.Fit(r, html.Profiles(folder, Dir(folder), r), html.PageLimit)
	if err != nil {
		return nil, err
	}
	out := []file{{"index.html", bytesOf(page)}}
	if whole != nil {
		out = append(out, file{fullFile, bytesOf(whole)})
	}
	return out, nil
}

// besides are the files next to the pages.
func besides(r *view.Report, o Options, plotter chart.Plotter) []file {
	out := []file{
		{"summary.md", func(w io.Writer) error { return markdown.Write(w, r) }},
		{"results.csv", func(w io.Writer) error { return data.CSV(w, r) }},
		{"benchmark.txt", func(w io.Writer) error { return data.GoBench(w, r) }},
		{"benchmark-bigger.json", func(w io.Writer) error { return data.Tracked(w, r, true) }},
		{"benchmark-smaller.json", func(w io.Writer) error { return data.Tracked(w, r, false) }},
		{"metrics.txt", func(w io.Writer) error { return data.OpenMetrics(w, r) }},
		{"junit.xml", func(w io.Writer) error { return data.JUnit(w, r) }},
		{summaryFile, atomicfile.JSON(data.Summarise(r))},
	}
	for _, c := range charts.Files(r) {
		out = append(out, file{filepath.Join("charts", c.Name+".svg"), func(w io.Writer) error { return plotter.SVG(w, c.Figure) }})
		if o.PNG {
			out = append(out, file{filepath.Join("charts", c.Name+".png"), func(w io.Writer) error { return plotter.PNG(w, c.Figure) }})
		}
	}
	return out
}

func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// replaceable refuses to put a report in the place of a folder that holds something else, such as the sources of a
// program that happen to be in a folder of that name.
func replaceable(final string) error {
	entries, err := os.ReadDir(final)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", final, err)
	}
	for _, e := range entries {
		if e.Name() == summaryFile {
			return nil
		}
	}
	if len(entries) > 0 {
		return fmt.Errorf("write %s: %w", final, ErrForeign)
	}
	return nil
}
