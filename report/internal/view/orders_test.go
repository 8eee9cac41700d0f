package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

// finish makes an order of finish of sides with their figures, the best first, and of words on pairs such as "a>b": a is surely
// better than b; "a>b!" is so only as measured here, "a=b" equivalent, and what isn't said undecided.
func finish(metric string, values map[string]float64, blocks int, words ...string) analysis.Order {
	o := analysis.Order{Scenario: "s", Broker: "redis", Metric: metric, Title: metric, Unit: "u", HigherIsBetter: true, Family: 3}
	var arms []string
	for arm := range values {
		arms = append(arms, arm)
	}
	slices.SortFunc(arms, func(a, b string) int { return int(values[b]) - int(values[a]) })
	for _, arm := range arms {
		f := analysis.Finisher{Arm: arm, Estimate: analysis.Estimate{Arm: arm}}
		if values[arm] > 0 {
			f.Place, f.Letters, f.Estimate.Estimate = 1, "a", values[arm]
			f.Estimate.Values = slices.Repeat([]float64{values[arm]}, blocks)
		}
		o.Sides = append(o.Sides, f)
	}
	for i, a := range arms {
		for _, b := range arms[i+1:] {
			p := analysis.Pair{First: a, Second: b, Verdict: analysis.Undecided}
			for _, w := range words {
				switch strings.TrimSuffix(w, "!") {
				case a + ">" + b:
					p.Verdict, p.Grade = analysis.Faster, analysis.GradeSure
				case b + ">" + a:
					p.Verdict, p.Grade = analysis.Slower, analysis.GradeSure
				case a + "=" + b, b + "=" + a:
					p.Verdict, p.Grade = analysis.Equivalent, analysis.GradeSure
				default:
					continue
				}
				if strings.HasSuffix(w, "!") {
					p.Grade = analysis.GradeHere
				}
			}
			o.Pairs = append(o.Pairs, p)
		}
	}
	return o
}

// finished is a run of such orders, of one place, with the sides that no one beats.
func finished(unbeaten, grade string, orders ...analysis.Order) analysis.Analysis {
	a := analysis.Analysis{Orders: orders, Method: analysis.Method{Margin: 0.05}}
	a.Run.Brokers = []results.Broker{{Name: "redis", Product: "Redis"}}
	a.Choices = []analysis.Choice{{Scenario: "s", Broker: "redis", Unbeaten: strings.Fields(unbeaten), Grade: grade}}
	for _, f := range orders[0].Sides {
		a.Cells = append(a.Cells, analysis.Cell{Scenario: "s", Broker: "redis", Arm: f.Arm, Status: analysis.CellMeasured, Delivery: results.AtLeastOnce})
	}
	a.Comparisons = []analysis.Comparison{{Scenario: "s", Broker: "redis", Metric: orders[0].Metric, Deciding: true, Verdict: analysis.Undecided}}
	return a
}

func TestHeadlineSpeaksOfAllSides(t *testing.T) {
	t.Parallel()
	abc := map[string]float64{"a": 30, "b": 20, "c": 10}
	bca := map[string]float64{"b": 30, "c": 20, "a": 10}
	const sure, here = analysis.GradeSure, analysis.GradeHere
	for _, tt := range []struct {
		name     string
		a        analysis.Analysis
		headline string
		take     string
		sure     bool
	}{
		{"one is before all", finished("a", sure, finish("x", abc, 6, "a>b", "a>c"), finish("y", abc, 6, "a>b")),
			"On Redis, take a: no other side is surely better in x or y.", "a", true},
		{"one isn't ranked first, and nobody is surely better", finished("a b", sure, finish("x", abc, 6, "a>c"), finish("y", bca, 6, "b>a")),
			"On Redis, take b: no other side is surely better in x or y.", "b", true},
		{"two are before the third", finished("a b", sure, finish("x", abc, 6, "a>c", "b>c")),
			"On Redis, take a or b: no other side is surely better in x.", "a or b", true},
		{"as measured here", finished("a", here, finish("x", abc, 6, "a>b", "a>c!")),
			"On Redis, take a, as measured here: no other side is surely better in x.", "a, as measured here", true},
		{"each in another metric", finished("a b", sure, finish("x", abc, 6, "a>b", "a>c", "b>c"), finish("y", bca, 6, "b>a", "b>c!")),
			"On Redis, it depends on what counts: x: a (30.0 u); y: b (30.0 u), as measured here.",
			"it depends on what counts", false},
		{"one is beaten by nobody and behind in a metric",
			finished("a", sure, finish("x", abc, 6, "a>b", "a>c"), finish("y", bca, 6, "b>a", "c>b"), finish("z", abc, 6, "a>c")),
			"On Redis, take a: any other side that is surely better in one metric is surely worse in another.", "a", true},
		{"open", finished("a b c", "", finish("x", abc, 6, "a=b")), "On Redis, no order yet: of 3 sides, none is surely better than another.", "no order yet", false},
		{"young", finished("a b c", "", finish("x", abc, 5)), "On Redis, no order yet: a verdict needs 6 blocks, and there are 5; x so far, in u: a 30.0, b 20.0 and c 10.0.", "no order yet", false},
		{"one block", finished("a b c", "", finish("x", abc, 1)), "On Redis, no order yet: a verdict needs 6 blocks, and there is 1; x so far, in u: a 30.0, b 20.0 and c 10.0.", "no order yet", false},
		{"alike", finished("a b c", "", finish("x", abc, 6, "a=b", "a=c", "b=c")), "On Redis, any will do: a, b and c differ by less than 5 % in x.", "any will do", true},
		{"alike, and one lacks a metric", finished("a b c", "", finish("x", abc, 6, "a=b", "a=c", "b=c"), finish("y", map[string]float64{"b": 2, "c": 1, "a": 0}, 6, "b=c")),
			"On Redis, no order yet: of 3 sides, none is surely better than another.", "no order yet", false},
		{"alike, and none has the other metric", finished("a b c", "", finish("x", abc, 6, "a=b", "a=c", "b=c"), finish("y", map[string]float64{"a": 0, "b": 0, "c": 0}, 6)),
			"On Redis, any will do: a, b and c differ by less than 5 % in x.", "any will do", true},
		{"one is before all, and none has the other metric", finished("a", sure, finish("x", abc, 6, "a>b", "a>c"), finish("y", map[string]float64{"a": 0, "b": 0, "c": 0}, 6)),
			"On Redis, take a: no other side is surely better in x.", "a", true},
		{"one has a value", finished("a", "", finish("x", map[string]float64{"a": 1, "b": 0, "c": 0}, 6)), "On Redis, a alone has a value that counts.", "a", false},
		{"none has a value", finished("", "", finish("x", map[string]float64{"a": 0, "b": 0, "c": 0}, 6)), "On Redis, no answer: no side has a value that counts.", "no answer", false},
		{"a lacks a metric", finished("a b", sure, finish("x", abc, 6, "a>b", "a>c", "b>c"), finish("y", map[string]float64{"b": 2, "c": 1, "a": 0}, 6, "b>c")),
			"On Redis, it depends on what counts: x: a (30.0 u); y: b (2.00 u).", "it depends on what counts", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := headline(tt.a); got != tt.headline {
				t.Errorf("got  %s\nwant %s", got, tt.headline)
			}
			d := decisionsOf(sections(tt.a), rankingsOf(tt.a))
			if len(d) != 1 || d[0].Take != tt.take || d[0].Sure != tt.sure || len(d[0].Lines) == 0 || d[0].ID != "order-s-redis" {
				t.Errorf("%+v", d)
			}
		})
	}
}

// At nine sides no more than three are named, and a place more or less is no separate answer.
func TestHeadlineStaysShort(t *testing.T) {
	t.Parallel()
	values := map[string]float64{}
	var words []string
	for i, arm := range fixture.NineNames {
		values[arm] = float64(90 - i)
		if i < 8 {
			words = append(words, arm+">"+fixture.NineNames[8])
		}
	}
	a := finished(strings.Join(fixture.NineNames[:8], " "), analysis.GradeSure, finish("x", values, 6, words...))
	if got, want := headline(a), "On Redis, take celery/prefork, celery/threads, celery/gevent or 5 more: no other side is surely better in x."; got != want {
		t.Error(got)
	}
	// The last one is ahead of all in another metric: then it depends, and the first metric has as many leaders as before.
	back := map[string]float64{}
	others := []string{}
	for i, arm := range fixture.NineNames {
		back[arm] = 100 - values[arm]
		if i < 8 {
			others = append(others, fixture.NineNames[8]+">"+arm)
		}
	}
	a = finished(strings.Join(fixture.NineNames, " "), analysis.GradeSure, finish("x", values, 6, words...), finish("y", back, 6, others...))
	if got, want := headline(a), "On Redis, it depends on what counts: x: celery/prefork (90.0 u), not surely different from celery/threads, celery/gevent and 5 more; "+
		"y: arq/async (18.0 u)."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got := headline(fixture.NineSides(t))
	if !strings.HasPrefix(got, "Of 4 scenarios on brokers, ") || strings.Count(got, "/") != 3 || len(got) > longHeadline {
		t.Error(got)
	}
	if got := headline(fixture.YoungNine(t)); got != "No order yet: a verdict needs 6 blocks, and there are 2." {
		t.Error(got)
	}
}

// A side that promises less beats none that promises more, and is listed apart.
func TestHeadlineTellsPromisesApart(t *testing.T) {
	t.Parallel()
	o := finish("x", map[string]float64{"early": 30, "b": 20, "c": 10}, 6, "early>b", "early>c", "b>c")
	for i, p := range o.Pairs {
		if p.First == "early" || p.Second == "early" {
			o.Pairs[i].NotCounted = analysis.Promises{Stated: "promises"}
		}
	}
	a := finished("early b", analysis.GradeSure, o)
	a.Cells[0].Delivery = results.AtMostOnce
	if got, want := headline(a), "On Redis, early alone delivers at most once; of those that deliver at least once, take b: none of them is surely better in x."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	r := rankingsOf(a)[0]
	if want := "early delivers at most once, the others deliver at least once: a side is taken only before others that promise the same."; !slices.Contains(r.Remarks, want) {
		t.Errorf("%q", r.Remarks)
	}
	if want := []string{"early alone delivers at most once", "at least once: x: b (20.0 u)"}; !slices.Equal(r.decision().Lines, want) {
		t.Errorf("lines %q, want %q", r.decision().Lines, want)
	}
	// As installed, the difference is what the user asked for.
	a.Orders[0].Defaults, a.Comparisons[0].Defaults = true, true
	for i := range a.Orders[0].Pairs {
		a.Orders[0].Pairs[i].NotCounted = analysis.Promises{}
	}
	if got, want := headline(a), "On Redis, as installed, take early: no other side is surely better in x."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A place where any side will do has its answer, and no number of pairs is said where no verdict was made.
func TestHeadlineCountsWhereAnyWillDo(t *testing.T) {
	t.Parallel()
	abc := map[string]float64{"a": 30, "b": 20, "c": 10}
	a := finished("a", analysis.GradeSure, finish("x", abc, 6, "a>b", "a>c"))
	for broker, words := range map[string][]string{"postgres": {"a=b", "a=c", "b=c"}, "rabbitmq": {"a=b"}} {
		b := finished("a b c", "", finish("x", abc, 6, words...))
		b.Orders[0].Broker, b.Choices[0].Broker, b.Comparisons[0].Broker = broker, broker, broker
		a.Orders, a.Choices, a.Comparisons = append(a.Orders, b.Orders...), append(a.Choices, b.Choices...), append(a.Comparisons, b.Comparisons...)
	}
	if got, want := headline(a), "Of 3 scenarios on brokers, a is unbeaten in 1; any will do in 1; 1 without an order yet. The orders of finish say where."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for i := range a.Orders {
		a.Orders[i].Family = 0
	}
	rs := rankingsOf(a)
	for _, s := range append(rankedSureness(rs), rs[0].Note) {
		if strings.Contains(s, "0") || !strings.HasSuffix(s, "pairs.") && !strings.HasSuffix(s, "different.") {
			t.Errorf("of no pair: %s", s)
		}
	}
}

// Where some places have two sides, the headline speaks of these too.
func TestHeadlineSpeaksOfPairsBesideOrders(t *testing.T) {
	t.Parallel()
	a := finished("a", analysis.GradeSure, finish("x", map[string]float64{"a": 30, "b": 20, "c": 10}, 6, "a>b", "a>c"))
	pair := fixture.OneBroker()
	a.Comparisons = append(a.Comparisons, pair.Comparisons[0])
	want := "In s on Redis, take a: no other side is surely better in x. On Redis, asynctasq/async is ahead of celery/prefork in throughput: 3.06 times (3.00 to 3.12)."
	if got := headline(a); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	d := decisionsOf(sections(a), rankingsOf(a))
	if len(d) != 2 || d[0].Take != "a" || d[1].Take != fixture.CandArm {
		t.Errorf("%+v", d)
	}
}

// A place where any side will do counts as one where no verdict parts two sides anywhere, too. A side that promises less than all others has
// nothing to differ from.
func TestHeadlineCountsWhereAnyWillDoThoughNoneIsAhead(t *testing.T) {
	t.Parallel()
	at := func(broker string, words ...string) analysis.Analysis {
		a := finished("a b c", "", finish("x", map[string]float64{"a": 30, "b": 20, "c": 10}, 6, words...))
		a.Orders[0].Broker, a.Choices[0].Broker, a.Comparisons[0].Broker = broker, broker, broker
		for i := range a.Cells {
			a.Cells[i].Broker = broker
		}
		return a
	}
	both := func(a, b analysis.Analysis) analysis.Analysis {
		a.Orders, a.Choices = append(a.Orders, b.Orders...), append(a.Choices, b.Choices...)
		a.Comparisons, a.Cells = append(a.Comparisons, b.Comparisons...), append(a.Cells, b.Cells...)
		return a
	}
	apart := func(broker string) analysis.Analysis {
		a := at(broker, "b=c")
		for i, p := range a.Orders[0].Pairs {
			if p.First == "a" || p.Second == "a" {
				a.Orders[0].Pairs[i].NotCounted = analysis.Promises{Stated: "promises"}
			}
		}
		for i, c := range a.Cells {
			if c.Arm == "a" {
				a.Cells[i].Delivery = results.AtMostOnce
			}
		}
		return a
	}
	alike := []string{"a=b", "a=c", "b=c"}
	for _, tt := range []struct {
		name string
		a    analysis.Analysis
		want string
	}{
		{"all alike", both(at("redis", alike...), at("postgres", alike...)), "Any will do: in none of 2 scenarios on brokers do sides differ."},
		{"one promises less", both(apart("redis"), apart("postgres")),
			"Any will do that promises what you need: in none of 2 scenarios on brokers do sides differ that promise the same."},
		{"one alike, one open", both(at("redis", alike...), at("postgres", "a=b")), "Of 2 scenarios on brokers, any will do in 1; 1 without an order yet."},
		{"both open", both(at("redis"), at("postgres", "a=b")), "No order yet: in none of 2 scenarios on brokers is a side surely better than another."},
	} {
		if got := headline(tt.a); got != tt.want {
			t.Errorf("%s: got  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}
