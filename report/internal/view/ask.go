package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// Ask has what readers ask first, with every answer: which broker, which load, at which rate.
type Ask struct {
	Brokers, Loads []option
	Answers        []Reply
}

// Reply is the answer for a load on a broker.
type Reply struct {
	// Tags are those of the scenario and the broker, ID is that of the evidence, and Title names the place.
	Tags, ID, Title string
	// Rated is true where the answer is for a rate. UpTo is the highest such rate in tasks per second, 0 for all that are higher.
	Rated bool
	UpTo  float64
	// Higher is true for such rates above others that have an answer.
	Higher bool
	Words  string

	scenario, broker string
}

// NewAsk makes the answers of an analysis alone, without the rest of its report.
func NewAsk(a analysis.Analysis) Ask { return askOf(NewTagger(a), productsOf(a), rankingsOf(a)) }

// askOf makes the answers of all orders of finish.
func askOf(tags Tagger, known Products, rs []Ranking) Ask {
	var out Ask
	for _, r := range rs {
		out.Loads = tags.offer(out.Loads, "s", tags.scenarios, r.Scenario, known.Load(r.Scenario))
		out.Brokers = tags.offer(out.Brokers, "b", tags.brokers, r.Broker, Name(known.Name(r.Broker)))
		for _, x := range r.replies() {
			x.Tags, x.ID, x.Title = tags.Of(r.Scenario, r.Broker), r.ID, r.Title
			x.scenario, x.broker = r.Scenario, r.Broker
			out.Answers = append(out.Answers, x)
		}
	}
	return out
}

// For finds the answer for a load on a broker at a rate in tasks per second; 0 means any rate.
func (a Ask) For(scenario, broker string, rate float64) (Reply, bool) {
	for _, x := range a.Answers {
		if x.scenario == scenario && x.broker == broker && x.Rated == (rate > 0) && (x.UpTo == 0 || rate <= x.UpTo) {
			return x, true
		}
	}
	return Reply{}, false
}

// replies are the answer of a place without a rate, and then that for each range of rates, the lowest first.
func (r Ranking) replies() []Reply {
	out := []Reply{{Words: text.Upper(r.Answer) + "."}}
	i := slices.IndexFunc(r.Orders, func(o analysis.Order) bool { return o.Metric == metric.Throughput || o.Metric == metric.MaxRate })
	if i < 0 {
		return append(out, Reply{Rated: true, Words: "This load doesn't measure the rate that a side can carry."})
	}
	rates := r.Orders[i]
	// Fewer values have no interval, and a lowest value is no bound.
	sides := slices.DeleteFunc(valued(rates, r.arms()), func(f analysis.Finisher) bool {
		return !(f.Estimate.Low > 0) || len(f.Estimate.Values) < suite.MinBlocks
	})
	if young(rates) || len(sides) == 0 {
		return append(out, Reply{Rated: true, Words: "There are too few blocks to say which side can carry a rate."})
	}
	slices.SortStableFunc(sides, func(x, y analysis.Finisher) int { return cmp.Compare(x.Estimate.Low, y.Estimate.Low) })
	rest := slices.Delete(slices.Clone(r.Orders), i, i+1)
	for k, f := range sides {
		words := r.among(rest, armsOf(sides[k:]))
		if last := len(out) - 1; out[last].Rated && out[last].Words == words {
			out[last].UpTo = f.Estimate.Low
			continue
		}
		out = append(out, Reply{Rated: true, UpTo: f.Estimate.Low, Words: words})
	}
	most := sides[len(sides)-1]
	return append(out, Reply{Rated: true, Higher: true, Words: fmt.Sprintf("No side surely carries that here: %s surely carries the most, at least %s %s.",
		Name(most.Arm), number.Short(most.Estimate.Low), Name(rates.Unit))})
}

// among is what to take of those sides, by the orders of the other metrics.
func (r Ranking) among(orders []analysis.Order, arms []string) string {
	if len(arms) == 1 {
		return fmt.Sprintf("%s alone surely carries it.", Name(arms[0]))
	}
	if len(orders) == 0 {
		return fmt.Sprintf("%s surely carry it, and no other metric decides.", text.Upper(few(arms, "and")))
	}
	sub := r
	sub.Orders, sub.classes = orders, nil
	for _, c := range r.classes {
		kept := slices.DeleteFunc(slices.Clone(c.arms), func(arm string) bool { return !slices.Contains(arms, arm) })
		if len(kept) > 0 {
			sub.classes = append(sub.classes, class{c.delivery, kept})
		}
	}
	sub.choice = analysis.ChoiceOf(r.Scenario, r.Broker, arms, orders)
	return fmt.Sprintf("Among the sides that surely carry it, %s.", strings.TrimSuffix(sub.answerWords(), "."))
}
