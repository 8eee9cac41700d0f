package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// Alone is an arm that ran where the run compares nothing with it: its figures are shown all the same.
type Alone struct {
	Group
	ID, Title string
	Rows      []aloneRow
	Tags      string
}

// aloneRow is a figure in words.
type aloneRow struct {
	SideFigure
	Label, Direction string
	Trials           int
	// Why says what keeps all of its trials out of verdicts, or nothing.
	Why string
}

// loneFigures are the figures of the arms that no comparison has, by what their trials measured.
func loneFigures(a analysis.Analysis) []SideFigure {
	compared := map[suite.Key]bool{}
	for _, c := range a.Comparisons {
		compared[suite.KeyOf(c.Scenario, c.Broker, ArmName(c.Baseline))] = true
		compared[suite.KeyOf(c.Scenario, c.Broker, ArmName(c.Candidate))] = true
	}
	var places []suite.Key
	rows := map[suite.Key][]analysis.TrialRow{}
	for _, t := range a.Trials {
		p := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
		if compared[p] || !t.Done() {
			continue
		}
		if rows[p] == nil {
			places = append(places, p)
		}
		rows[p] = append(rows[p], t)
	}
	var out []SideFigure
	for _, p := range places {
		for _, metric := range metricsIn(rows[p]) {
			out = append(out, loneFigure(rows[p], metric))
		}
	}
	return out
}

// metricsIn are the metrics of trials, in the order in which reports show them.
func metricsIn(rows []analysis.TrialRow) []string {
	var out []string
	for _, r := range rows {
		for m := range r.Metrics {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	slices.SortStableFunc(out, func(x, y string) int { return metric.Rank(x) - metric.Rank(y) })
	return out
}

// loneFigure sums up a metric of the trials of one arm.
func loneFigure(rows []analysis.TrialRow, of string) SideFigure {
	first := rows[0]
	var values, out []float64
	for _, r := range rows {
		v, ok := r.Metrics[of]
		switch {
		case !ok:
		case len(analysis.KeptOutBy(r.Trial, of)) > 0:
			out = append(out, v)
		default:
			values = append(values, v)
		}
	}
	f := SideFigure{Scenario: first.Scenario, Broker: first.Broker, Metric: of, Title: of, Defaults: first.Defaults, lone: true}
	if known, ok := metric.Named(of); ok {
		f.Title, f.Unit, f.Higher = known.Title, known.Unit, known.HigherIsBetter
	}
	f.Estimate = analysis.Level(suite.Arm{Name: first.Arm, Contender: first.Contender}, values, out)
	return f
}

// Comparison is the figure as the baseline of a comparison that has no other side.
func (f SideFigure) Comparison() analysis.Comparison {
	return analysis.Comparison{Scenario: f.Scenario, Broker: f.Broker, Metric: f.Metric, Title: f.Title, Unit: f.Unit, HigherIsBetter: f.Higher,
		Defaults: f.Defaults, Baseline: f.Estimate}
}

// aloneOf lists the arms that were compared with nothing, each with its figures.
func aloneOf(a analysis.Analysis) []Alone {
	known := productsOf(a)
	var out []Alone
	for _, f := range loneFigures(a) {
		i := slices.IndexFunc(out, func(x Alone) bool {
			return x.Scenario == f.Scenario && x.Broker == f.Broker && x.Base == ArmName(f.Estimate)
		})
		if i < 0 {
			i = len(out)
			g := Group{Load: known.Load(f.Scenario), Scenario: f.Scenario, Broker: f.Broker, product: known.Name(f.Broker), Defaults: f.Defaults, Base: ArmName(f.Estimate)}
			out = append(out, Alone{Group: g, ID: fmt.Sprintf("alone-%d", i+1), Title: fmt.Sprintf("%s: %s", text.Upper(g.Place()), Name(g.Base))})
		}
		c := f.Comparison()
		row := aloneRow{SideFigure: f, Label: MetricLabel(c), Direction: direction(c), Trials: len(Shown(f.Estimate))}
		if Spoiled(f.Estimate) {
			row.Why = keptOutWhy(a, f)
		}
		out[i].Rows = append(out[i].Rows, row)
	}
	return out
}

// keptOutWhy are the flags that keep the trials of a lone figure out, with what the first of each says.
func keptOutWhy(a analysis.Analysis, f SideFigure) string {
	c := f.Comparison()
	for _, t := range a.Trials {
		if t.Scenario != f.Scenario || t.Broker != f.Broker || t.Arm != f.Arm {
			continue
		}
		for _, x := range t.Flags {
			if x.Invalidates(f.Metric) {
				c.Flags = append(c.Flags, analysis.Flagged{Trial: t.ID, Arm: t.Arm, Code: x.Code, Detail: x.Detail, Excluded: true, Fact: x.Fact})
			}
		}
	}
	why, _ := spoiledWhy(c, f.Arm)
	return why
}

// Bars is the arm as a group of comparisons that have one side.
func (l Alone) Bars() Group {
	g := l.Group
	for _, r := range l.Rows {
		g.Compared = append(g.Compared, r.Comparison())
	}
	return g
}

// Whys are the reasons why figures don't count, each once.
func (l Alone) Whys() []string {
	var out []string
	for _, r := range l.Rows {
		if r.Why != "" && !slices.Contains(out, r.Why) {
			out = append(out, r.Why)
		}
	}
	return out
}

// Words is the figure with its interval.
func (r aloneRow) Words() string {
	out := SideWords(r.Estimate)
	if r.Trials == 1 {
		return out + ", one trial"
	}
	return fmt.Sprintf("%s (%s)", out, number.Span(r.Low, r.High))
}

// AloneNote introduces the figures of such an arm.
const AloneNote = "This run compares nothing with it. Median over trials, with its interval."

// aloneWords names the figures that a run of one arm opens with.
func aloneWords(a analysis.Analysis) string {
	var out []string
	for _, l := range aloneOf(a) {
		r := l.Rows[0]
		out = append(out, fmt.Sprintf("%s on %s: %s %s", Name(l.Base), Name(l.product), text.Lower(Sentence(r.Title)),
			strings.TrimSpace(r.Words()+" "+Name(r.Unit))))
	}
	const most = 4
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more below", len(out)-most))
	}
	return strings.Join(out, "; ")
}
