package analysis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

const (
	// claimTolerance widens the measured interval: a figure from another machine is not expected to the last percent.
	claimTolerance = 0.10
	// claimWidth is the widest interval, as high over low, that can bear a "reproduced": a wide one holds anything.
	claimWidth = 1.5
)

// claims holds the published figures against the trials of a run.
func claims(published []suite.Claim, plan suite.Plan, rows []TrialRow) []Claim {
	out := []Claim{}
	for _, p := range published {
		c := Claim{Text: p.Text, Source: p.Source}
		if p.Check == nil {
			c.Outcome, c.Reason = ClaimNotMeasurable, ClaimReason{Code: ReasonUnmeasurable, Detail: p.Unmeasurable}
			out = append(out, c)
			continue
		}
		k := *p.Check
		c.Scenario, c.Broker, c.Contender, c.Metric, c.Unit = k.Scenario, k.Broker, k.Contender, k.Metric, k.Unit
		c.Bound, c.Note = k.Bound(), strings.Join(strings.Fields(k.Note), " ")
		c.Defaults = plan.Defaults
		c.Claimed = *cmp.Or(k.About, k.AtLeast, k.AtMost)
		if o, ok := k.Other(); ok {
			c.relate(k, o.Contender)
		}
		c.check(k, plan, rows)
		out = append(out, c)
	}
	return out
}

// relate writes the claim's contender and metric as those of two sides.
func (c *Claim) relate(k suite.Check, other string) {
	o, _ := k.Other()
	if o.Scenario != k.Scenario {
		other += " in " + o.Scenario
	}
	if o.Broker != k.Broker {
		other += " on " + o.Broker
	}
	link, kind := " over ", " ratio"
	if k.Minus != nil {
		link, kind = " less ", " difference"
	}
	c.Contender += link + other
	c.Metric = k.Metric + kind
}

// check fills in what was measured and what became of the claim.
func (c *Claim) check(k suite.Check, plan suite.Plan, rows []TrialRow) {
	m, why := c.measure(k, plan, rows)
	if why.Code != "" {
		c.Outcome, c.Reason = ClaimNotMeasured, why
		return
	}
	c.Measured, c.Low, c.High, c.Trials = m.Estimate, m.Low, m.High, m.trials
	c.Outcome = outcome(k, m.Low, m.High)
	switch {
	case !m.sure:
		c.Outcome, c.Reason = Undecided, ClaimReason{Code: ReasonNoInterval}
	case c.Outcome == ClaimFails && k.Stricter != "":
		c.Outcome, c.Reason = Undecided, ClaimReason{Code: ReasonStricter, Detail: strings.Join(strings.Fields(k.Stricter), " ")}
	}
}

// claimFigure is what was measured of a claim. It is not sure without an interval.
type claimFigure struct {
	stats.Interval
	trials int
	sure   bool
}

// measure computes the figure that a claim is about and names the arms that it is of, or says why there is none.
func (c *Claim) measure(k suite.Check, plan suite.Plan, rows []TrialRow) (claimFigure, ClaimReason) {
	switch {
	case plan.RTT > 0:
		return claimFigure{}, ClaimReason{Code: ReasonDelayed}
	case plan.Hosts != nil:
		return claimFigure{}, ClaimReason{Code: ReasonMachines}
	}
	a, why := claimed(k.Side, k, plan, rows)
	if why.Code != "" {
		return claimFigure{}, why
	}
	c.Contender = a.Name
	o, two := k.Other()
	if !two {
		values := a.list(plan.Blocks)
		i, sure := stats.LevelInterval(values, stats.Confidence)
		return claimFigure{i, len(values), sure}, ClaimReason{}
	}
	b, why := claimed(o, k, plan, rows)
	if why.Code != "" {
		return claimFigure{}, why
	}
	c.relate(k, b.Name)
	values := a.differences(b, plan.Blocks)
	if k.Over != nil {
		values = a.logRatios(b, plan.Blocks)
	}
	if len(values) < 2 {
		return claimFigure{}, ClaimReason{Code: ReasonFewBlocks}
	}
	i := stats.MeanInterval(values, stats.Confidence)
	if k.Over != nil {
		i = i.Exp()
	}
	if !stats.IsFinite(i.Low) || !stats.IsFinite(i.High) {
		return claimFigure{}, ClaimReason{Code: ReasonBeyond}
	}
	return claimFigure{i, len(values), true}, ClaimReason{}
}

// claimed finds the arm that stands for a side of a claim: of a framework, the first in the scenario that has values. Those in tqbench's own
// release come before those in a chosen one. It says why there is none.
func claimed(s suite.Side, k suite.Check, plan suite.Plan, rows []TrialRow) (arm, ClaimReason) {
	none := func(code string) (arm, ClaimReason) {
		return arm{}, ClaimReason{Code: code, Scenario: s.Scenario, Broker: s.Broker, Contender: s.Contender, Metric: s.Metric}
	}
	sc, ok := plan.Scenario(s.Scenario)
	if !ok || !slices.Contains(plan.Brokers, s.Broker) || !sc.RunsOn(s.Broker) {
		return none(ReasonNoPlace)
	}
	var m figure
	for _, x := range figuresIn(sc) {
		if x.Name == s.Metric {
			m = x
		}
	}
	found := false
	sides := plan.Sides(sc, s.Broker)
	slices.SortStableFunc(sides, func(a, b suite.Arm) int {
		_, x := a.Release()
		_, y := b.Release()
		return cmp.Compare(min(len(x), 1), min(len(y), 1))
	})
	for _, side := range sides {
		if name, _ := side.Release(); name != s.Contender && !strings.HasPrefix(name, s.Contender+"/") {
			continue
		}
		found = true
		if plan.Defaults && k.Over == nil && (k.Per == suite.PerProcess || s.Metric == metric.CPUShare) {
			return none(ReasonInstalled)
		}
		a := armOf(rows, s.Scenario, s.Broker, side, s.Metric)
		if len(a.values) == 0 {
			continue
		}
		if k.Over != nil {
			return a, ClaimReason{}
		}
		factor, ok := inUnit(m, k.Unit)
		if !ok {
			return arm{}, ClaimReason{Code: ReasonUnit, Unit: m.Unit}
		}
		if k.Per == suite.PerProcess {
			factor /= float64(sc.Processes)
		}
		for block := range a.values {
			a.values[block] *= factor
		}
		return a, ClaimReason{}
	}
	if !found {
		return none(ReasonNoContender)
	}
	return none(ReasonNoValue)
}

// outcome holds an interval against what is claimed.
func outcome(k suite.Check, low, high float64) string {
	if k.About != nil {
		switch {
		case *k.About < low*(1-claimTolerance):
			return ClaimHigher
		case *k.About > high*(1+claimTolerance):
			return ClaimLower
		case high > low*claimWidth:
			return Undecided
		}
		return ClaimReproduced
	}
	holds := (k.AtLeast == nil || low >= *k.AtLeast) && (k.AtMost == nil || high <= *k.AtMost)
	fails := k.AtLeast != nil && high < *k.AtLeast || k.AtMost != nil && low > *k.AtMost
	switch {
	case holds:
		return ClaimHolds
	case fails:
		return ClaimFails
	}
	return Undecided
}
