package regress

import (
	"fmt"
	"math"

	"github.com/tqbench/tqbench/stats"
)

// trendRule says in words what a trend shows.
const trendRule = "Each run is one point: the median of its valid trials. Change points are those of E-divisive with Student's t-test on " +
	"the points (on their logarithms where all are above zero), with at least four runs on each side. A series without any change " +
	"shows one at most as often as the level says. The ratio of a change point is that of the levels on both sides; its place " +
	"was chosen for being where they differ most, so it leans away from 1."

// Trend is what tqbench trend writes as JSON.
type Trend struct {
	Version int    `json:"version"`
	Rule    string `json:"rule"`
	// Window and Level are as in Options.
	Window int        `json:"window"`
	Level  float64    `json:"level"`
	Runs   []TrendRun `json:"runs"`
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
	// Points are those of the runs that have the metric, in order.
	Points       []TrendPoint  `json:"points"`
	ChangePoints []ChangePoint `json:"change_points"`
	// LeftOut are the runs that asked something else than the newest, by their index in Runs, and Why is what the first of them asked
	// otherwise.
	LeftOut []int       `json:"left_out"`
	Why     *Difference `json:"why,omitempty"`
}

// TrendPoint is one run: its index in Runs, the median over its valid trials with its interval, and their number.
type TrendPoint struct {
	Run    int     `json:"run"`
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
	// Before and After are the medians of the points from the change point before to this one, and from it to the next.
	Before float64 `json:"before"`
	After  float64 `json:"after"`
	// Ratio is after over before, nil where there is none.
	Ratio *stats.Interval `json:"ratio"`
	// P is that of Student's t-test between the two levels, CorrectedP the same times the number of places where a change
	// point could be, at most 1.
	P          float64 `json:"p"`
	CorrectedP float64 `json:"corrected_p"`
	// Better tells whether the new level is the better one.
	Better bool `json:"better"`
	// Differences are what the run has otherwise than the one before it in the series.
	Differences []Difference `json:"differences"`
}

// Options are how change points are looked for.
type Options struct {
	// Window is how many runs are looked at together, at least twice the four that a level needs.
	Window int
	// Level is how often a series without any change may show one, above 0 and below 0.5.
	Level float64
}

func (o Options) check() error {
	switch {
	case o.Window < 2*minSegment || o.Window > 10_000:
		return fmt.Errorf("%w: a window of %d runs: from %d to 10000 is allowed", ErrInput, o.Window, 2*minSegment)
	case !(o.Level > 0 && o.Level < 0.5):
		return fmt.Errorf("%w: a level of %v: above 0 and below 0.5 is allowed", ErrInput, o.Level)
	}
	return nil
}

// NewTrend follows each metric of each cell along the runs, which are in the order of time.
func NewTrend(h History, o Options) (Trend, error) {
	if err := o.check(); err != nil {
		return Trend{}, err
	}
	if len(h.Runs) == 0 {
		return Trend{}, fmt.Errorf("%w: no runs", ErrInput)
	}
	t := Trend{
		Version: Version, Rule: trendRule, Window: o.Window, Level: o.Level,
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
			Points: []TrendPoint{}, ChangePoints: []ChangePoint{}, LeftOut: leftOut, Why: why,
		}
		for i, r := range runs {
			if !alike[i] {
				continue
			}
			if e := sideOf(c, m, r); len(e.Values) > 0 {
				s.Points = append(s.Points, TrendPoint{Run: i, Median: e.Estimate.Estimate, Low: e.Low, High: e.High, Trials: len(e.Values)})
			}
		}
		s.find(runs, o)
		out = append(out, s)
	}
	return out
}

// find fills in the change points.
func (s *Series) find(runs []*Run, o Options) {
	medians := make([]float64, len(s.Points))
	for i, p := range s.Points {
		medians[i] = p.Median
	}
	scale := levels(medians)
	points := changePoints(scale, o.Window, o.Level)
	for i, at := range points {
		from, to := neighbours(points, i, len(medians))
		c := ChangePoint{
			Run: s.Points[at].Run, Since: s.Points[at-1].Run,
			Before: stats.Median(medians[from:at]), After: stats.Median(medians[at:to]),
			P: significance(scale[from:at], scale[at:to]), Differences: []Difference{},
		}
		c.CorrectedP = min(1, c.P*float64(places(len(scale))))
		c.Better = (c.After > c.Before) == s.HigherIsBetter
		if u, err := stats.CompareUnpaired(medians[from:at], medians[at:to]); err == nil {
			c.Ratio = &u.Ratio
		}
		c.Differences = append(c.Differences, surroundings(runs[c.Since], runs[c.Run])...)
		s.ChangePoints = append(s.ChangePoints, c)
	}
}

// levels are the values on the scale on which they are compared: logarithms, where all have one.
func levels(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		if v <= 0 {
			return values
		}
		out[i] = math.Log(v)
	}
	return out
}
