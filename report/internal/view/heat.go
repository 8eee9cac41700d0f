package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// heatSteps are the ratios from which on a colour is deeper.
var heatSteps = [...]float64{1.05, 1.25, 2, 5}

// step is how deep the colour of a ratio is, from 0 near 1 to the number of heatSteps.
func step(ratio float64) int {
	if ratio <= 0 || math.IsInf(ratio, 0) || math.IsNaN(ratio) {
		return 0
	}
	far := max(ratio, 1/ratio)
	n := 0
	for n < len(heatSteps) && far >= heatSteps[n] {
		n++
	}
	return n
}

// stepOf is how deep the colour of a comparison is: that of its ratio, and the lightest where none says anything.
func stepOf(c analysis.Comparison) int {
	if !HasRatio(c) {
		return 0
	}
	return step(c.Ratio.Estimate)
}

// unsure tells whether a verdict can't be counted on elsewhere: it is open, or holds only as measured here.
func unsure(verdict, grade string) bool {
	return verdict == analysis.Undecided || grade == analysis.GradeHere
}

// Firsts is the table of who comes first: a row a scenario and a column a broker. It is of orders of finish, which runs of
// three sides or more have.
type Firsts struct {
	Columns []matrixHead
	Rows    []firstsRow
}

type firstsRow struct {
	matrixHead
	Cells []firstsCell
}

// firstsCell has who is first in each metric that decides. Its ID is that of the order of finish; where there is none, it
// is empty.
type firstsCell struct {
	ID, Tags string
	Metrics  []First
}

// First is who is first in one metric.
type First struct {
	// Metric is its title, Who names the sides that no other is surely better than, and Detail has their figures.
	Metric, Who, Detail string
	// Ahead is true where one side alone is first, and Ratio is how many times better it is than the next; 0 where no ratio says that.
	Ahead bool
	Ratio float64
	// Step is how deep its colour is. Unsure is true where no side is surely first.
	Step   int
	Unsure bool
}

// firstsOf lays out the orders of finish, and with them the places at which two sides alone were compared. A run without any
// order has none.
func firstsOf(a analysis.Analysis, tags Tagger, rs []Ranking, sections []Section) Firsts {
	var out Firsts
	if len(rs) == 0 {
		return out
	}
	known := productsOf(a)
	var places []suite.Place
	for _, x := range sections {
		places = append(places, suite.At(x.Scenario, x.Broker))
	}
	for _, r := range rs {
		places = append(places, suite.At(r.Scenario, r.Broker))
	}
	scenarios, brokers := tags.axes(places)
	for _, b := range brokers {
		out.Columns = append(out.Columns, matrixHead{Name(known.Name(b)), tags.Of("", b)})
	}
	for _, s := range scenarios {
		row := firstsRow{matrixHead: matrixHead{known.Load(s), tags.Of(s, "")}}
		for _, b := range brokers {
			cell := firstsCell{Tags: tags.Of(s, b)}
			for _, r := range rs {
				if r.Scenario == s && r.Broker == b && cell.ID == "" {
					cell.ID, cell.Metrics = r.ID, r.firstInEach()
				}
			}
			for _, x := range sections {
				if x.Scenario == s && x.Broker == b && cell.ID == "" {
					cell.ID, cell.Metrics = x.ID, x.firstInEach()
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// firstInEach is who is first in each metric that decides.
func (r Ranking) firstInEach() []First {
	var out []First
	for _, o := range r.Orders {
		lead, in := leaders(o, r.arms(), false), valued(o, r.arms())
		f := First{Metric: text.Lower(MetricTitle(metricOf(o))), Unsure: true}
		var figures []string
		for _, x := range in {
			figures = append(figures, strings.TrimSpace(fmt.Sprintf("%s %s %s", Name(x.Arm), number.Short(x.Estimate.Estimate), Name(o.Unit))))
		}
		f.Detail = strings.Join(figures, "; ")
		switch {
		case len(in) == 0:
			f.Who = "no figure"
		case len(in) == 1:
			f.Who = Name(in[0].Arm) + " alone"
		case young(o):
			f.Who = Name(in[0].Arm) + " so far"
		case len(lead) == 0 || len(lead) == len(in):
			f.Who = "none surely"
		case len(lead) > 1:
			f.Who = few(armsOf(lead), "or")
		default:
			f.Who, f.Ahead, f.Ratio = Name(lead[0].Arm), true, lengthAhead(o, lead[0], in)
			f.Step = max(step(f.Ratio), 1)
			f.Unsure = !slices.Equal(armsOf(lead), armsOf(leaders(o, r.arms(), true)))
		}
		out = append(out, f)
	}
	return out
}

// firstInEach is who is ahead in each metric that decides, of a place with two sides.
func (s Section) firstInEach() []First {
	var out []First
	for _, c := range s.Comparisons {
		if !c.Deciding && c.Uncounted == "" {
			continue
		}
		f := First{Metric: text.Lower(c.Name), Detail: c.Hover(), Unsure: c.Unsure, Who: "none surely"}
		switch {
		case c.Uncounted != "":
			f.Who, f.Unsure, f.Detail = "promises differ", true, c.Uncounted
		case c.Verdict == analysis.NoData:
			f.Who, f.Unsure = "no comparison", true
		case Winner(c.Comparison) == mark.Candidate:
			f.Who = c.CandidateName
		case Winner(c.Comparison) == mark.Baseline:
			f.Who = c.BaselineName
		case c.Verdict == analysis.Equivalent:
			f.Who = "either"
		}
		if Winner(c.Comparison) != mark.Neutral {
			f.Ahead, f.Step = true, max(c.Step, 1)
			if c.HasRatio {
				f.Ratio = max(c.Ratio.Estimate, 1/c.Ratio.Estimate)
			}
		}
		out = append(out, f)
	}
	return out
}

// lengthAhead is how many times better a side is than the best of the others; 0 where a figure isn't above zero, or needn't be.
func lengthAhead(o analysis.Order, first analysis.Finisher, in []analysis.Finisher) float64 {
	best := 0.0
	if metric.MayBeZero(o.Metric) {
		return best
	}
	for _, x := range in {
		if x.Arm == first.Arm || x.Estimate.Estimate <= 0 || first.Estimate.Estimate <= 0 {
			continue
		}
		ratio := first.Estimate.Estimate / x.Estimate.Estimate
		if !o.HigherIsBetter {
			ratio = 1 / ratio
		}
		if best == 0 || ratio < best {
			best = ratio
		}
	}
	return best
}
