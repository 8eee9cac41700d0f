package regress

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/shift"
)

// DefaultLevel is how often a series without any change may show one over its whole life.
const DefaultLevel = 0.01

// trendRule says in words what a trend shows.
const trendRule = "Each run is one point: the median of its valid trials. Runs are compared with those that have the same CPU, kernel, broker and " +
	"tqbench. After each run, the newest runs are compared with those since the last change. A change is sure when the p-value of such a " +
	"comparison is below its share of the level; the shares of all runs that can ever come add up to the level, so a series without any change " +
	"shows one at most as often as the level says over its whole life. The test allows for drift: it takes the correlation of successive runs " +
	"from the series, at the upper end of its uncertainty. The ratio of a change is that of the levels on both sides; its place was chosen for " +
	"being where they differ most, so it leans away from 1. Its interval takes runs as independent, and is too narrow where successive runs are alike."

// Trend is what tqbench trend writes as JSON.
type Trend struct {
	Version int    `json:"version"`
	Rule    string `json:"rule"`
	// Level and New are as in Options.
	Level float64    `json:"level"`
	New   int        `json:"new_runs"`
	Runs  []TrendRun `json:"runs"`
	// Skipped are folders with results that have no analysis.
	Skipped []string `json:"skipped"`
	// LeftOut are files below the folder that are no results, damaged, or there twice.
	LeftOut []LeftOut `json:"left_out"`
	// Series are in the order of the newest run's plan, then those that only older runs have.
	Series []Series `json:"series"`
}

// TrendRun is one run of a history, and what it has otherwise than the one before.
type TrendRun struct {
	Subject
	Differences []Difference `json:"differences"`
}

// Series is one metric of one cell over the runs.
type Series struct {
	Cell
	Metric         string `json:"metric"`
	Title          string `json:"title"`
	Unit           string `json:"unit"`
	HigherIsBetter bool   `json:"higher_is_better"`
	// Parts are what the runs ran on, in the order of their first runs. Changes are looked for within each part.
	Parts []Environment `json:"parts"`
	// Points are those of the runs that have the metric, in order.
	Points []TrendPoint `json:"points"`
	// ChangePoints are in the order of the parts.
	ChangePoints []ChangePoint `json:"change_points"`
	// LeftOut are the runs that asked something else than the newest, by their index in Runs, and Why is what the first of them asked
	// otherwise.
	LeftOut []int       `json:"left_out"`
	Why     *Difference `json:"why,omitempty"`
}

// Environment is what runs of a series must share to be compared. What another tool's result doesn't say is empty.
type Environment struct {
	CPU    string `json:"cpu"`
	Kernel string `json:"kernel"`
	// Broker is the product and version behind the series' cell.
	Broker  string `json:"broker"`
	Tqbench string `json:"tqbench"`
}

// environment is that of a cell's measurements.
func (r *Run) environment(c Cell) Environment {
	e := Environment{CPU: r.Machine.CPU, Kernel: r.Machine.Kernel, Tqbench: r.Tqbench.Version}
	for _, b := range r.Brokers {
		if b.Name == c.Broker {
			e.Broker = strings.TrimSpace(b.Product + " " + b.Version)
		}
	}
	return e
}

// TrendPoint is one run: its index in Runs, the median over its valid trials with its interval, their number, and its index in Parts.
type TrendPoint struct {
	Run    int     `json:"run"`
	Part   int     `json:"part"`
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	Trials int     `json:"trials"`
}

// ChangePoint is where a series changes its level.
type ChangePoint struct {
	// Run is the first run of the new level, by its index in Runs; Since is the last run of the old one.
	Run   int `json:"run"`
	Since int `json:"since"`
	// Sure is the run with which the change became sure. It stays the same as more runs come.
	Sure int `json:"sure"`
	// New tells whether that is one of the newest runs, as Options say.
	New bool `json:"new"`
	// Before and After are the medians of the points from the change before to this one, and from it to the next.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Ratio is after over before, nil where there is none.
	Ratio *stats.Interval `json:"ratio"`
	// P is the p-value of the comparison that made it sure, and Share is the part of the level that it had to be below.
	P     float64 `json:"p"`
	Share float64 `json:"share"`
	// Better tells whether the new level is the better one.
	Better bool `json:"better"`
	// Differences are what the run has otherwise than the one before it in the series.
	Differences []Difference `json:"differences"`
}

// Options are how changes are looked for.
type Options struct {
	// Level is how often a series without any change may show one over its whole life, above 0 and below 0.5.
	Level float64
	// New is how many of the newest runs are new: changes that became sure with one of them are.
	New int
}

func (o Options) check() error {
	switch {
	case o.New < 1:
		return fmt.Errorf("%w: %d new runs: at least 1 is allowed", ErrInput, o.New)
	case !(o.Level > 0 && o.Level < 0.5):
		return fmt.Errorf("%w: a level of %v: above 0 and below 0.5 is allowed", ErrInput, o.Level)
	}
	return nil
}

// Worse are the new changes for the worse, with their series.
func (t Trend) Worse() (series []Series, changes []ChangePoint) {
	for _, s := range t.Series {
		for _, c := range s.ChangePoints {
			if c.New && !c.Better {
				series, changes = append(series, s), append(changes, c)
			}
		}
	}
	return series, changes
}

// NewTrend follows each metric of each cell along the runs, which are in the order of time.
func NewTrend(h History, o Options) (Trend, error) {
	if err := o.check(); err != nil {
		return Trend{}, err
	}
	if len(h.Runs) == 0 {
		return Trend{}, fmt.Errorf("%w: no runs", ErrInput)
	}
	h.Runs = withPackages(h.Runs)
	t := Trend{
		Version: Version, Rule: trendRule, Level: o.Level, New: o.New,
		Runs: []TrendRun{}, Skipped: append([]string{}, h.Skipped...), LeftOut: append([]LeftOut{}, h.LeftOut...), Series: []Series{},
	}
	seen := map[Cell]bool{}
	var cells []Cell
	for i := range h.Runs {
		// Each list is the newest run's, with what older ones have besides.
		for _, c := range h.Runs[len(h.Runs)-1-i].cells {
			if !seen[c] {
				seen[c] = true
				cells = append(cells, c)
			}
		}
		d := []Difference{}
		if i > 0 {
			d = append(d, surroundings(h.Runs[i-1], h.Runs[i])...)
		}
		t.Runs = append(t.Runs, TrendRun{subject(h.Runs[i]), d})
	}
	for _, c := range cells {
		t.Series = append(t.Series, seriesOf(c, h.Runs, o)...)
	}
	return t, nil
}

// seriesOf follows the metrics of a cell along the runs that asked what the newest one with the cell did.
func seriesOf(c Cell, runs []*Run, o Options) []Series {
	var newest *Run
	for _, r := range runs {
		if r.has(c) {
			newest = r
		}
	}
	leftOut := []int{}
	var why *Difference
	alike := map[int]bool{}
	for i, r := range runs {
		if !r.has(c) {
			continue
		}
		if d := asked(r, newest, c); len(d) > 0 {
			leftOut = append(leftOut, i)
			if why == nil {
				why = &d[0]
			}
			continue
		}
		alike[i] = true
	}
	var out []Series
	for _, m := range metricsOf(c, runs...) {
		f, _ := figureIn(c, m, newest)
		if f.title == "" {
			f, _ = figureIn(c, m, runs...)
		}
		s := Series{
			Cell: c, Metric: m, Title: f.title, Unit: f.unit, HigherIsBetter: f.higherIsBetter,
			Parts: []Environment{}, Points: []TrendPoint{}, ChangePoints: []ChangePoint{}, LeftOut: leftOut, Why: why,
		}
		for i, r := range runs {
			if !alike[i] {
				continue
			}
			if e := sideOf(c, m, r); len(e.Values) > 0 {
				s.Points = append(s.Points, TrendPoint{Run: i, Part: s.part(r.environment(c)), Median: e.Estimate.Estimate, Low: e.Low, High: e.High, Trials: len(e.Values)})
			}
		}
		s.find(runs, o)
		out = append(out, s)
	}
	return out
}

// part is the index of an environment in Parts, where it is added if it is new.
func (s *Series) part(e Environment) int {
	i := slices.Index(s.Parts, e)
	if i < 0 {
		i = len(s.Parts)
		s.Parts = append(s.Parts, e)
	}
	return i
}

// find fills in the changes, part by part.
func (s *Series) find(runs []*Run, o Options) {
	for part := range s.Parts {
		var points []TrendPoint
		var medians []float64
		for _, p := range s.Points {
			if p.Part == part {
				points, medians = append(points, p), append(medians, p.Median)
			}
		}
		shifts := shift.Find(levels(s.Metric, medians), o.Level)
		for i, x := range shifts {
			from, to := 0, len(medians)
			if i > 0 {
				from = shifts[i-1].At
			}
			if i+1 < len(shifts) {
				to = shifts[i+1].At
			}
			before, after := medians[from:x.At], medians[x.At:to]
			c := ChangePoint{
				Run: points[x.At].Run, Since: points[x.At-1].Run, Sure: points[x.Sure].Run, Before: stats.Median(before), After: stats.Median(after),
				P: x.P, Share: x.Level, Differences: []Difference{},
			}
			c.New = c.Sure >= len(runs)-o.New
			c.Better = (c.After > c.Before) == s.HigherIsBetter
			if u, err := stats.CompareUnpaired(before, after); err == nil {
				c.Ratio = &u.Ratio
			}
			c.Differences = append(c.Differences, surroundings(runs[c.Since], runs[c.Run])...)
			s.ChangePoints = append(s.ChangePoints, c)
		}
	}
}

// nearlyNone is which share of a series' first value counts as nearly nothing.
const nearlyNone = 1e-3

// levels are the values on the scale on which they are compared: the plain one for a metric that may be nought or less, and logarithms for
// others. Values near nought have none, and go on along a straight line. A level depends on no later value: what is sure must stay so.
func levels(name string, values []float64) []float64 {
	if metric.MayBeZero(name) {
		return values
	}
	i := slices.IndexFunc(values, func(v float64) bool { return v != 0 })
	if i < 0 {
		return values
	}
	least := nearlyNone * math.Abs(values[i])
	out := make([]float64, len(values))
	for i, v := range values {
		if v >= least {
			out[i] = math.Log(v)
		} else {
			out[i] = math.Log(least) + v/least - 1
		}
	}
	return out
}
