package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
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
			c.Outcome, c.Sentence = ClaimNotMeasurable, text.Upper(p.Unmeasurable)+"."
			out = append(out, c)
			continue
		}
		k := *p.Check
		c.Scenario, c.Broker, c.Contender, c.Metric, c.Unit = k.Scenario, k.Broker, k.Contender, k.Metric, k.Unit
		c.Bound, c.Note = k.Bound(), strings.Join(strings.Fields(k.Note), " ")
		c.Claimed = *cmp.Or(k.About, k.AtLeast, k.AtMost)
		if o, ok := k.Other(); ok {
			c.relate(k, o.Contender)
		}
		if why := c.check(k, plan, rows); why != "" {
			c.Outcome, c.Sentence = ClaimNotMeasured, why
		}
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

// check fills in what was measured and what became of the claim, or says why nothing was.
func (c *Claim) check(k suite.Check, plan suite.Plan, rows []TrialRow) string {
	if plan.RTT > 0 {
		return "This run has a longer way to its brokers, and no figure was published for such a network."
	}
	a, why := claimed(k.Side, k, plan, rows)
	if why != "" {
		return why
	}
	c.Contender = a.Name
	values := a.list(plan.Blocks)
	i, sure := stats.LevelInterval(values, stats.Confidence)
	if o, ok := k.Other(); ok {
		b, why := claimed(o, k, plan, rows)
		if why != "" {
			return why
		}
		c.relate(k, b.Name)
		if k.Over != nil {
			values = a.logRatios(b, plan.Blocks)
		} else {
			values = a.differences(b, plan.Blocks)
		}
		if sure = len(values) >= 2; !sure {
			return "Fewer than two blocks are valid on both sides."
		}
		if i = stats.MeanInterval(values, stats.Confidence); k.Over != nil {
			i = i.Exp()
		}
		if !stats.IsFinite(i.Low) || !stats.IsFinite(i.High) {
			return "What was measured is beyond the range of numbers."
		}
	}
	c.Measured, c.Low, c.High, c.Trials = i.Estimate, i.Low, i.High, len(values)
	c.Outcome = Undecided
	if sure {
		c.Outcome = outcome(k, i.Low, i.High)
	}
	c.Sentence = c.sentence(k, sure, plan.Defaults)
	return ""
}

// claimed finds the arm that stands for a side of a claim: of a framework, the first in the scenario that has values. It
// says why there is none.
func claimed(s suite.Side, k suite.Check, plan suite.Plan, rows []TrialRow) (arm, string) {
	sc, ok := plan.Scenario(s.Scenario)
	if !ok || !slices.Contains(plan.Brokers, s.Broker) || !sc.RunsOn(s.Broker) {
		return arm{}, fmt.Sprintf("This run has no %s on %s.", s.Scenario, s.Broker)
	}
	var m figure
	for _, x := range figuresIn(sc) {
		if x.Name == s.Metric {
			m = x
		}
	}
	found := false
	for _, side := range plan.Sides(sc, s.Broker) {
		if side.Contender != s.Contender && !strings.HasPrefix(side.Contender, s.Contender+"/") {
			continue
		}
		found = true
		a := armOf(rows, s.Scenario, s.Broker, side, s.Metric)
		if len(a.values) == 0 {
			continue
		}
		if k.Over != nil {
			return a, ""
		}
		factor, err := inUnit(m, k.Unit)
		if err != nil {
			return arm{}, text.Upper(err.Error()) + "."
		}
		if k.Per == suite.PerProcess {
			factor /= float64(sc.Processes)
		}
		for block := range a.values {
			a.values[block] *= factor
		}
		return a, ""
	}
	if !found {
		return arm{}, fmt.Sprintf("This run has no %s in %s on %s.", s.Contender, s.Scenario, s.Broker)
	}
	return arm{}, fmt.Sprintf("No trial of %s in %s on %s has a valid %s.", s.Contender, s.Scenario, s.Broker, text.Lower(m.Title))
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
	case fails && k.Stricter == "":
		return ClaimFails
	}
	return Undecided
}

func (c *Claim) sentence(k suite.Check, sure, defaults bool) string {
	setup := "in the matched set-up"
	if defaults {
		setup = "as installed"
	}
	number := func(v float64) string {
		if c.Unit != suite.Times && v >= 100 {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
		if v < 0 {
			return strconv.FormatFloat(v, 'g', 3, 64)
		}
		return text.Times(v)
	}
	what := map[string]string{
		ClaimReproduced: "Reproduced",
		Undecided:       "Too few or too varied trials to tell",
		ClaimHigher:     "Not reproduced: more was measured here",
		ClaimLower:      "Not reproduced: less was measured here",
		ClaimHolds:      "Holds here",
		ClaimFails:      "Does not hold here",
	}[c.Outcome]
	switch lax := k; {
	case !sure:
		what = "Undecided: one trial has no interval"
	case k.Stricter != "" && c.Outcome == Undecided:
		lax.Stricter = ""
		if outcome(lax, c.Low, c.High) == ClaimFails {
			what = "Undecided, since what was measured asks more than is claimed (" + strings.Join(strings.Fields(k.Stricter), " ") + ")"
		}
	}
	return fmt.Sprintf("%s: %s %s (%s to %s) with %s, %s.", what, number(c.Measured), c.Unit, number(c.Low), number(c.High), c.Contender, setup)
}
