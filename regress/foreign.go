package regress

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/regress/tools"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// largestFile is the maximum size of a file with a run in bytes.
const largestFile = 512 << 20

// ownName is tqbench's own name where results of several tools meet.
const ownName = "tqbench"

// figure is what is known of a metric.
type figure struct {
	title, unit    string
	higherIsBetter bool
}

// figure is that of a metric in a cell. There is none of a name that this tqbench doesn't know: it can't tell which way is better.
func (r *Run) figure(c Cell, name string) (figure, bool) {
	if r.tool != "" {
		f, ok := r.figures[c][name]
		return f, ok
	}
	m, ok := metric.Named(name)
	return figure{m.Title, m.Unit, m.HigherIsBetter}, ok
}

// figureIn is that of the first run that has it.
func figureIn(c Cell, name string, runs ...*Run) (figure, bool) {
	for _, r := range runs {
		if f, ok := r.figure(c, name); ok {
			return f, true
		}
	}
	return figure{}, false
}

// Tool is whose results the run has.
func (r *Run) Tool() string { return cmp.Or(r.tool, ownName) }

// fromTool takes a run from another tool's result. Each benchmark is a cell, and each repeat a trial. With packages, their names are in those
// of the cells.
func fromTool(path, digest string, t tools.Result, packages bool) *Run {
	r := &Run{
		Path: path, tool: t.Tool, result: t, Run: results.Run{ID: cmp.Or(t.ID, digest), Began: t.Began}, arms: map[Cell]suite.Arm{}, trials: map[Cell][]trial{},
		definitions: map[Cell]map[string]string{}, of: map[string]string{}, figures: map[Cell]map[string]figure{},
	}
	r.Machine.CPU, r.Machine.OS, r.Machine.Arch = t.Machine["cpu"], t.Machine["goos"], t.Machine["goarch"]
	r.Machine.CPUs, _ = strconv.Atoi(t.Machine["cpus"]) // 0 is unknown
	for _, v := range t.Values {
		c := Cell{Scenario: v.Benchmark}
		if packages && v.Package != "" {
			c.Scenario = v.Package + "." + v.Benchmark
		}
		if r.figures[c] == nil {
			r.cells = append(r.cells, c)
			r.figures[c], r.definitions[c], r.of[c.Scenario] = map[string]figure{}, map[string]string{}, c.Scenario
		}
		r.figures[c][v.Metric] = figure{v.Metric, v.Unit, v.HigherIsBetter}
		r.definitions[c]["unit of "+v.Metric] = v.Unit
		for i, x := range v.Values {
			if i == len(r.trials[c]) {
				r.trials[c] = append(r.trials[c], trial{values: map[string]float64{}})
			}
			r.trials[c][i].values[v.Metric] = x
		}
		r.ran = max(r.ran, len(v.Values))
	}
	return r
}

// withPackages gives the benchmarks of runs names with their packages if there are several: names must not depend on how many one file has.
func withPackages(runs []*Run) []*Run {
	all, several := map[string]bool{}, false
	for _, r := range runs {
		packages := map[string]bool{}
		for _, v := range r.result.Values {
			packages[v.Package] = true
		}
		several = several || len(packages) > 1
		maps.Copy(all, packages)
	}
	delete(all, "") // a file that doesn't say
	if len(all) < 2 && !several {
		return runs
	}
	out := slices.Clone(runs)
	for i, r := range runs {
		if r.tool != "" {
			out[i] = fromTool(r.Path, r.ID, r.result, true)
		}
	}
	return out
}

// content is that of a run's file.
func content(path string) ([]byte, error) {
	data, err := regular.Read(path, regular.Limit{Kind: "an analysis", Bytes: largestFile})
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrInput, path, err)
	}
	return data, nil
}

// foreign are the runs in the content of another tool's file. The error is tools.ErrUnknown if it is of none.
func foreign(path string, data []byte) ([]*Run, error) {
	list, err := tools.Read(data)
	if errors.Is(err, tools.ErrUnknown) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: read %s: %w", ErrInput, path, err)
	}
	var runs []*Run
	for _, t := range list {
		runs = append(runs, fromTool(path, digest(data), t, false))
	}
	return runs, nil
}

// digest identifies a result that has no name.
func digest(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:8])
}

// foreignName reports whether a file's name may be that of another tool's result.
func foreignName(name string) bool {
	return !strings.HasPrefix(name, ".") && slices.Contains([]string{".json", ".txt", ".js"}, filepath.Ext(name))
}

// read reads the runs in a file, under any name: several only from a history of another tool.
func read(path string) ([]*Run, error) {
	data, err := content(path)
	if err != nil {
		return nil, err
	}
	if !results.Sealed(data) {
		runs, err := foreign(path, data)
		if err == nil || !errors.Is(err, tools.ErrUnknown) {
			return runs, err
		}
	}
	a, err := analysis.DecodeTrials(path, data)
	if out := filepath.Dir(path); err == nil && filepath.Clean(path) == analysis.Path(out) {
		err = a.Current(out)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	r, err := FromAnalysis(path, a)
	return []*Run{r}, err
}

// sameTool refuses to compare results of two tools.
func sameTool(old, new *Run) error {
	if old.tool == new.tool {
		return nil
	}
	return fmt.Errorf("%w: %s is a result of %s, and %s is one of %s: compare results of one tool", ErrInput, old.Path, old.Tool(), new.Path, new.Tool())
}

// checkForeign makes sure that a threshold is about something in two runs of another tool.
func (t Threshold) checkForeign(runs ...*Run) error {
	benchmarks, metrics := map[string]bool{}, map[string]bool{}
	for _, r := range runs {
		for c, all := range r.figures {
			benchmarks[c.Scenario] = true
			for name := range all {
				metrics[name] = true
			}
		}
	}
	if name := t.benchmark(); name != anyName && !benchmarks[name] {
		return fmt.Errorf("%w %q: neither result has the benchmark %q: choose from %s", ErrThreshold, t.Text, name, list(benchmarks))
	}
	if !metrics[t.Metric] {
		return fmt.Errorf("%w %q: neither result has the metric %q: choose from %s", ErrThreshold, t.Text, t.Metric, strings.Join(slices.Sorted(maps.Keys(metrics)), ", "))
	}
	return nil
}

// benchmark is the scope as one name, as those of benchmarks have slashes.
func (t Threshold) benchmark() string { return cmp.Or(strings.TrimSuffix(t.scope(), ": "), anyName) }

// LeftOut is a file that a history leaves out.
type LeftOut struct {
	Path string `json:"path"`
	Why  string `json:"why"`
}

// leftOut leaves out what can't be read, for a reason without the marks of errors.
func leftOut(path string, err error) LeftOut {
	why := strings.TrimPrefix(err.Error(), ErrInput.Error()+": ")
	return LeftOut{path, strings.TrimPrefix(strings.TrimPrefix(why, "read "), path+": ")}
}

// addAll adds the files at paths, in their order. As many are read at a time as there are CPUs.
func (h *History) addAll(paths []string) {
	type answer struct {
		runs []*Run
		err  error
	}
	all := make([]answer, len(paths))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, path := range paths {
		group.Go(func() error {
			all[i].runs, all[i].err = read(path)
			return nil
		})
	}
	_ = group.Wait() // each error is in its place
	for i, x := range all {
		h.add(paths[i], x.runs, x.err)
	}
}

// add adds the runs of a file to a history, or notes why not. A text or a script of no tool is none of its files.
func (h *History) add(path string, runs []*Run, err error) {
	switch {
	case errors.Is(err, results.ErrFormat) && filepath.Ext(path) != ".json":
		return
	case err != nil:
		h.LeftOut = append(h.LeftOut, leftOut(path, err))
		return
	}
	for _, r := range runs {
		h.take(path, r)
	}
}
