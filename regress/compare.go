package regress

import (
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
const rule = "New over old is the ratio of the geometric means of the runs' geometric means of their valid trials. Its 95 % interval is the " +
	"widest of three: Welch's t on the logarithms of trials, the distribution-free one around the Hodges-Lehmann ratio, and Student's t over " +
	"the means of runs, where a side or --same has several. A threshold fails where the whole interval is beyond it, passes where none of it " +
	"is, and else the data can't tell; nor can they with fewer than about four valid trials a side, of which there is no distribution-free " +
	"interval. The p-value is the larger of Welch's test and that over runs that the ratio is the threshold's, after Holm's correction over " +
	"all that was tested."

// Comparison is what tqbench compare writes as JSON.
type Comparison struct {
	Version int `json:"version"`
	// Old and New are the runs of both sides.
	Old []Subject `json:"old"`
	New []Subject `json:"new"`
	// Same are further runs, in groups that measured one thing each: they only show how much runs differ.
	Same [][]Subject `json:"same"`
	// LeftOut are files below a side's folder that are no results, damaged, or there twice.
	LeftOut []LeftOut `json:"left_out"`
	Rule    string    `json:"rule"`
	// Outcome sums up the decisions: Fails if any fails, else CantTell if any can't be decided, else Passes; empty where no
	// threshold was given.
	Outcome string `json:"outcome"`
	// Decisions are one for each threshold and cell, in the order of the thresholds.
	Decisions   []Decision   `json:"decisions"`
	Differences []Difference `json:"differences"`
	// Rows are the metrics of all cells that both sides were to measure, in the plan's order.
	Rows []Row `json:"rows"`
	// OnlyOld and OnlyNew are the cells of one side alone.
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
	// count as all others do, and widen a row's Bracketed.
	Trials int `json:"trials"`
	Noisy  int `json:"noisy_trials"`
}

func subjects(runs []*Run) []Subject {
	out := []Subject{}
	for _, r := range runs {
		out = append(out, subject(r))
	}
	return out
}

func subject(r *Run) Subject {
	return Subject{Path: r.Path, Tool: r.tool, Run: r.ID, Began: r.Began, Tqbench: r.Tqbench.Version, Trials: r.ran, Noisy: r.noisy}
}

// Row is one metric of one cell on both sides.
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
	// Bracketed is the interval of the ratio whatever stolen CPU time, a late generator and other programs did: both ends of the brackets
	// of trials are in it. It is nil where no noise can have changed a value.
	Bracketed *stats.Interval `json:"bracketed,omitempty"`
	// NoiseUnknown is as in analysis.Cell, of the first run that has one: the noise of a part of that run can't be known. Decisions hold as measured here
	// at most.
	NoiseUnknown string `json:"noise_unknown,omitempty"`
	// Deviation is how much runs of one thing differ; nil where no side has two runs and there are no further ones.
	Deviation *stats.Deviation `json:"deviation,omitempty"`
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
	// ReasonDiffers: the runs asked different things, as Difference says.
	ReasonDiffers = "differs"
	// ReasonNoInterval: the valid trials are too few for an interval. ReasonAssumes: they are too few for one that assumes nothing.
	ReasonNoInterval = "no-interval"
	ReasonAssumes    = "assumes"
	// ReasonAlone: one run a side has it, so that nothing shows how much runs differ, and thresholds ask for that.
	ReasonAlone = "alone"
	// ReasonNoRatio: the values have no ratio, as Detail says.
	ReasonNoRatio = "no-ratio"
)

// Decision is one threshold on one cell.
type Decision struct {
	// Cell is empty where the threshold covers nothing that both sides have.
	Cell
	Threshold string `json:"threshold"`
	Metric    string `json:"metric"`
	// Outcome is one of the constants above.
	Outcome string `json:"outcome"`
	// P is that of the test that the ratio is just the threshold's: Welch's over trials or Student's over runs, whichever is larger.
	// CorrectedP is the same after Holm's correction; both are 1 where there was nothing to test.
	P          float64 `json:"p"`
	CorrectedP float64 `json:"corrected_p"`
	// Grade is sure where an outcome other than CantTell holds whatever noise did, and here where it holds as measured here.
	Grade stats.Grade `json:"grade,omitempty"`
	// NeedRuns is about how many runs a side would decide, where part of the interval is beyond; 0 if unknown. Where runs don't show how
	// much they differ, NeedTrials is about how many trials a side would.
	NeedRuns   int `json:"need_runs,omitempty"`
	NeedTrials int `json:"need_trials,omitempty"`
	// Row is the place of its row in the comparison's rows; -1 where no cell that the threshold covers has the metric on both sides.
	Row int `json:"row"`
	// Bound is the threshold as a ratio of new over old. Above tells that it fails above it, and not below.
	Bound float64 `json:"bound"`
	Above bool    `json:"above"`
	// Tested is over how many tests the p-value was corrected.
	Tested int `json:"tested,omitempty"`
}

// Compare compares new runs with old ones and decides the thresholds.
func Compare(s Sides, thresholds []Threshold) (Comparison, error) {
	if err := s.check(); err != nil {
		return Comparison{}, err
	}
	s = s.named()
	for _, t := range thresholds {
		if err := t.check(append(slices.Clone(s.Old), s.New...)...); err != nil {
			return Comparison{}, err
		}
	}
	if len(thresholds) > 0 && !s.repeated() && !s.Anyway {
		return Comparison{}, fmt.Errorf("%w: --fail-if needs to know how much runs differ: give two runs a side or more (OLD1,OLD2 NEW1,NEW2), "+
			"or --same with runs of one thing, or --anyway", ErrInput)
	}
	c := Comparison{
		Version: Version, Old: subjects(s.Old), New: subjects(s.New), Same: [][]Subject{}, LeftOut: []LeftOut{}, Rule: rule,
		Decisions: []Decision{}, Differences: append([]Difference{}, s.surroundings()...), Rows: []Row{}, OnlyOld: []Cell{}, OnlyNew: []Cell{},
	}
	for _, g := range s.Same {
		c.Same = append(c.Same, subjects(g))
	}
	fresh := cellsOf(s.New)
	for _, cell := range cellsOf(s.Old) {
		if !slices.Contains(fresh, cell) {
			c.OnlyOld = append(c.OnlyOld, cell)
			continue
		}
		bar := s.asked(cell)
		for _, d := range bar {
			if !slices.Contains(c.Differences, d) {
				c.Differences = append(c.Differences, d)
			}
		}
		for _, m := range metricsOf(cell, append(slices.Clone(s.Old), s.New...)...) {
			r := s.row(cell, m, bar)
			if len(thresholds) > 0 && !s.Anyway && r.Ratio != nil && r.Deviation == nil && r.Reason.Code == "" {
				r.Reason.Code = ReasonAlone
			}
			c.Rows = append(c.Rows, r)
		}
	}
	old := cellsOf(s.Old)
	for _, cell := range fresh {
		if !slices.Contains(old, cell) {
			c.OnlyNew = append(c.OnlyNew, cell)
		}
	}
	c.decide(thresholds, s)
	return c, nil
}

// decide holds each threshold against each row that it covers.
func (c *Comparison) decide(thresholds []Threshold, s Sides) {
	var tested []int
	var ps []float64
	for _, t := range thresholds {
		before := len(c.Decisions)
		for i, r := range c.Rows {
			if r.Metric != t.Metric || !t.Covers(r.Cell, s.of(r.Cell)) {
				continue
			}
			same := s.same(r.Cell, r.Metric)
			d := judge(t, r, same)
			d.Row = i
			if r.Ratio != nil {
				d.P = stats.RunsRatio(r.Old.plain, r.New.plain, t.Ratio(), same...).P
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
func judge(t Threshold, r Row, same []stats.Runs) Decision {
	d := Decision{Cell: r.Cell, Threshold: t.Text, Metric: t.Metric, Outcome: CantTell, Bound: t.Ratio(), Above: t.Above, P: 1, CorrectedP: 1}
	if r.Ratio == nil || r.Reason.Code != "" {
		return d
	}
	d.Outcome = t.outcome(*r.Ratio)
	switch {
	case d.Outcome == CantTell && r.Deviation != nil:
		d.NeedRuns = stats.NeedRuns(r.Old.plain, r.New.plain, d.Bound, same...)
	case d.Outcome == CantTell:
		d.NeedTrials = stats.NeedUnpaired(r.Old.Values, r.New.Values, d.Bound)
	case r.NoiseUnknown == "" && (r.Bracketed == nil || t.outcome(*r.Bracketed) == d.Outcome):
		d.Grade = stats.Sure
	default:
		d.Grade = stats.Here
	}
	return d
}

// outcome is that of an interval: it fails where all of it is beyond the threshold, and passes where none is.
func (t Threshold) outcome(i stats.Interval) string {
	all, none := i.High < t.Ratio(), i.Low >= t.Ratio()
	if t.Above {
		all, none = i.Low > t.Ratio(), i.High <= t.Ratio()
	}
	switch {
	case all:
		return Fails
	case none:
		return Passes
	}
	return CantTell
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
