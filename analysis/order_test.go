package analysis

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// ranked makes the orders of finish of sides whose values in each block are given; NaN is no value.
func ranked(t *testing.T, metricName string, values map[string][]float64) ([]Order, []Choice) {
	t.Helper()
	s := suite.Scenario{Name: "throughput", Decide: []string{metricName}}
	plan := suite.Plan{Brokers: []string{"redis"}}
	var rows []TrialRow
	for _, name := range slices.Sorted(maps.Keys(values)) {
		s.Arms = append(s.Arms, name)
		plan.Arms = append(plan.Arms, suite.Arm{Name: name, Contender: name})
		for i, v := range values[name] {
			m := map[string]float64{}
			if stats.IsFinite(v) {
				m[metricName] = v
			}
			rows = append(rows, TrialRow{Metrics: m, Trial: results.Trial{ID: len(rows) + 1, Block: i + 1, Scenario: s.Name, Broker: "redis", Arm: name}})
			plan.Blocks = max(plan.Blocks, i+1)
		}
	}
	plan.Scenarios = []suite.Scenario{s}
	return ordersOf(plan, rows, []Comparison{{Scenario: s.Name, Broker: "redis", Metric: metricName, Deciding: true}}, nil)
}

// The best side comes first, whichever direction is better, and sides that nothing parts share a place and a letter.
func TestSidesAreRanked(t *testing.T) {
	t.Parallel()
	noisy := func(x float64) []float64 {
		return []float64{x, 1.01 * x, .99 * x, 1.005 * x, .995 * x, 1.002 * x}
	}
	swinging := []float64{150, 260, 120, 240, 130, 270}
	nothing := []float64{math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN(), math.NaN()}
	orders, choices := ranked(t, "throughput", map[string][]float64{"a": noisy(100), "b": noisy(300), "c": swinging, "d": noisy(200), "e": nothing})
	if len(orders) != 1 || orders[0].Family != 6 || len(orders[0].Pairs) != 10 {
		t.Fatalf("%+v", orders)
	}
	var got []string
	for _, s := range orders[0].Sides {
		got = append(got, fmt.Sprintf("%s:%d:%s", s.Arm, s.Place, s.Letters))
	}
	if s := strings.Join(got, " "); s != "b:1:a d:2:b c:2:b a:4:c e:0:" {
		t.Error(s)
	}
	if !slices.Equal(choices[0].Unbeaten, []string{"b"}) {
		t.Errorf("%+v", choices)
	}
	for _, p := range orders[0].Pairs {
		if p.First == "b" && p.Second == "a" && (p.Verdict != Faster || math.Abs(p.Ratio.Estimate-1./3) > .01 || p.Ratio.Low > p.Ratio.Estimate || p.Ratio.High < p.Ratio.Estimate) {
			t.Errorf("%+v", p)
		}
	}
	orders, choices = ranked(t, "latency_p50", map[string][]float64{"a": noisy(100), "b": noisy(300), "c": noisy(100)})
	if s := orders[0].Sides; s[0].Arm == "b" || s[2].Arm != "b" || s[2].Place != 3 || s[0].Place != 1 || s[1].Place != 1 || s[0].Letters != s[1].Letters {
		t.Errorf("%+v", s)
	}
	if !slices.Equal(choices[0].Unbeaten, []string{"a", "c"}) {
		t.Errorf("%+v", choices)
	}
	if o, c := ranked(t, "throughput", map[string][]float64{"a": noisy(100), "b": noisy(300)}); len(o)+len(c) > 0 {
		t.Errorf("two sides need no order: %+v, %+v", o, c)
	}
}

// Of sides that are all alike, hardly any order parts two, however many there are.
func TestAlikeSidesAreSeldomParted(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	rng := rand.New(rand.NewPCG(7, 11))
	const runs = 300
	alarms := 0
	for range runs {
		values := map[string][]float64{}
		for i := range 9 {
			for range stats.MinBlocks {
				values[fmt.Sprint(i)] = append(values[fmt.Sprint(i)], 100*math.Exp(.05*rng.NormFloat64()))
			}
		}
		orders, _ := ranked(t, "throughput", values)
		if slices.ContainsFunc(orders[0].Pairs, Pair.parted) {
			alarms++
		}
	}
	if low, _ := stats.ShareInterval(alarms, runs, stats.Confidence); low > stats.Alpha {
		t.Errorf("%d of %d orders part sides that are alike", alarms, runs)
	}
}

// A side that promises something else beats none, whatever its figures: less work is no merit.
func TestNobodyIsBeatenByAnotherPromise(t *testing.T) {
	t.Parallel()
	s := suite.Scenario{Name: "s", Decide: []string{"throughput"}, Arms: []string{"early", "fast", "slow"}}
	plan := suite.Plan{Brokers: []string{"redis"}, Scenarios: []suite.Scenario{s}, Blocks: stats.MinBlocks}
	cells := map[suite.Key]Cell{}
	var rows []TrialRow
	for i, name := range s.Arms {
		plan.Arms = append(plan.Arms, suite.Arm{Name: name, Contender: name})
		delivery := results.AtLeastOnce
		if name == "early" {
			delivery = results.AtMostOnce
		}
		cells[suite.KeyOf("s", "redis", name)] = Cell{Scenario: "s", Broker: "redis", Arm: name, Delivery: delivery}
		for b := range stats.MinBlocks {
			rows = append(rows, TrialRow{Metrics: map[string]float64{"throughput": 100 / float64(i+1) * (1 + .001*float64((b*(i+2))%3))},
				Trial: results.Trial{ID: len(rows) + 1, Block: b + 1, Scenario: "s", Broker: "redis", Arm: name}})
		}
	}
	compared := []Comparison{{Scenario: "s", Broker: "redis", Metric: "throughput", NotCounted: Promises{Stated: "promises"}}}
	orders, choices := ordersOf(plan, rows, compared, cells)
	if len(orders) != 1 || len(choices) != 1 || !slices.Equal(choices[0].Unbeaten, []string{"early", "fast"}) || choices[0].Grade != GradeSure {
		t.Fatalf("%+v", choices)
	}
	for _, p := range orders[0].Pairs {
		if (p.NotCounted.Differ()) != (p.First == "early" || p.Second == "early") || p.Verdict != Faster {
			t.Errorf("%+v", p)
		}
	}
	// As installed, the difference is what the user asked for.
	plan.Defaults = true
	if _, choices := ordersOf(plan, rows, compared, cells); !slices.Equal(choices[0].Unbeaten, []string{"early"}) {
		t.Errorf("as installed: %+v", choices)
	}
}

// A choice is as sure as the verdicts that it hangs on, and no surer.
func TestAChoiceIsAsSureAsItsVerdicts(t *testing.T) {
	t.Parallel()
	sides := []suite.Arm{{Name: "a"}, {Name: "b"}, {Name: "c"}}
	pair := func(first, second, verdict, grade string) Pair {
		return Pair{First: first, Second: second, Verdict: verdict, Grade: grade}
	}
	const sure, here = GradeSure, GradeHere
	for _, tt := range []struct {
		name  string
		pairs []Pair
		want  string
		grade string
	}{
		{"nothing is parted", []Pair{pair("a", "b", Undecided, ""), pair("a", "c", Equivalent, sure)}, "a b c", ""},
		{"all sure", []Pair{pair("a", "b", Faster, sure), pair("a", "c", Faster, sure)}, "a", sure},
		{"one hangs on the noise", []Pair{pair("a", "b", Faster, sure), pair("a", "c", Faster, here)}, "a", here},
		{"it is beaten by another one surely", []Pair{pair("a", "c", Faster, here), pair("b", "c", Faster, sure)}, "a b", sure},
		{"the second is better", []Pair{pair("a", "b", Slower, sure)}, "b c", sure},
	} {
		o := Order{Pairs: tt.pairs}
		for _, s := range sides {
			o.Sides = append(o.Sides, Finisher{Arm: s.Name, Place: 1})
		}
		c := ChoiceOf("s", "b", armNames(sides), []Order{o})
		if got := strings.Join(c.Unbeaten, " "); got != tt.want || c.Grade != tt.grade {
			t.Errorf("%s: %s, %q", tt.name, got, c.Grade)
		}
	}
}
