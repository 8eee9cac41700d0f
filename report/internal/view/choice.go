package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// outcome is what the orders of finish of a place come to, among sides that promise the same.
type outcome int

const (
	// answerNone: no side has a value that counts.
	answerNone outcome = iota
	// answerOne: one alone has.
	answerOne
	// answerOpen: no verdict parts two of them.
	answerOpen
	// answerAlike: all of them are equivalent in all metrics.
	answerAlike
	// answerFirst: no other side is surely better than these in any metric.
	answerFirst
	// answerUnbeaten: whoever is surely better than this one in a metric is surely worse in another.
	answerUnbeaten
	// answerDepends: sides are ahead in different metrics.
	answerDepends
)

// answer is that outcome with its sides.
type answer struct {
	outcome
	// sides are those to take, or that are alike.
	sides []string
	// here is true where it holds only as measured here.
	here bool
	// blocks is how many blocks there are, and n how many sides have a value.
	blocks, n int
}

// beaten tells whether another one of arms is surely better than arm in an order, by sure verdicts alone or by all.
func beaten(o analysis.Order, arm string, arms []string, sure bool) bool {
	return slices.ContainsFunc(o.Pairs, func(p analysis.Pair) bool {
		if p.NotCounted.Differ() || sure && p.Grade != analysis.GradeSure {
			return false
		}
		return p.Verdict == analysis.Faster && p.Second == arm && slices.Contains(arms, p.First) ||
			p.Verdict == analysis.Slower && p.First == arm && slices.Contains(arms, p.Second)
	})
}

// valued are the sides among arms that have a value in an order.
func valued(o analysis.Order, arms []string) []analysis.Finisher {
	var out []analysis.Finisher
	for _, f := range o.Sides {
		if f.Place > 0 && slices.Contains(arms, f.Arm) {
			out = append(out, f)
		}
	}
	return out
}

// leaders are the sides among arms that none of them is surely better than.
func leaders(o analysis.Order, arms []string, sure bool) []analysis.Finisher {
	return slices.DeleteFunc(valued(o, arms), func(f analysis.Finisher) bool { return beaten(o, f.Arm, arms, sure) })
}

func armsOf(list []analysis.Finisher) []string {
	var out []string
	for _, f := range list {
		out = append(out, f.Arm)
	}
	return out
}

// weigh weighs the orders up among sides that promise the same.
func (r Ranking) weigh(arms []string) answer {
	var out answer
	var sides []string
	parted, even, undecided := 0, 0, 0
	for _, o := range r.Orders {
		in := valued(o, arms)
		var counts []int
		for _, f := range in {
			if !slices.Contains(sides, f.Arm) {
				sides = append(sides, f.Arm)
			}
			counts = append(counts, len(f.Estimate.Values))
		}
		// A pair has as many blocks as the side of it that has fewer.
		if slices.Sort(counts); len(counts) > 1 {
			out.blocks = max(out.blocks, counts[len(counts)-2])
		}
		list := armsOf(in)
		for _, p := range o.Pairs {
			switch {
			case p.NotCounted.Differ() || !slices.Contains(list, p.First) || !slices.Contains(list, p.Second):
			case p.Verdict == analysis.Faster || p.Verdict == analysis.Slower:
				parted++
			case p.Verdict == analysis.Equivalent:
				even++
			default:
				undecided++
			}
		}
	}
	out.n = len(sides)
	switch {
	case len(sides) == 0:
		return out
	case len(sides) == 1:
		out.outcome, out.sides = answerOne, sides
		return out
	case parted == 0 && undecided == 0 && even > 0 && r.whole(sides):
		out.outcome, out.sides = answerAlike, sides
		return out
	case parted == 0:
		out.outcome = answerOpen
		return out
	}
	out.here = !slices.Equal(r.firsts(sides, false), r.firsts(sides, true))
	if out.sides = r.firsts(sides, false); len(out.sides) > 0 {
		out.outcome = answerFirst
		return out
	}
	out.here = r.choice.Grade == analysis.GradeHere
	for _, arm := range r.choice.Unbeaten {
		if slices.Contains(sides, arm) {
			out.sides = append(out.sides, arm)
		}
	}
	out.outcome = answerDepends
	if len(out.sides) == 1 {
		out.outcome = answerUnbeaten
	}
	return out
}

// whole tells whether each side has a value in each order in which any has.
func (r Ranking) whole(arms []string) bool {
	return !slices.ContainsFunc(r.Orders, func(o analysis.Order) bool {
		n := len(valued(o, arms))
		return n > 0 && n < len(arms)
	})
}

// firsts are the sides that no other is surely better than in any metric, and that have a value in each that any has.
func (r Ranking) firsts(arms []string, sure bool) []string {
	out := slices.Clone(arms)
	for _, o := range r.Orders {
		if len(valued(o, arms)) == 0 {
			continue
		}
		lead := armsOf(leaders(o, arms, sure))
		out = slices.DeleteFunc(out, func(arm string) bool { return !slices.Contains(lead, arm) })
	}
	return out
}

// mostNames is how many sides a sentence names.
const mostNames = 3

// few names sides, and counts those that are too many: "a, b, c and 5 more".
func few(arms []string, join string) string {
	list := names(arms)
	if n := len(list) - mostNames; n > 0 {
		list = append(list[:mostNames:mostNames], fmt.Sprintf("%d more", n))
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " " + join + " " + list[last]
}

// metrics are the titles of those that decide and in which any of the sides has a value, as within a sentence.
func (r Ranking) metrics(arms []string) []string {
	var out []string
	for _, o := range r.Orders {
		if len(valued(o, arms)) == 0 {
			continue
		}
		out = append(out, text.Lower(MetricTitle(metricOf(o))))
	}
	return out
}

// leads say of each metric who is ahead with which figure: "throughput: b (7,810 tasks/s), not surely different from a".
func (r Ranking) leads(arms []string) []string {
	var out []string
	for _, o := range r.Orders {
		lead, in := leaders(o, arms, false), valued(o, arms)
		title := text.Lower(MetricTitle(metricOf(o)))
		switch {
		case len(in) == 0:
			out = append(out, title+": no side has a value that counts")
			continue
		case len(lead) == 0: // as only a file can have it that somebody made up
			out = append(out, title+": each side has another one that is surely better")
			continue
		case len(lead) == len(in) && len(in) > 1:
			out = append(out, fmt.Sprintf("%s: no side is surely ahead", title))
			continue
		}
		s := fmt.Sprintf("%s: %s (%s)", title, Name(lead[0].Arm), strings.TrimSpace(number.Short(lead[0].Estimate.Estimate)+" "+Name(o.Unit)))
		if !slices.Equal(armsOf(lead), armsOf(leaders(o, arms, true))) {
			s += "," + AsMeasured
		}
		if rest := armsOf(lead[1:]); len(rest) > 0 {
			// The first is one of those who may be named.
			list := names(rest)
			if n := len(list) - (mostNames - 1); n > 0 {
				list = append(list[:mostNames-1:mostNames-1], fmt.Sprintf("%d more", n))
			}
			s += ", not surely different from " + text.List(list)
		}
		out = append(out, s)
	}
	return out
}

const noSideWords = "no answer: no side has a value that counts"

// answerWords is the answer of the place, without saying where.
func (r Ranking) answerWords() string {
	if len(r.classes) == 1 {
		return r.classWords(r.classes[0].arms)
	}
	var parts []string
	if len(r.classes) == 0 {
		return noSideWords
	}
	for _, c := range r.classes {
		if len(c.arms) == 1 {
			parts = append(parts, c.aloneWords())
			continue
		}
		parts = append(parts, fmt.Sprintf("of those that %s, %s", c.do(), r.classWords(c.arms)))
	}
	return strings.Join(parts, "; ")
}

func (r Ranking) classWords(arms []string) string {
	x := r.weigh(arms)
	here, no, whoever := "", "no other side", "any other side"
	if len(r.classes) > 1 {
		no, whoever = "none of them", "any of them"
	}
	if x.here {
		here = "," + AsMeasured
	}
	switch x.outcome {
	case answerNone:
		return noSideWords
	case answerOne:
		return fmt.Sprintf("%s alone has a value that counts", Name(x.sides[0]))
	case answerOpen:
		if x.blocks < suite.MinBlocks {
			return fmt.Sprintf("no order yet: a verdict needs %d blocks, and there %s %d", suite.MinBlocks, isAre(x.blocks), x.blocks) + r.priceWords(arms, x.blocks)
		}
		return fmt.Sprintf("no order yet: of %d sides, none is surely better than another", x.n)
	case answerAlike:
		return fmt.Sprintf("any will do: %s differ by less than %s in %s", few(x.sides, "and"), number.Percent(r.margin), text.List(r.metrics(arms)))
	case answerFirst:
		return fmt.Sprintf("take %s%s: %s is surely better in %s", few(x.sides, "or"), here, no, orList(r.metrics(arms)))
	case answerUnbeaten:
		return fmt.Sprintf("take %s%s: %s that is surely better in one metric is surely worse in another", Name(x.sides[0]), here, whoever)
	}
	return "it depends on what counts: " + strings.Join(r.leads(arms), "; ")
}

// priceWords is what the blocks would take that a verdict needs at least, and what was measured of the sides so far.
func (r Ranking) priceWords(arms []string, blocks int) string {
	out := ""
	if s := r.choice.BlockSeconds; s > 0 {
		out = fmt.Sprintf("; %d more take about %s", suite.MinBlocks-blocks, lengthWords(float64(suite.MinBlocks-blocks)*s))
	}
	if len(r.Orders) == 0 {
		return out
	}
	o := r.Orders[0]
	var figures []string
	for _, f := range valued(o, arms) {
		figures = append(figures, Name(f.Arm)+" "+number.Short(f.Estimate.Estimate))
	}
	if n := len(figures) - mostNames; n > 0 {
		figures = append(figures[:mostNames:mostNames], fmt.Sprintf("%d more", n))
	}
	in := ""
	if o.Unit != "" {
		in = ", in " + Name(o.Unit)
	}
	return out + fmt.Sprintf("; %s so far%s: %s", text.Lower(MetricTitle(metricOf(o))), in, text.List(figures))
}

// takeWords is what to take, in a few words.
func (r Ranking) takeWords() string {
	if len(r.classes) == 0 {
		return "no answer"
	}
	var parts []string
	for _, c := range r.classes {
		x := r.weigh(c.arms)
		s := "no answer"
		switch x.outcome {
		case answerOne:
			s = Name(x.sides[0])
		case answerOpen:
			s = "no order yet"
		case answerAlike:
			s = "any will do"
		case answerFirst, answerUnbeaten:
			s = few(x.sides, "or")
		case answerDepends:
			s = "it depends on what counts"
		}
		if x.here && x.outcome != answerDepends {
			s += "," + AsMeasured
		}
		if len(r.classes) > 1 {
			s = c.words() + ": " + s
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, "; ")
}

// sure tells whether there is one answer for all who have that load.
func (r Ranking) sure() bool {
	if len(r.classes) != 1 {
		return false
	}
	switch r.weigh(r.classes[0].arms).outcome {
	case answerAlike, answerFirst, answerUnbeaten:
		return true
	}
	return false
}

// decided tells whether any verdict parts two sides that promise the same.
func (r Ranking) decided() bool { return r.comesTo(answerFirst, answerUnbeaten, answerDepends) }

// alike tells whether any side will do, of those that promise the same.
func (r Ranking) alike() bool {
	return r.comesTo(answerAlike) && !r.decided() && !r.comesTo(answerOpen)
}

// comesTo tells whether sides that promise the same come to one of these outcomes.
func (r Ranking) comesTo(outcomes ...outcome) bool {
	return slices.ContainsFunc(r.classes, func(c class) bool { return slices.Contains(outcomes, r.weigh(c.arms).outcome) })
}

func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
