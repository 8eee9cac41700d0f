package view

import (
	"fmt"
	"math"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// sweep is one scenario on one broker along its points, for one metric: the arms next to each other.
type sweep struct {
	ID, Title, Metric, Label, Direction string
	// Tags are what the sweep is filtered by.
	Tags string
	// First is the point that ratios are to, Along what the points are.
	First   string
	Along   string
	Arms    []string
	Rows    []sweepRow
	Unit    string
	Caption string
	// Scaling is the knee of each arm; nil if the sweep is no throughput along numbers of workers.
	Scaling *Scaling

	Scenario, Broker, MetricName string
	Defaults                     bool
	arms                         []analysis.Sweep
}

type sweepRow struct {
	At    string
	Cells []sweepCell
}

type sweepCell struct {
	analysis.SweepPoint
	Trials int
	// First is true for the point that ratios are to.
	First bool
}

// sweepsOf groups the run's sweeps by scenario, broker and metric, in the analysis' order.
func sweepsOf(a analysis.Analysis) []sweep {
	known := productsOf(a)
	var out []sweep
	for _, s := range a.Sweeps {
		if len(s.Points) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(x sweep) bool {
			return x.Scenario == s.Scenario && x.Broker == s.Broker && x.MetricName == s.Metric && x.Defaults == s.Defaults &&
				len(x.arms[0].Points) == len(s.Points)
		})
		if i < 0 {
			i = len(out)
			g := Group{Load: known.Load(s.Scenario), Scenario: s.Scenario, product: known.Name(s.Broker), Defaults: s.Defaults}
			c := analysis.Comparison{Metric: s.Metric, Title: s.Title, Unit: s.Unit, HigherIsBetter: s.HigherIsBetter}
			out = append(out, sweep{
				ID: fmt.Sprintf("sweep-%d", i+1), Title: g.Place(), Metric: MetricTitle(c), Label: MetricLabel(c), Direction: direction(c),
				First: Name(s.Points[0].At), Scenario: s.Scenario, Broker: s.Broker, MetricName: s.Metric, Defaults: s.Defaults,
			})
		}
		out[i].arms = append(out[i].arms, s)
	}
	for i := range out {
		out[i].fill()
	}
	return out
}

// fill makes the table and the chart of the arms.
func (s *sweep) fill() {
	for i, p := range s.arms[0].Points {
		s.Rows = append(s.Rows, sweepRow{At: Name(p.At)})
		for _, arm := range s.arms {
			p := arm.Points[i]
			s.Rows[i].Cells = append(s.Rows[i].Cells, sweepCell{SweepPoint: p, Trials: len(Shown(p.Estimate)), First: i == 0})
		}
	}
	for _, arm := range s.arms {
		s.Arms = append(s.Arms, Name(arm.Arm))
	}
	s.Along = "point of the sweep"
	s.Unit = Name(s.arms[0].Unit)
	s.Caption = "Marks: median over trials. Whiskers: interval, of fewer than six trials their range. " + s.counts()
	if s.arms[0].Ordered {
		s.Caption += " Lines lead from point to point where only one of processes and concurrency changes."
	}
	if slices.ContainsFunc(s.arms, func(x analysis.Sweep) bool {
		return slices.ContainsFunc(x.Points, func(p analysis.SweepPoint) bool { return Spoiled(p.Estimate) })
	}) {
		s.Caption += " Dashed marks are of trials that don't count."
	}
}

// Points are the names of the points.
func (s sweep) Points() []string {
	var out []string
	for _, r := range s.Rows {
		out = append(out, r.At)
	}
	return out
}

// Series are the arms as marks, each of which has its arm's name.
func (s sweep) Series() []mark.Series {
	var out []mark.Series
	for n, arm := range s.arms {
		line := mark.Series{Name: Name(arm.Arm), Side: sweepSide(n)}
		for i, p := range arm.Points {
			line.Points = append(line.Points, barMark(line.Name, line.Side, p.Estimate))
			if s.Scaling != nil && p.Processes == s.Scaling.kneeAt(arm.Arm) {
				line.Ring = i + 1
			}
			joined := i > 0 && arm.Ordered
			if joined {
				before := arm.Points[i-1]
				joined = p.Processes == before.Processes || p.Concurrency == before.Concurrency
			}
			line.Joined = append(line.Joined, joined)
		}
		out = append(out, line)
	}
	return out
}

// sweepSide is the colour of the n-th arm: the baseline's, the candidate's, and for all others the neutral one.
func sweepSide(n int) mark.Side {
	switch n {
	case 0:
		return mark.Baseline
	case 1:
		return mark.Candidate
	}
	return mark.Neutral
}

// wideKinds is the ratio of the largest value to the smallest above which kinds of things share no axis from zero: all but
// the largest would lie at its foot.
const wideKinds = 30

// Wide tells whether the chart needs a logarithmic axis. Sizes of one thing have none, and neither has a rate: there it is
// lengths that are compared.
func (s sweep) Wide() bool {
	low, high := math.Inf(1), 0.0
	for _, arm := range s.arms {
		for _, p := range arm.Points {
			if len(Shown(p.Estimate)) > 0 {
				low, high = math.Min(low, p.Estimate.Estimate), math.Max(high, p.Estimate.Estimate)
			}
		}
	}
	return !s.arms[0].Ordered && !s.arms[0].HigherIsBetter && high > wideKinds*low
}

// counts says how many trials are behind a mark.
func (s sweep) counts() string {
	low, high := -1, 0
	for _, r := range s.Rows {
		for _, c := range r.Cells {
			if c.Trials > 0 && (low < 0 || c.Trials < low) {
				low = c.Trials
			}
			high = max(high, c.Trials)
		}
	}
	noun := "trials"
	if high == 1 {
		noun = "trial"
	}
	return fmt.Sprintf("n = %s %s a mark.", CountRange(max(low, 0), high), noun)
}

// sweepRule says what the ratios of a sweep are.
func sweepRule(a analysis.Analysis) string {
	return "How each arm changes along the points of a scenario. The ratio is to the first point of the same arm: the geometric mean of the " +
		"ratios by block, with Student's interval at " + number.Percent(a.Method.Confidence) + ". It describes; no verdict is made of it, and it is " +
		"not corrected for the number of points."
}
