package regress

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// Sides are the runs to compare.
type Sides struct {
	// Old and New have at least one run each.
	Old, New []*Run
	// Same are groups of runs that measured one thing each.
	Same [][]*Run
	// Anyway allows thresholds where nothing shows how much runs differ.
	Anyway bool
}

// repeated reports whether the runs show how much runs of one thing differ.
func (s Sides) repeated() bool {
	return slices.ContainsFunc(append([][]*Run{s.Old, s.New}, s.Same...), func(g []*Run) bool { return len(g) > 1 })
}

func (s Sides) all() []*Run { return slices.Concat(append([][]*Run{s.Old, s.New}, s.Same...)...) }

// named are the sides with names of benchmarks that tell their packages apart.
func (s Sides) named() Sides {
	all := withPackages(s.all())
	take := func(runs []*Run) (out []*Run) {
		out, all = all[:len(runs)], all[len(runs):]
		return out
	}
	out := Sides{Old: take(s.Old), New: take(s.New), Anyway: s.Anyway}
	for _, g := range s.Same {
		out.Same = append(out.Same, take(g))
	}
	return out
}

// check refuses runs that can't be compared: of two tools, or one that is there twice. From a run to itself nothing ever changed, and
// every threshold would pass.
func (s Sides) check() error {
	all := s.all()
	for i, r := range all {
		if err := sameTool(all[0], r); err != nil {
			return err
		}
		if j := slices.IndexFunc(all[:i], r.same); j >= 0 {
			return fmt.Errorf("%w: %s and %s are the same run", ErrInput, all[j].Path, r.Path)
		}
	}
	return nil
}

// sideSeparator is between the paths of a side.
const sideSeparator = ","

// ReadRuns reads the runs of a side: from paths with commas between them, each of which is what Read reads or a folder with runs below it.
// A path that has a comma in its name is taken as it is.
func ReadRuns(paths string) (History, error) {
	list := strings.Split(paths, sideSeparator)
	if _, err := os.Stat(paths); err == nil {
		list = []string{paths}
	}
	var out History
	for _, path := range list {
		if path == "" {
			return out, fmt.Errorf("%w: %q has an empty path: write OLD1,OLD2", ErrInput, paths)
		}
		info, err := os.Stat(path)
		if err != nil {
			return out, fmt.Errorf("%w: %w", ErrInput, err)
		}
		if !info.IsDir() || results.Exists(analysis.Path(path)) {
			r, err := Read(path)
			if err != nil {
				return out, err
			}
			out.Runs = append(out.Runs, r)
			continue
		}
		h, err := ReadHistory(path)
		switch {
		case errors.Is(err, errNoRun) && len(h.LeftOut) == 0:
			return out, fmt.Errorf("%w: %s has no analysis.json: run tqbench analyze --out %s", ErrInput, path, path)
		case err != nil:
			return out, err
		case len(h.Skipped) > 0:
			return out, fmt.Errorf("%w: %s has no analysis.json: run tqbench analyze --out %s", ErrInput, h.Skipped[0], h.Skipped[0])
		}
		out.Runs, out.LeftOut = append(out.Runs, newestOfFiles(h.Runs)...), append(out.LeftOut, h.LeftOut...)
	}
	return out, nil
}

// newestOfFiles leaves of each file its newest run, as Read does: only a tool's history has several.
func newestOfFiles(runs []*Run) []*Run {
	last := map[string]*Run{}
	for _, r := range runs {
		last[r.Path] = r
	}
	return slices.DeleteFunc(runs, func(r *Run) bool { return last[r.Path] != r })
}

// cellsOf are the cells of runs, each once.
func cellsOf(runs []*Run) []Cell {
	var out []Cell
	for _, r := range runs {
		for _, c := range r.cells {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// row compares one metric of a cell, unless something bars it.
func (s Sides) row(cell Cell, name string, bar []Difference) Row {
	f, _ := figureIn(cell, name, append(slices.Clone(s.Old), s.New...)...)
	r := Row{
		Cell: cell, Metric: name, Title: f.title, Unit: f.unit, HigherIsBetter: f.higherIsBetter,
		Old: sideOf(cell, name, s.Old...), New: sideOf(cell, name, s.New...), Intervals: []stats.Interval{}, Tests: []stats.Test{},
	}
	if len(bar) > 0 {
		r.Reason = Reason{Code: ReasonDiffers, Difference: &bar[0], More: len(bar) - 1}
		return r
	}
	something := func(v float64) bool { return v != 0 }
	if s.Old[0].tool == "" && metric.MayBeZero(name) && slices.ContainsFunc(append(r.Old.plain.Flat(), r.New.plain.Flat()...), something) {
		r.Reason = Reason{Code: ReasonNoRatio, Detail: "its values " + NoPercentage}
		return r
	}
	same := s.same(cell, name)
	u, d, err := stats.CompareRuns(r.Old.plain, r.New.plain, same...)
	switch {
	case errors.Is(err, stats.ErrTooFew):
		r.Reason.Code = ReasonNoInterval
		return r
	case err != nil:
		r.Reason = Reason{Code: ReasonNoRatio, Detail: err.Error()}
		return r
	case !u.Whole():
		r.Reason.Code = ReasonAssumes
	}
	r.Ratio, r.Intervals, r.Tests, r.Deviation = &u.Ratio, u.Intervals, u.Tests, d
	for _, run := range slices.Concat(s.Old, s.New) {
		r.NoiseUnknown = cmp.Or(r.NoiseUnknown, run.noiseUnknown[cell])
	}
	if r.Old.bracketed() || r.New.bracketed() {
		r.Bracketed = bracketed(u.Ratio, r.Old, r.New, same)
	}
	return r
}

// bracketed is the interval of a ratio with both ends of the brackets: the lowest new values over the highest old ones, and the highest
// over the lowest. It is nil where an end has no ratio.
func bracketed(ratio stats.Interval, old, new Side, same []stats.Runs) *stats.Interval {
	low, _, err := stats.CompareRuns(old.high, new.low, same...)
	if err != nil {
		return nil
	}
	high, _, err := stats.CompareRuns(old.low, new.high, same...)
	if err != nil {
		return nil
	}
	out := stats.Hull(ratio.Estimate, stats.Confidence, ratio, low.Ratio, high.Ratio)
	return &out
}

// same are the values of a metric in the groups of further runs that asked the same.
func (s Sides) same(cell Cell, name string) []stats.Runs {
	var out []stats.Runs
	first := firstWith(cell, append(slices.Clone(s.Old), s.New...))
	for _, g := range s.Same {
		var alike []*Run
		for _, r := range g {
			if first != nil && r.has(cell) && len(asked(first, r, cell)) == 0 {
				alike = append(alike, r)
			}
		}
		out = append(out, sideOf(cell, name, alike...).plain)
	}
	return out
}

// firstWith is the first run that was to measure a cell, nil if none was.
func firstWith(c Cell, runs []*Run) *Run {
	if i := slices.IndexFunc(runs, func(r *Run) bool { return r.has(c) }); i >= 0 {
		return runs[i]
	}
	return nil
}

// of is the scenario that a cell's is a point of.
func (s Sides) of(c Cell) string {
	if r := firstWith(c, s.Old); r != nil {
		return r.of[c.Scenario]
	}
	return ""
}
