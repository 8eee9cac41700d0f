// Package regress compares runs of one plan at different times: new ones with old ones, or all of a history.
//
// Its one idea: trials of two runs have no blocks in common, so they are compared as two samples of runs, and only where all
// runs asked the same. What else differs between the runs is listed next to every answer, since any of it may be the
// cause.
package regress

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/regress/tools"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Version is the version of the JSON that compare and trend write.
const Version = 3

// ErrInput marks runs that can't be read as such, and thresholds that can't be tested on them.
var ErrInput = errors.New("bad input")

// Cell is one arm on one broker in one scenario. A benchmark of another tool is a scenario without them.
type Cell struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
}

// String is how thresholds name a cell.
func (c Cell) String() string {
	if c.Foreign() {
		return c.Scenario
	}
	return c.Scenario + "/" + c.Broker + "/" + c.Arm
}

// Foreign reports whether it is a benchmark of another tool.
func (c Cell) Foreign() bool { return c.Scenario != "" && c.Broker == "" && c.Arm == "" }

// Run is what is kept of an analysis: the values of its trials, and what they depend on.
type Run struct {
	// Path is where it was read.
	Path string
	results.Run
	// tool is another tool whose results these are, and figures are its metrics by cell; empty for tqbench's.
	tool    string
	figures map[Cell]map[string]figure
	// result is what the run was made of, where a tool's cells may have other names among other runs.
	result tools.Result
	// cells are in the plan's order, arms have what runs in them.
	cells  []Cell
	arms   map[Cell]suite.Arm
	trials map[Cell][]trial
	// definitions have by cell what was asked there; nil where the analysis doesn't tell.
	definitions map[Cell]map[string]string
	// of has the scenario that another is a point of.
	of map[string]string
	// noiseUnknown is by cell why noise can't be known there, where it can't.
	noiseUnknown map[Cell]string
	// ran is how many trials ran, of which noisy carry a note of noise.
	ran, noisy int
}

// noisy tells whether noise is noted of a trial. A flag that keeps it out of something, as of older runs, is no note.
func noisy(t results.Trial) bool {
	return slices.ContainsFunc(t.Flags, func(f results.Flag) bool {
		return len(f.Metrics) == 0 && slices.Contains([]string{results.FlagThrottled, results.FlagDisturbed, results.FlagLate}, f.Code)
	})
}

// trial is one trial of a cell.
type trial struct {
	values map[string]float64
	// keptOut has for each value that doesn't count the codes of the flags that say so.
	keptOut map[string][]string
	// brackets have where noise can have changed a value.
	brackets map[string]analysis.Bracket
}

// newRun keeps what is needed of an analysis.
func newRun(path string, a analysis.Analysis) *Run {
	r := &Run{
		Path: path, Run: a.Run, arms: map[Cell]suite.Arm{}, trials: map[Cell][]trial{},
		definitions: map[Cell]map[string]string{}, of: map[string]string{}, noiseUnknown: map[Cell]string{},
	}
	add := func(c Cell) {
		if !slices.Contains(r.cells, c) {
			r.cells = append(r.cells, c)
		}
	}
	for _, c := range a.Cells {
		cell := Cell{c.Scenario, c.Broker, c.Arm}
		add(cell)
		switch {
		case c.NoiseUnknown != "":
			r.noiseUnknown[cell] = c.NoiseUnknown
		case a.Run.Attached(c.Broker): // cells of an older analysis don't say so
			r.noiseUnknown[cell] = analysis.NoiseAttached
		}
	}
	for _, t := range a.Trials {
		c := Cell{t.Scenario, t.Broker, t.Arm}
		add(c)
		if t.Done() {
			r.ran++
			if noisy(t.Trial) {
				r.noisy++
			}
		}
		if len(t.Hosts) > 0 && r.noiseUnknown[c] == "" { // nor of several machines
			r.noiseUnknown[c] = analysis.NoiseMachines
		}
		r.arms[c] = suite.Arm{Name: t.Arm, Contender: t.Contender}
		kept := trial{values: t.Metrics, keptOut: map[string][]string{}, brackets: t.Brackets}
		for name := range t.Metrics {
			if codes := analysis.KeptOutBy(t.Trial, name); len(codes) > 0 {
				kept.keptOut[name] = codes
			}
		}
		r.trials[c] = append(r.trials[c], kept)
	}
	for _, s := range a.Scenarios {
		r.of[s.Name] = cmp.Or(s.Of, s.Name)
		for _, c := range r.cells {
			if c.Scenario == s.Name {
				r.definitions[c] = s.Definitions[c.Broker]
			}
		}
	}
	return r
}

// has tells whether the run was to measure the cell.
func (r *Run) has(c Cell) bool { return slices.Contains(r.cells, c) }

// identity tells runs apart: two files with one identity hold one run.
type identity struct {
	id    string
	began int64
}

func (r *Run) identity() identity { return identity{r.ID, r.Began.UnixNano()} }

func (r *Run) same(other *Run) bool { return r.identity() == other.identity() }

// Side is one side's part of a comparison: that of one run or of several.
type Side struct {
	analysis.Estimate
	// Mean is the geometric mean of the runs' geometric means, of which the ratio is made; 0 where a value is not above zero.
	Mean float64 `json:"geometric_mean"`
	// RunMeans are the geometric means of the runs that have valid trials, in their order.
	RunMeans []float64 `json:"run_means"`
	// Trials is how many trials have the metric, valid or not; Values has those that are valid.
	Trials int `json:"trials"`
	// KeptOutBy are the codes of the flags that keep the others out, each once.
	KeptOutBy []string `json:"kept_out_by,omitempty"`
	// plain are the valid values by run, low and high the ends of their brackets.
	plain, low, high stats.Runs
}

// bracketed reports whether noise can have changed a value.
func (s Side) bracketed() bool {
	return !slices.Equal(s.plain.Flat(), s.low.Flat()) || !slices.Equal(s.plain.Flat(), s.high.Flat())
}

// nearlyNothing is which share of a value is left at least, where noise may be all of it: a low end of 0 has no logarithm, and so small a
// one leaves the ratio as open.
const nearlyNothing = 1e-9

// sideOf sums up a metric of a cell in the runs that were to measure it.
func sideOf(c Cell, metric string, runs ...*Run) Side {
	s := Side{RunMeans: []float64{}}
	var arm suite.Arm
	for _, r := range runs {
		if !r.has(c) {
			continue
		}
		arm = r.arms[c]
		var plain, low, high []float64
		for _, t := range r.trials[c] {
			v, ok := t.values[metric]
			if !ok {
				continue
			}
			s.Trials++
			codes, out := t.keptOut[metric]
			if !out {
				b, ok := t.brackets[metric]
				if !ok {
					b = analysis.Bracket{Low: v, High: v}
				}
				plain, low, high = append(plain, v), append(low, max(b.Low, nearlyNothing*v)), append(high, b.High)
			}
			for _, code := range codes {
				if !slices.Contains(s.KeptOutBy, code) {
					s.KeptOutBy = append(s.KeptOutBy, code)
				}
			}
		}
		if len(plain) > 0 {
			s.plain, s.low, s.high = append(s.plain, plain), append(s.low, low), append(s.high, high)
			s.RunMeans = append(s.RunMeans, stats.GeometricMean(plain))
		}
	}
	s.Estimate, s.Mean = analysis.Level(arm, s.plain.Flat(), nil), stats.GeometricMean(s.RunMeans)
	return s
}

// metricsOf are the names of the metrics that the runs have in a cell, in the order in which reports show them. Of a name
// that this tqbench doesn't know it can't tell which way is better, and leaves it out.
func metricsOf(c Cell, runs ...*Run) []string {
	have := map[string]bool{}
	for _, r := range runs {
		for _, t := range r.trials[c] {
			for name := range t.values {
				have[name] = true
			}
		}
	}
	maps.DeleteFunc(have, func(name string, _ bool) bool {
		_, ok := figureIn(c, name, runs...)
		return !ok
	})
	return ordered(have)
}

// ordered lists names of metrics in the order of reports; those of kinds of tasks follow their metric by name.
func ordered(have map[string]bool) []string {
	return slices.SortedFunc(maps.Keys(have), func(a, b string) int { return cmp.Or(metric.Rank(a)-metric.Rank(b), cmp.Compare(a, b)) })
}
