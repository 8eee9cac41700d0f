package analysis

import (
	"fmt"
	"strings"
)

// The published figures that a run checks: no-op tasks on Redis, as the project that tqbench grew out of states them.
const (
	claimSource    = "adamrefaey/asynctasq-benchmark-celery, no-op tasks on Redis"
	claimAsyncTasQ = 3429.0
	claimCelery    = 1121.0
	// claimTolerance widens the measured interval: a figure from another machine is not expected to the last percent.
	claimTolerance = 0.10
	// claimWidth is the widest interval, as high over low, that can bear a "reproduced": a wide one holds anything.
	claimWidth = 1.5
)

// claims checks the published figures against the throughput on Redis.
func claims(all []Comparison) []Claim {
	out := []Claim{
		{Text: "AsyncTasQ runs 3,429 no-op tasks per second", Contender: "asynctasq", Metric: "throughput", Claimed: claimAsyncTasQ, Unit: "tasks/s"},
		{Text: "Celery runs 1,121 no-op tasks per second", Contender: "celery", Metric: "throughput", Claimed: claimCelery, Unit: "tasks/s"},
		{Text: "AsyncTasQ runs 3.06 times as many as Celery", Contender: "asynctasq over celery", Metric: "throughput ratio", Claimed: claimAsyncTasQ / claimCelery, Unit: "times"},
	}
	for i := range out {
		c := &out[i]
		c.Source, c.Scenario, c.Broker, c.Outcome = claimSource, "throughput", "redis", "not measured"
		c.Sentence = "This run has nothing to check it with."
		for _, x := range all {
			if x.Scenario == c.Scenario && x.Broker == c.Broker && x.Metric == "throughput" && c.measure(x) {
				break // the first of a framework's arms in the plan stands for it
			}
		}
	}
	return out
}

// measure takes the claim's counterpart from a comparison, and tells whether it has one.
func (c *Claim) measure(x Comparison) bool {
	is := func(e Estimate, framework string) bool {
		return strings.HasPrefix(e.Contender, framework+"/") && len(e.Values) > 0
	}
	switch {
	case c.Metric == "throughput ratio":
		if x.Blocks < 2 {
			return false
		}
		if is(x.Candidate, "asynctasq") && is(x.Baseline, "celery") {
			c.Measured, c.Low, c.High = x.Ratio.Estimate, x.Ratio.Low, x.Ratio.High
			c.Contender = x.Candidate.Arm + " over " + x.Baseline.Arm
		} else if is(x.Candidate, "celery") && is(x.Baseline, "asynctasq") {
			c.Measured, c.Low, c.High = 1/x.Ratio.Estimate, 1/x.Ratio.High, 1/x.Ratio.Low
			c.Contender = x.Baseline.Arm + " over " + x.Candidate.Arm
		} else {
			return false
		}
	case is(x.Baseline, c.Contender):
		c.Measured, c.Low, c.High = x.Baseline.Estimate, x.Baseline.Low, x.Baseline.High
		c.Contender = x.Baseline.Arm
	case is(x.Candidate, c.Contender):
		c.Measured, c.Low, c.High = x.Candidate.Estimate, x.Candidate.Low, x.Candidate.High
		c.Contender = x.Candidate.Arm
	default:
		return false
	}
	switch {
	case c.Claimed < c.Low*(1-claimTolerance):
		c.Outcome = "higher"
	case c.Claimed > c.High*(1+claimTolerance):
		c.Outcome = "lower"
	case c.High > c.Low*claimWidth:
		c.Outcome = "undecided"
	default:
		c.Outcome = "reproduced"
	}
	c.Sentence = c.sentence(x.Defaults)
	return true
}

func (c *Claim) sentence(defaults bool) string {
	setup := "in the matched set-up"
	if defaults {
		setup = "as installed"
	}
	number := func(v float64) string {
		if c.Unit == "times" {
			return times(v)
		}
		return fmt.Sprintf("%.0f", v)
	}
	what := map[string]string{
		"reproduced": "Reproduced",
		"undecided":  "Too few or too varied trials to tell",
		"higher":     "Not reproduced: more was measured here",
		"lower":      "Not reproduced: less was measured here",
	}[c.Outcome]
	return fmt.Sprintf("%s: %s %s (%s to %s) with %s, %s.", what, number(c.Measured), c.Unit, number(c.Low), number(c.High), c.Contender, setup)
}
