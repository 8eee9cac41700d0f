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

// OrderTitle is what the table is called everywhere.
const OrderTitle = "Order of finish"

// orderPrefix begins the ids of the tables.
const orderPrefix = "order-"

// Ranking is three sides or more of one scenario on one broker: a row a side, the best in the first metric first, and a column
// a metric that decides.
type Ranking struct {
	// group has the place, and neither sides nor comparisons.
	Group
	ID, Title, Tags string
	Columns         []RankingColumn
	Rows            []rankingRow
	// Note explains the table in a sentence, and Remarks say what it leaves out and what is to be known of its sides.
	Note    string
	Remarks []string
	// Answer is the choice in words, Take the same in a few.
	Answer, Take string
	// Pairs are what places and letters are made of.
	Pairs []rankingPairs

	Orders  []analysis.Order
	choice  analysis.Choice
	classes []class
	margin  float64
}

// class is sides that promise the same: one beats another only within it.
type class struct {
	delivery string
	arms     []string
}

type RankingColumn struct{ Name, Label, Unit, Direction string }

type rankingRow struct {
	// Arm is the side as the analysis has it, Name as it is shown.
	Arm, Name, Tags string
	Cells           []RankingCell
}

// RankingCell is a side's figure in one metric. Place is 0 where it has no value that counts.
type RankingCell struct {
	analysis.Finisher
	Unit string
	// Measured is true where there is a figure, and Spoiled where no trial of it counts. Lead marks the first of those that an
	// order parts.
	Measured, Spoiled, Lead bool
	Trials                  int
}

// rankingPairs are the pairs of one metric.
type rankingPairs struct {
	Title, Direction string
	Rows             []rankingPair
}

type rankingPair struct {
	analysis.Pair
	First, Second, Word, Symbol string
	// Uncounted is why the pair is in no choice, or nothing.
	Uncounted string
	HasRatio  bool
	Tags      string
}

// rankingsOf lays out the orders of finish, a table a place. Runs of two sides have none.
func rankingsOf(a analysis.Analysis) []Ranking {
	known := productsOf(a)
	var out []Ranking
	ids := Unique{}
	for _, o := range a.Orders {
		i := slices.IndexFunc(out, func(r Ranking) bool {
			return r.Scenario == o.Scenario && r.Broker == o.Broker && r.Defaults == o.Defaults
		})
		if i < 0 {
			i = len(out)
			r := Ranking{Group: Group{Load: known.Load(o.Scenario), Scenario: o.Scenario, Broker: o.Broker, product: known.Name(o.Broker), Defaults: o.Defaults}}
			r.ID, r.Title = ids.Name(orderPrefix+Slug(o.Scenario+" "+o.Broker)), text.Upper(r.Place())
			if k := slices.IndexFunc(a.Choices, func(c analysis.Choice) bool { return c.Scenario == o.Scenario && c.Broker == o.Broker }); k >= 0 {
				r.choice = a.Choices[k]
			}
			out = append(out, r)
		}
		out[i].Orders = append(out[i].Orders, o)
	}
	tags := NewTagger(a)
	for i := range out {
		out[i].fill(a, tags)
	}
	return out
}

// rankingAt finds the orders of finish of a place.
func rankingAt(rs []Ranking, scenario, broker string, defaults bool) (Ranking, bool) {
	for _, r := range rs {
		if r.Scenario == scenario && r.Broker == broker && r.Defaults == defaults {
			return r, true
		}
	}
	return Ranking{}, false
}

// unranked are the groups that no order of finish covers.
func unranked(gs []Group, rs []Ranking) []Group {
	var out []Group
	for _, g := range gs {
		if _, ok := rankingAt(rs, g.Scenario, g.Broker, g.Defaults); !ok {
			out = append(out, g)
		}
	}
	return out
}

// young tells whether an order has too few blocks for a verdict on any pair: its places would say nothing.
func young(o analysis.Order) bool {
	enough := 0
	for _, f := range o.Sides {
		if len(f.Estimate.Values) >= suite.MinBlocks {
			enough++
		}
	}
	return enough < 2
}

func (r *Ranking) fill(a analysis.Analysis, tags Tagger) {
	for _, o := range r.Orders {
		c := metricOf(o)
		r.Columns = append(r.Columns, RankingColumn{MetricTitle(c), MetricLabel(c), Name(o.Unit), direction(c)})
	}
	for _, arm := range r.arms() {
		row := rankingRow{Arm: arm, Name: Name(arm), Tags: tags.Side(r.Scenario, r.Broker, arm)}
		measured := false
		for _, o := range r.Orders {
			cell := RankingCell{Unit: Name(o.Unit)}
			if i := slices.IndexFunc(o.Sides, func(f analysis.Finisher) bool { return f.Arm == arm }); i >= 0 {
				cell.Finisher = o.Sides[i]
				// Letters are of others, too, where the file is.
				cell.Letters = Name(cell.Letters)
				if young(o) {
					cell.Place, cell.Letters = 0, ""
				}
				cell.Trials = len(Shown(cell.Estimate))
				cell.Measured, cell.Spoiled = cell.Trials > 0, Spoiled(cell.Estimate)
				cell.Lead = cell.Place == 1 && slices.ContainsFunc(o.Sides, func(f analysis.Finisher) bool { return f.Place > 1 })
			}
			measured = measured || cell.Measured
			row.Cells = append(row.Cells, cell)
		}
		if measured {
			r.Rows = append(r.Rows, row)
		}
	}
	var own []analysis.Cell
	for _, c := range a.Cells {
		if c.Scenario == r.Scenario && c.Broker == r.Broker {
			own = append(own, c)
		}
	}
	r.classes = r.classify(own)
	// Who looks for a side alone learns here, too, why it isn't in the table.
	who := r.arms()
	for _, c := range own {
		if !slices.Contains(who, c.Arm) {
			who = append(who, c.Arm)
		}
	}
	r.Tags = tags.Of(r.Scenario, r.Broker, who...)
	r.Note = r.explain()
	r.Remarks = append(r.hereWords(), r.remarks(a, own)...)
	r.margin = a.Method.Margin
	r.Answer, r.Take = r.answerWords(), r.takeWords()
	for _, o := range r.Orders {
		ps := rankingPairs{Title: MetricTitle(metricOf(o)), Direction: direction(metricOf(o))}
		for _, p := range o.Pairs {
			c := metricOf(o)
			c.Verdict, c.Grade = p.Verdict, p.Grade
			ps.Rows = append(ps.Rows, rankingPair{Pair: p, First: Name(p.First), Second: Name(p.Second), Word: VerdictWord(c), Uncounted: promised(p.NotCounted, p.First, p.Second),
				Symbol: VerdictSymbol(p.Verdict), HasRatio: p.Ratio.Confidence > 0 && !metric.MayBeZero(o.Metric), Tags: tags.Side(r.Scenario, r.Broker, p.First, p.Second)})
		}
		r.Pairs = append(r.Pairs, ps)
	}
}

// metricOf is an order's metric as the words on metrics take it.
func metricOf(o analysis.Order) analysis.Comparison {
	return analysis.Comparison{Metric: o.Metric, Title: o.Title, Unit: o.Unit, HigherIsBetter: o.HigherIsBetter, Defaults: o.Defaults}
}

// arms are the sides, ranked by the first metric in which they have a value.
func (r Ranking) arms() []string {
	var ranked, rest []string
	for _, o := range r.Orders {
		for _, f := range o.Sides {
			switch {
			case slices.Contains(ranked, f.Arm):
			case f.Place > 0:
				ranked = append(ranked, f.Arm)
			case !slices.Contains(rest, f.Arm):
				rest = append(rest, f.Arm)
			}
		}
	}
	return append(ranked, slices.DeleteFunc(rest, func(arm string) bool { return slices.Contains(ranked, arm) })...)
}

// classify sorts the sides by what they promise. As installed, the difference is what the user asked for.
func (r Ranking) classify(cells []analysis.Cell) []class {
	var out []class
	for _, arm := range r.arms() {
		delivery := ""
		if i := slices.IndexFunc(cells, func(c analysis.Cell) bool { return c.Arm == arm }); i >= 0 && !r.Defaults {
			delivery = cells[i].Delivery
		}
		i := slices.IndexFunc(out, func(c class) bool { return c.delivery == delivery })
		if i < 0 {
			i = len(out)
			out = append(out, class{delivery: delivery})
		}
		out[i].arms = append(out[i].arms, arm)
	}
	return out
}

// words are what the class promises.
func (c class) words() string {
	if c.delivery == "" {
		return "delivery not stated"
	}
	return Name(c.delivery)
}

// does says the same as a part of a sentence: that a side delivers at least once, or states nothing of it.
func (c class) does(delivers, states string) string {
	if c.delivery == "" {
		return states + " no delivery"
	}
	return delivers + " " + Name(c.delivery)
}

// aloneWords are the words on a class of one side, which no other is compared with.
func (c class) aloneWords() string { return fmt.Sprintf("%s alone %s", Name(c.arms[0]), c.do()) }

// do is the same for all sides of the class.
func (c class) do() string {
	if len(c.arms) == 1 {
		return c.does("delivers", "states")
	}
	return c.does("deliver", "state")
}

// explain says what places and letters mean.
func (r Ranking) explain() string {
	family := 0
	for _, o := range r.Orders {
		family = max(family, o.Family)
	}
	corrected := ""
	if family > 0 {
		corrected = fmt.Sprintf(" (Holm's correction over %s)", number.Plural(family, "pair"))
	}
	return "A place is one more than how many sides are surely better; sides that share a letter are not surely different" + corrected + "."
}

// hereWords says how many differences hold only as measured here, and names them where they are few.
func (r Ranking) hereWords() []string {
	const most = 3
	parted, here := 0, 0
	var which []string
	for _, o := range r.Orders {
		for _, p := range o.Pairs {
			if p.Verdict != analysis.Faster && p.Verdict != analysis.Slower {
				continue
			}
			parted++
			if p.Grade == analysis.GradeHere {
				here++
				better, worse := p.First, p.Second
				if p.Verdict == analysis.Slower {
					better, worse = worse, better
				}
				which = append(which, fmt.Sprintf("%s before %s in %s", Name(better), Name(worse), text.Lower(MetricTitle(metricOf(o)))))
			}
		}
	}
	if here == 0 {
		return nil
	}
	hold := "hold"
	if here == 1 {
		hold = "holds"
	}
	out := fmt.Sprintf("%d of %s %s only%s", here, number.Plural(parted, "difference"), hold, AsMeasured)
	if here <= most {
		out += ": " + strings.Join(which, "; ")
	}
	return []string{out + "."}
}

// remarks say what the sides promise, and of each cell that isn't simply measured why.
func (r Ranking) remarks(a analysis.Analysis, cells []analysis.Cell) []string {
	var out []string
	// together has one line for all sides of which the same is to be said.
	together := func(of func(analysis.Cell) string) {
		var words []string
		arms := map[string][]string{}
		for _, c := range cells {
			if s := of(c); s != "" {
				if arms[s] == nil {
					words = append(words, s)
				}
				arms[s] = append(arms[s], Name(c.Arm))
			}
		}
		for _, s := range words {
			out = append(out, fmt.Sprintf("%s: %s.", text.List(arms[s]), strings.TrimSuffix(s, ".")))
		}
	}
	if s := r.promiseWords(); s != "" {
		out = append(out, s)
	}
	together(func(c analysis.Cell) string { return Sentence(c.Caveat) })
	together(func(c analysis.Cell) string {
		why := Sentence(WhyOf(a, c))
		switch {
		case c.Status == analysis.CellMeasured && why == "":
			return ""
		case c.Status == analysis.CellMeasured:
			return why
		case c.Status == "":
			return "status not stated, " + why
		}
		return Name(c.Status) + ", " + why
	})
	return out
}

// promiseWords says what the sides promise.
func (r Ranking) promiseWords() string {
	if len(r.classes) == 0 {
		return ""
	}
	if len(r.classes) == 1 {
		if r.classes[0].delivery == "" {
			return ""
		}
		return fmt.Sprintf("All %s.", r.classes[0].does("deliver", "state"))
	}
	var parts []string
	for i, c := range r.classes {
		who := text.List(names(c.arms))
		if i > 0 && i == len(r.classes)-1 && len(c.arms) > 1 {
			who = "the others"
		}
		parts = append(parts, who+" "+c.do())
	}
	return strings.Join(parts, ", ") + ": a side is taken only before others that promise the same."
}

func names(arms []string) []string {
	var out []string
	for _, a := range arms {
		out = append(out, Name(a))
	}
	return out
}
