package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

// An answer for a rate leaves out each side that doesn't surely carry it, and throughput no longer counts.
func TestAnAnswerForARateIsAmongThoseThatCarryIt(t *testing.T) {
	a := fixture.NineSides(t)
	r := New(a)
	var rates analysis.Order
	for _, o := range a.Orders {
		if o.Scenario == "throughput" && o.Broker == "redis" && o.Metric == "throughput" {
			rates = o
		}
	}
	last := ""
	for _, x := range r.Ask.Answers {
		if x.scenario != "throughput" || x.broker != "redis" || !x.Rated || x.UpTo == 0 {
			continue
		}
		for _, f := range rates.Sides {
			if f.Estimate.Low < x.UpTo && strings.Contains(x.Words, "take "+f.Arm) {
				t.Errorf("up to %g tasks/s: %q, but %s surely carries only %g", x.UpTo, x.Words, f.Arm, f.Estimate.Low)
			}
		}
		if x.Words == last {
			t.Errorf("two ranges have the same answer: %q", last)
		}
		last = x.Words
	}
	slow, _ := r.Ask.For("throughput", "redis", 100)
	if !strings.Contains(slow.Words, "take dramatiq/threads") {
		t.Errorf("at 100 tasks/s: %q", slow.Words)
	}
	fast, ok := r.Ask.For("throughput", "redis", 1e6)
	if !ok || !strings.HasPrefix(fast.Words, "No side surely carries that here: asynctasq/async surely carries the most, at least ") {
		t.Errorf("at a million tasks/s: %q", fast.Words)
	}
	if low, _ := r.Ask.For("throughput", "redis", 100); low.Higher || !fast.Higher {
		t.Errorf("the higher rate is that of %q", low.Words)
	}
	// Without an answer for a lower rate, none is higher.
	young := New(fixture.YoungNine(t)).Ask
	if few, ok := young.For("throughput", "redis", 100); !ok || few.Higher || !strings.HasPrefix(few.Words, "There are too few blocks") {
		t.Errorf("of two blocks: %+v", few)
	}
	if any, _ := r.Ask.For("throughput", "redis", 0); !strings.EqualFold(strings.TrimSuffix(any.Words, "."), r.Rankings[0].Answer) {
		t.Errorf("at any rate: %q, not %q", any.Words, r.Rankings[0].Answer)
	}
	if _, ok := r.Ask.For("throughput", "sqs", 10); ok {
		t.Error("there is an answer for a broker that the run doesn't have")
	}
}

// One side is better in latency and another in CPU time: neither beats the other.
func TestSidesThatAreAheadInDifferentMetricsAreUnbeaten(t *testing.T) {
	pair := func(first, second, verdict string) analysis.Pair {
		return analysis.Pair{First: first, Second: second, Verdict: verdict, Grade: analysis.GradeSure}
	}
	sides := []analysis.Finisher{{Arm: "a", Place: 1}, {Arm: "b", Place: 1}, {Arm: "c", Place: 1}}
	orders := []analysis.Order{
		{Metric: "latency_p50", Sides: sides, Pairs: []analysis.Pair{pair("a", "b", analysis.Faster), pair("a", "c", analysis.Faster), pair("b", "c", analysis.Undecided)}},
		{Metric: "cpu_per_task", Sides: sides, Pairs: []analysis.Pair{pair("b", "a", analysis.Faster), pair("a", "c", analysis.Undecided), pair("c", "b", analysis.Slower)}},
	}
	if got := strings.Join(analysis.ChoiceOf("s", "b", []string{"a", "b", "c"}, orders).Unbeaten, " "); got != "a b" {
		t.Errorf("unbeaten are %q", got)
	}
	if got := strings.Join(analysis.ChoiceOf("s", "b", []string{"b", "c"}, orders).Unbeaten, " "); got != "b" {
		t.Errorf("without a, unbeaten are %q", got)
	}
}

// Sides are filtered by what they are and by what they promise on the broker in question.
func TestSidesAreFilteredByLanguageDeliveryAndLicence(t *testing.T) {
	a := analysis.Analysis{Run: results.Run{Contenders: []results.Setup{
		{Arm: "x", Scenario: "s", Broker: "redis", Language: "Go", Licence: "MIT", Delivery: results.AtLeastOnce},
		{Arm: "x", Scenario: "s", Broker: "postgres", Language: "Go", Licence: "MIT", Delivery: results.AtMostOnce},
		{Arm: "y", Scenario: "s", Broker: "redis", Language: "Python", Licence: "MIT", Delivery: results.AtLeastOnce},
	}}, Cells: []analysis.Cell{{Scenario: "s", Broker: "redis", Arm: "x"}, {Scenario: "s", Broker: "postgres", Arm: "x"}, {Scenario: "s", Broker: "redis", Arm: "y"}}}
	tags := NewTagger(a)
	for _, c := range []struct{ got, want string }{
		{tags.Of("s", "redis", "x"), "s0 b0 a0 l0 d0 c0"},
		{tags.Of("s", "postgres", "x"), "s0 b1 a0 l0 d1 c0"},
		{tags.Of("", "", "x"), "a0 l0 d0 c0 d1"},
		{tags.Side("s", "redis", "y"), "a1 l1 d0 c0"},
		{tags.Of("s", "redis"), "s0 b0"},
	} {
		if c.got != c.want {
			t.Errorf("tags %q, want %q", c.got, c.want)
		}
	}
	var names []string
	for _, f := range tags.filters(productsOf(a)) {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "broker contender language delivery" {
		t.Errorf("filters %q: one licence is no choice", got)
	}
}

// Sides are filtered by what became of a killed worker's tasks in the run, and otherwise by what their frameworks say.
func TestSidesAreFilteredByWhatBecomesOfAKilledWorkersTasks(t *testing.T) {
	back, never := &results.Recovery{AfterSeconds: 30}, &results.Recovery{Never: "it forgets them"}
	var a analysis.Analysis
	for _, c := range []struct {
		arm  string
		said *results.Recovery
		saw  string
	}{{"said to be back", back, ""}, {"said to be lost", never, ""}, {"lost", back, results.FateLost}, {"back", nil, results.FateBack}, {"unknown", nil, results.FateLate}, {"held none", never, results.FateBack}} {
		a.Run.Contenders = append(a.Run.Contenders, results.Setup{Arm: c.arm, Scenario: "s", Broker: "redis", Recovery: c.said})
		a.Cells = append(a.Cells, analysis.Cell{Scenario: "s", Broker: "redis", Arm: c.arm})
		if c.saw != "" {
			a.Trials = append(a.Trials, analysis.TrialRow{Trial: results.Trial{Scenario: "s", Broker: "redis", Arm: c.arm, Recovery: &results.Fate{Outcome: c.saw, BackSeconds: 3, Said: c.said}}})
		}
	}
	tags := NewTagger(a)
	for arm, want := range map[string]string{"said to be back": "k0", "back": "k0", "said to be lost": "k1", "lost": "k1", "unknown": "", "held none": "k1"} {
		var got string
		for _, tag := range strings.Fields(tags.Side("s", "redis", arm)) {
			if strings.HasPrefix(tag, "k") {
				got = tag
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", arm, got, want)
		}
	}
	filters := tags.filters(productsOf(a))
	last := filters[len(filters)-1]
	if want := []option{{"k0", "tasks come back", "tasks come back"}, {"k1", "tasks are lost", "tasks are lost"}}; last.Name != "killed" || !slices.Equal(last.Options, want) {
		t.Errorf("the last filter is %+v", last)
	}
}
