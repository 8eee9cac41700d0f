package analysis

import (
	"fmt"

	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// rule says in words what stats.Judge does.
const rule = "What is compared is the ratio of the two sides by block, and what is estimated is its geometric mean over blocks. " +
	"Faster or slower: at least 6 blocks; the paired t-test on the log ratios stays below 5 % for all looks of the run together, after " +
	"Holm's correction over the comparisons that decide (over the others by themselves for these); and the median block is on the " +
	"same side, by an interval of order statistics of 75 %, so that a rare slow trial alone makes no verdict. Equivalent: at least " +
	"6 blocks, and two one-sided t-tests show at 5 %, for all looks together, that the ratio is within 5 % of 1; this goes before faster or slower. " +
	"Each trial has a bracket of what stolen CPU time, the CPU time of other programs and a late generator can have changed. A verdict that holds at both " +
	"ends of the brackets, with other programs running during no more than a fifth of the blocks, holds whatever the noise did; one that holds for the " +
	"figures alone is as measured here, and so is each verdict where noise can't be known: on a broker that tqbench didn't start, and over several " +
	"machines. Equivalence needs both ends. In a run that adds blocks until its intervals are narrow, " +
	"the t-test is held at 4 % and equivalence at 2.5 %. Anything else is undecided."

// decide gives the verdicts. The p-values of those that decide are corrected over all of them, those of the others by
// themselves: what a reader is not asked to look at weakens no answer.
func decide(all []Comparison, plan suite.Plan) (family int) {
	scales := newScales(plan)
	for _, deciding := range []bool{true, false} {
		var some []*Comparison
		for i := range all {
			if c := &all[i]; (c.Deciding || c.NotCounted.Differ()) == deciding {
				some = append(some, c)
			}
		}
		if n := decideFamily(some, scales); deciding {
			family = n
		}
	}
	for i := range all {
		c := &all[i]
		switch {
		case c.Verdict != "":
		case len(c.Ratios) == 1:
			c.Verdict, c.NeedBlocks = Undecided, stats.MinBlocks
		case len(c.Baseline.Values)+len(c.Baseline.Spoiled) == 0 || len(c.Candidate.Values)+len(c.Candidate.Spoiled) == 0:
			c.Verdict = NoData
		default:
			c.Verdict = Undecided
		}
	}
	return family
}

// decideFamily gives verdicts on the comparisons that have two blocks or more. Their p-values are corrected over all of these, and
// it returns how many they are.
func decideFamily(all []*Comparison, scales *scales) int {
	narrow := scales.plan.Growth != nil && scales.plan.Growth.Until > 0
	var some []*Comparison
	var family []stats.Comparison
	for _, c := range all {
		if c.Blocks >= 2 {
			some = append(some, c)
			family = append(family, stats.Comparison{Blocks: c.LogRatios(), Scale: scales.of(c.Scenario, c.Broker), Narrow: narrow})
		}
	}
	for i, j := range stats.Judge(family) {
		some[i].take(j)
	}
	return len(some)
}

// scales are those of a plan's cells. Cells that were looked at alike share one.
type scales struct {
	plan  suite.Plan
	last  map[suite.Place]int
	known map[string]sequential.Scale
}

func newScales(plan suite.Plan) *scales {
	s := &scales{plan: plan, last: map[suite.Place]int{}, known: map[string]sequential.Scale{}}
	for _, t := range plan.Trials {
		p := suite.At(t.Scenario, t.Broker)
		s.last[p] = max(s.last[p], t.Block)
	}
	return s
}

func (s *scales) of(scenario, broker string) sequential.Scale {
	looks := s.plan.LooksAt(s.last[suite.At(scenario, broker)])
	key := fmt.Sprint(looks)
	scale, ok := s.known[key]
	if !ok {
		// Looks that are no sequence, of a plan that was edited, leave the p-values as they are.
		scale, _ = sequential.NewScaleAt(sequential.Spent, looks)
		s.known[key] = scale
	}
	return scale
}

// take takes in what was judged. A verdict of too many disturbed blocks, or of unknown noise, holds as measured here at most.
func (c *Comparison) take(j stats.Judgement) {
	c.CorrectedP, c.BracketedP, c.NeedBlocks = j.P.Plain, j.P.Bracketed, j.Need
	c.Verdict, c.Grade = VerdictOn(j.Verdict, c.HigherIsBetter), string(j.Grade)
	if c.Grade == GradeSure && (c.Crowded() || c.NoiseUnknown != "") {
		c.Grade = GradeHere
	}
}

// VerdictOn is a verdict in the words of analysis.json, where higher values are better or not.
func VerdictOn(v stats.Verdict, higherIsBetter bool) string {
	switch {
	case v == stats.Equivalent:
		return Equivalent
	case v != stats.Higher && v != stats.Lower:
		return Undecided
	case (v == stats.Higher) == higherIsBetter:
		return Faster
	}
	return Slower
}

// Crowded tells whether other programs ran during too many of the blocks for a verdict to hold elsewhere. Fewer can't make
// one: the median of the blocks has to be on its side, too.
func Crowded(blocks, of int) bool { return 5*blocks > of }

// Crowded tells whether other programs ran next to so many of the blocks that its verdict holds only as measured here.
func (c Comparison) Crowded() bool { return Crowded(c.Disturbed, c.Blocks) }

// Rule says in words when a verdict is given.
func Rule() string { return rule }
