package gate

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/suite"
)

// checkScope makes sure that a threshold's scope and metric are of the plan, and counts the cells that have it.
func checkScope(t regress.Threshold, p suite.Plan) (cells int, err error) {
	fail := func(format string, args ...any) (int, error) {
		return 0, fmt.Errorf("%w %q: %s", regress.ErrThreshold, t.Text, fmt.Sprintf(format, args...))
	}
	var scenarios, metrics []string
	covered := false
	for _, s := range p.Scenarios {
		for _, name := range []string{cmp.Or(s.Of, s.Name), s.Name} {
			if !slices.Contains(scenarios, name) {
				scenarios = append(scenarios, name)
			}
		}
		for _, b := range p.Brokers {
			if len(p.Sides(s, b)) < 2 || !t.Covers(regress.Cell{Scenario: s.Name, Broker: b, Arm: armOf(p)}, cmp.Or(s.Of, s.Name)) {
				continue
			}
			covered = true
			for _, m := range analysis.Compared(s) {
				if m == t.Metric {
					cells++
				}
				if !slices.Contains(metrics, m) {
					metrics = append(metrics, m)
				}
			}
		}
	}
	switch {
	case !covered:
		return fail("it covers nothing here: the scenarios are %s, the brokers %s, and both sides run %s", strings.Join(scenarios, ", "),
			strings.Join(p.Brokers, ", "), armOf(p))
	case !slices.Contains(metrics, t.Metric):
		return fail("there is no metric %q%s: choose from %s", t.Metric, text.DidYouMean(t.Metric, metrics), strings.Join(slices.DeleteFunc(metrics, metric.MayBeZero), ", "))
	case metric.MayBeZero(t.Metric):
		return fail("%s %s: choose from %s", t.Metric, regress.NoPercentage, strings.Join(slices.DeleteFunc(metrics, metric.MayBeZero), ", "))
	}
	return cells, nil
}

// unmeasured are the decisions of the cells that a threshold covers and that have no value on either side, such as a broker's CPU time where
// its server isn't ours: another cell that passes says nothing of them. of is the suite's scenario of each in the plan.
func unmeasured(t regress.Threshold, p suite.Plan, a analysis.Analysis, of map[string]string) []Decision {
	var out []Decision
	for _, s := range p.Scenarios {
		for _, b := range p.Brokers {
			cell := regress.Cell{Scenario: s.Name, Broker: b, Arm: armOf(p)}
			if len(p.Sides(s, b)) < 2 || !t.Covers(cell, of[s.Name]) || !slices.Contains(analysis.Compared(s), t.Metric) {
				continue
			}
			ran, measured := false, false
			for _, c := range a.Comparisons {
				if c.Scenario == s.Name && c.Broker == b {
					ran, measured = true, measured || c.Metric == t.Metric
				}
			}
			// Ways of measuring other than by load have some of the metrics that Compared lists.
			if measured || ran && s.Measure != "" && s.Measure != suite.Load {
				continue
			}
			m, _ := metric.Named(t.Metric)
			out = append(out, Decision{
				Cell: cell, Threshold: t.Text, Metric: t.Metric, Title: m.Title, Unit: m.Unit, HigherIsBetter: m.HigherIsBetter,
				Limit: t.Ratio(), Above: t.Above, Outcome: Spoiled,
			})
		}
	}
	return out
}
