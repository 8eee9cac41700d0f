package analysis

import (
	"slices"
	"strings"
	"testing"
)

// side is one side of a comparison of throughput.
func side(contender string, low, estimate, high float64) Estimate {
	return Estimate{Contender: contender, Arm: contender, Low: low, Estimate: estimate, High: high, Values: []float64{estimate}}
}

// The claims are 3429 tasks/s of AsyncTasQ, 1121 of Celery, and their ratio of 3.06. A figure is reproduced between
// 90 % of the low end of what was measured and 110 % of the high end.
func TestClaimsAreHeldAgainstTheWholeInterval(t *testing.T) {
	on := func(baseline, candidate Estimate, blocks int, low, ratio, high float64) Comparison {
		return Comparison{Scenario: "throughput", Broker: "redis", Metric: "throughput", Baseline: baseline, Candidate: candidate,
			Blocks: blocks, Ratio: Interval{Low: low, Estimate: ratio, High: high}}
	}
	elsewhere := func(change func(*Comparison)) Comparison {
		c := on(side("celery/prefork", 1, 1, 1), side("asynctasq/async", 1, 1, 1), 6, 1, 1, 1)
		change(&c)
		return c
	}
	const reproduced, higher, lower, undecided, none = "reproduced", "higher", "lower", "undecided", "not measured"
	for _, tt := range []struct {
		name string
		all  []Comparison
		// Of AsyncTasQ, of Celery, and of their ratio.
		want []string
	}{
		{"as published", []Comparison{on(side("celery/prefork", 1100, 1121, 1140), side("asynctasq/async", 3300, 3429, 3500), 6, 3, 3.06, 3.1)},
			[]string{reproduced, reproduced, reproduced}},
		{"a faster AsyncTasQ and a slower Celery", []Comparison{on(side("celery/prefork", 490, 500, 510), side("asynctasq/async", 4900, 5000, 5100), 6, 9.5, 10, 10.5)},
			[]string{higher, lower, higher}},
		{"the other way round", []Comparison{on(side("asynctasq/async", 900, 1000, 1100), side("celery/prefork", 1900, 2000, 2100), 6, 1.9, 2, 2.1)},
			[]string{lower, higher, lower}},
		// 1/0.32679 = 3.06: Celery over AsyncTasQ is turned round before it is compared.
		{"the sides are swapped", []Comparison{on(side("asynctasq/async", 3300, 3429, 3500), side("celery/prefork", 1100, 1121, 1140), 6, 0.32, 0.32679, 0.33)},
			[]string{reproduced, reproduced, reproduced}},
		{"one block makes no ratio", []Comparison{on(side("celery/prefork", 1121, 1121, 1121), side("asynctasq/async", 9000, 9000, 9000), 1, 8, 8, 8)},
			[]string{higher, reproduced, none}},
		{"a contender against itself", []Comparison{on(side("celery/prefork", 1100, 1121, 1140), side("celery/prefork", 1100, 1121, 1140), 6, 1, 1, 1)},
			[]string{none, reproduced, none}},
		{"no valid trial on one side", []Comparison{on(side("celery/prefork", 1100, 1121, 1140), Estimate{Contender: "asynctasq/async"}, 0, 0, 0, 0)},
			[]string{none, reproduced, none}},
		{"just within the tolerance", []Comparison{on(side("celery/prefork", 1020, 1020, 1020), side("asynctasq/async", 3809, 3809, 3809), 6, 3.398, 3.398, 3.398)},
			[]string{reproduced, reproduced, reproduced}},
		{"just beyond it", []Comparison{on(side("celery/prefork", 1019, 1019, 1019), side("asynctasq/async", 3811, 3811, 3811), 6, 3.4, 3.4, 3.4)},
			[]string{higher, lower, higher}},
		{"as wide as may be", []Comparison{on(side("celery/prefork", 1000, 1121, 1500), side("asynctasq/async", 3000, 3429, 4500), 6, 2.5, 3.06, 3.75)},
			[]string{reproduced, reproduced, reproduced}},
		{"too wide", []Comparison{on(side("celery/prefork", 1000, 1121, 1501), side("asynctasq/async", 2000, 3429, 9000), 6, 0.5, 3.06, 20)},
			[]string{undecided, undecided, undecided}},
		{"another broker", []Comparison{elsewhere(func(c *Comparison) { c.Broker = "rabbitmq" })}, []string{none, none, none}},
		{"another scenario", []Comparison{elsewhere(func(c *Comparison) { c.Scenario = "fan-out" })}, []string{none, none, none}},
		{"another metric", []Comparison{elsewhere(func(c *Comparison) { c.Metric = "enqueue_wire" })}, []string{none, none, none}},
		{"nothing", nil, []string{none, none, none}},
	} {
		var got []string
		list := claims(tt.all)
		for _, c := range list {
			got = append(got, c.Outcome)
			starts := map[string]string{reproduced: "Reproduced: ", higher: "Not reproduced: more ", lower: "Not reproduced: less ",
				undecided: "Too few ", none: "This run has nothing"}
			if !strings.HasPrefix(c.Sentence, starts[c.Outcome]) {
				t.Errorf("%s: %s is said as %q", tt.name, c.Outcome, c.Sentence)
			}
			if c.Outcome != none && !(c.Low <= c.Measured && c.Measured <= c.High) {
				t.Errorf("%s: %+v", tt.name, c)
			}
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		mustMarshal(t, list)
	}
}
