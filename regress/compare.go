package regress

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/stats"
)

// The outcomes of a threshold.
const (
	Passes   = "passes"
	Fails    = "fails"
	CantTell = "can't tell"
)

// rule says in words what decide does.
const rule = "New over old is the ratio of the geometric means of the valid trials. Its 95 % interval is the widest of two: " +
	"Welch's t on logarithms, and the distribution-free one around the Hodges-Lehmann ratio. A threshold fails where the whole " +
	"interval is beyond it, passes where none of it is, and else the data can't tell; nor can they with fewer than about four valid " +
	"trials a side, of which there is no distribution-free interval. The p-value beside it is that of Welch's test that the ratio is " +
	"the threshold's, after Holm's correction over all that was tested."

// Comparison is what tqbench compare writes as JSON.
type Comparison struct {
	Version int     `json:"version"`
	Old     Subject `json:"old"`
	New     Subject `json:"new"`
	Rule    string  `json:"rule"`
	// Outcome sums up the decisions: Fails if any fails, else CantTell if any can't be decided, else Passes; empty where no
	// threshold was given.
	Outcome string `json:"outcome"`
	// Decisions are one for each threshold and cell, in the order of the thresholds.
	Decisions   []Decision   `json:"decisions"`
	Differences []Difference `json:"differences"`
	// Rows are the metrics of all cells that both runs were to measure, in the plan's order.
	Rows []Row `json:"rows"`
	// OnlyOld and OnlyNew are the cells of one run alone.
	OnlyOld []Cell `json:"only_old"`
	OnlyNew []Cell `json:"only_new"`
}

// Subject names a run.
type Subject struct {
	Path string `json:"path"`
	// Tool is another tool whose result it is; empty for tqbench's own.
	Tool string `json:"tool,omitempty"`
	Run  string `json:"run"`
	// Began is missing where another tool's result doesn't say it.
	Began   time.Time `json:"began,omitzero"`
	Tqbench string    `json:"tqbench"`
	// Trials is how many ran. Noisy are those that carry a note of stolen CPU time, a late generator or other programs: they
	// count as all others do, as nothing is bracketed here.
	Trials int `json:"trials"`
	Noisy  int `json:"noisy_trials"`
}

func subject(r *Run) Subject {
	return Subject{Path: r.Path, Tool: r.tool, Run: r.ID, Began: r.Began, Tqbench: r.Tqbench.Version, Trials: r.ran, Noisy: r.noisy}
}

// Row is one metric of one cell in both runs.
type Row struct {
	Cell
	Metric string `json:"metric"`
	Title  string `json:"title"`
	Unit   string `json:"unit"`
	// HigherIsBetter tells which direction is an improvement.
	HigherIsBetter bool `json:"higher_is_better"`
	Old            Side `json:"old"`
	New            Side `json:"new"`
	// Ratio is new over old; nil where there is none, and Reason says why. Where there is one, Reason says why it can
	// decide nothing, or is zero.
	Ratio     *stats.Interval  `json:"ratio"`
	Intervals []stats.Interval `json:"intervals"`
	Tests     []stats.Test     `json:"tests"`
	Reason    Reason           `json:"reason,omitzero"`
}

// Reason is why a metric isn't compared, or why its ratio decides nothing. Reports make a sentence of it.
type Reason struct {
	// Code is one of the constants below.
	Code string `json:"code"`
	// Difference is the first that bars it, and More is how many others do.
	Difference *Difference `json:"difference,omitempty"`
	More       int         `json:"more,omitempty"`
	// Detail says why there is no comparison.
	Detail string `json:"detail,omitempty"`
}

// The codes of reasons.
const (
	// ReasonDiffers: the two runs asked different things, as Difference says.
	ReasonDiffers = "differs"
	// ReasonNoInterval: the valid trials are too few for an interval. ReasonAssumes: they are too few for one that assumes nothing.
	ReasonNoInterval = "no-interval"
	ReasonAssumes    = "assumes"
	// ReasonNoRatio: the values have no ratio, as Detail says.
	ReasonNoRatio = "no-ratio"
)

// Decision is one threshold on one cell.
type Decision struct {
	// Cell is empty where the threshold covers nothing that both runs have.
	Cell
	Threshold string `json:"threshold"`
	Metric    string `json:"metric"`
	// Outcome is one of the constants above.
	Outcome string `json:"outcome"`
	// P is that of Welch's test that the ratio is just the threshold's, CorrectedP the same after Holm's correction; both
	// are 1 where there was nothing to test.
	P          float64 `json:"p"`
	CorrectedP float64 `json:"corrected_p"`
	// NeedTrials is about how many trials a side would decide, where part of the interval is beyond; 0 if unknown.
	NeedTrials int `json:"need_trials,omitempty"`
	// Row is the place of its row in the comparison's rows; -1 where no cell that the threshold covers has the metric in both runs.
	Row int `json:"row"`
	// Bound is the threshold as a ratio of new over old. Above tells that it fails above it, and not below.
	Bound float64 `json:"bound"`
	Above bool    `json:"above"`
	// Tested is over how many tests the p-value was corrected.
	Tested int `json:"tested,omitempty"`
}

// Compare compares a new run with an old one and holds the thresholds against it.
func Compare(old, new *Run, thresholds []Threshold) (Comparison, error) {
	if err := sameTool(old, new); err != nil {
		return Comparison{}, err
	}
	if old.same(new) {
		// Nothing ever changed from a run to itself, and every threshold would pass.
		return Comparison{}, fmt.Errorf("%w: %s and %s are the same run", ErrInput, old.Path, new.Path)
	}
	for _, t := range thresholds {
		if err := t.check(old, new); err != nil {
			return Comparison{}, err
		}
	}
	c := Comparison{
		Version: Version, Old: subject(old), New: subject(new), Rule: rule,
		Decisions: []Decision{}, Differences: append([]Difference{}, surroundings(old, new)...), Rows: []Row{}, OnlyOld: []Cell{}, OnlyNew: []Cell{},
	}
	for _, cell := range old.cells {
		if !new.has(cell) {
			c.OnlyOld = append(c.OnlyOld, cell)
			continue
		}
		var bar []Difference
		for _, d := range asked(old, new, cell) {
			bar = append(bar, d)
			if !slices.Contains(c.Differences, d) {
				c.Differences = append(c.Differences, d)
			}
		}
		for _, m := range metricsOf(cell, old, new) {
			c.Rows = append(c.Rows, row(old, new, cell, m, bar))
		}
	}
	for _, cell := range new.cells {
		if !old.has(cell) {
			c.OnlyNew = append(c.OnlyNew, cell)
		}
	}
	c.decide(thresholds, old)
	return c, nil
}

// row compares one metric of a cell, unless something bars it.
func row(old, new *Run, cell Cell, name string, bar []Difference) Row {
	f, _ := figureIn(cell, name, old, new)
	r := Row{
		Cell: cell, Metric: name, Title: f.title, Unit: f.unit, HigherIsBetter: f.higherIsBetter,
		Old: old.side(cell, name), New: new.side(cell, name), Intervals: []stats.Interval{}, Tests: []stats.Test{},
	}
	if len(bar) > 0 {
		r.Reason = Reason{Code: ReasonDiffers, Difference: &bar[0], More: len(bar) - 1}
		return r
	}
	u, err := stats.CompareUnpaired(r.Old.Values, r.New.Values)
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
	r.Ratio, r.Intervals, r.Tests = &u.Ratio, u.Intervals, u.Tests
	return r
}

// decide holds each threshold against each row that it covers.
func (c *Comparison) decide(thresholds []Threshold, old *Run) {
	var tested []int
	var ps []float64
	for _, t := range thresholds {
		before := len(c.Decisions)
		for i, r := range c.Rows {
			if r.Metric != t.Metric || !t.Covers(r.Cell, old.of[r.Scenario]) {
				continue
			}
			d := judge(t, r)
			d.Row = i
			if r.Ratio != nil {
				d.P = stats.WelchRatio(r.Old.Values, r.New.Values, t.Ratio()).P
				tested, ps = append(tested, len(c.Decisions)), append(ps, d.P)
			}
			c.Decisions = append(c.Decisions, d)
		}
		if len(c.Decisions) == before {
			// A threshold that tests nothing must not pass.
			c.Decisions = append(c.Decisions, Decision{
				Threshold: t.Text, Metric: t.Metric, Outcome: CantTell, P: 1, CorrectedP: 1, Row: -1, Bound: t.Ratio(), Above: t.Above,
			})
		}
	}
	corrected, _ := stats.Holm(ps)
	for k, p := range corrected {
		d := &c.Decisions[tested[k]]
		d.CorrectedP, d.Tested = p, len(ps)
	}
	for _, d := range c.Decisions {
		switch {
		case d.Outcome == Fails:
			c.Outcome = Fails
		case c.Outcome == "" || d.Outcome == CantTell && c.Outcome == Passes:
			c.Outcome = d.Outcome
		}
	}
}

// judge decides one threshold by the interval, never by the point within it.
func judge(t Threshold, r Row) Decision {
	d := Decision{Cell: r.Cell, Threshold: t.Text, Metric: t.Metric, Outcome: CantTell, Bound: t.Ratio(), Above: t.Above, P: 1, CorrectedP: 1}
	if r.Ratio == nil || r.Reason.Code != "" {
		return d
	}
	all, none := r.Ratio.High < d.Bound, r.Ratio.Low >= d.Bound
	if t.Above {
		all, none = r.Ratio.Low > d.Bound, r.Ratio.High <= d.Bound
	}
	switch {
	case all:
		d.Outcome = Fails
	case none:
		d.Outcome = Passes
	default:
		d.NeedTrials = stats.NeedUnpaired(r.Old.Values, r.New.Values, d.Bound)
	}
	return d
}

// Count is how many decisions came out so.
func (c Comparison) Count(outcome string) int {
	n := 0
	for _, d := range c.Decisions {
		if d.Outcome == outcome {
			n++
		}
	}
	return n
}
