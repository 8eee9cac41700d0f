package analysis

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
)

// rule says in words what decide does.
const rule = "Faster or slower: at least 6 blocks, the paired t-test on the log ratios of the blocks stays below 0.05 after " +
	"Holm's correction over all comparisons of this report, and each of the three 95 % intervals of the ratio (paired t, BCa " +
	"bootstrap, order statistics) leaves out 1. Equivalent: at least 6 blocks, and all three lie within 5 % of 1 or two one-sided " +
	"t-tests at 0.05, not corrected for the number of comparisons, show the same; this goes before faster or slower. In a run " +
	"that adds blocks until its intervals are narrow, those two tests are at 0.025, since it looks more than once. " +
	"Anything else is undecided."

// decide gives the verdicts, with the p-values corrected over all of them.
func decide(all []Comparison, growing bool) (family int) {
	var index []int
	var ps []float64
	for i := range all {
		if all[i].Blocks >= 2 {
			index = append(index, i)
			ps = append(ps, all[i].p(TestPairedT))
		}
	}
	corrected, factors := holm(ps)
	for k, i := range index {
		all[i].CorrectedP = corrected[k]
		all[i].decide(factors[k], growing)
	}
	for i := range all {
		if all[i].Blocks < 2 {
			all[i].Verdict = NoData
		}
		all[i].Sentence = all[i].sentence() + all[i].died()
		if why := all[i].NotCounted; why != "" {
			all[i].Sentence += " It does not count in the answer: " + why + "."
		}
	}
	return len(ps)
}

// decide gives one verdict. factor is what Holm's correction multiplied the p-value by.
func (c *Comparison) decide(factor int, growing bool) {
	low, high := 1/(1+margin), 1+margin
	switch {
	case c.Blocks >= minBlocks && (c.Ratio.Low >= low && c.Ratio.High <= high || c.p(TestTOST) < equivalenceLevel(growing)):
		c.Verdict = Equivalent
	case c.Blocks >= minBlocks && len(c.Intervals) == 3 && excludes(c.Intervals) != 0 && c.CorrectedP < alpha:
		c.Verdict = Slower
		if (c.Ratio.Estimate > 1) == c.HigherIsBetter {
			c.Verdict = Faster
		}
	default:
		c.Verdict = Undecided
		c.NeedBlocks = c.need(factor)
	}
}

// equivalenceLevel is the level of the two one-sided tests. A run that grows looks at its intervals again and again, and
// stops when they are narrow, which is when equivalence is found: simulated, 0.05 gave more than 5 % of false ones then.
func equivalenceLevel(growing bool) float64 {
	if growing {
		return alpha / 2
	}
	return alpha
}

// excludes is 1 where all intervals lie above 1, -1 where all lie below, and else 0.
func excludes(intervals []Interval) int {
	above, below := true, true
	for _, i := range intervals {
		above, below = above && i.Low > 1, below && i.High < 1
	}
	switch {
	case above && len(intervals) > 0:
		return 1
	case below && len(intervals) > 0:
		return -1
	}
	return 0
}

// need estimates how many blocks would decide, if the ratio and its spread stay as they are: the least n at which
// Student's interval leaves out 1 at the corrected level, or lies within the margin. 0 means more than maxNeed.
func (c *Comparison) need(factor int) int {
	var logs []float64
	for _, r := range c.Ratios {
		logs = append(logs, math.Log(r.Ratio))
	}
	m := momentsOf(logs)
	// Each further block makes both intervals narrower: whether n decides is searched for by halves.
	least := max(minBlocks, c.Blocks+1)
	n := least + sort.Search(max(0, maxNeed+1-least), func(i int) bool {
		return math.Abs(m.mean) > tHalfWidth(m.sd, least+i, 1-alpha/float64(factor)) ||
			math.Abs(m.mean)+tHalfWidth(m.sd, least+i, confidence) < math.Log1p(margin)
	})
	if n > maxNeed {
		return 0
	}
	return n
}

// sentence says the verdict in words.
func (c *Comparison) sentence() string {
	a, b := c.Candidate.Arm, c.Baseline.Arm
	interval := fmt.Sprintf("95 %% interval %s to %s, %s", times(c.Ratio.Low), times(c.Ratio.High), blocks(c.Blocks))
	says := func(ratio string) string {
		for _, m := range metrics() {
			if m.name == c.Metric {
				return fmt.Sprintf(m.says, ratio)
			}
		}
		return fmt.Sprintf("has %s times the %s of", ratio, text.Lower(c.Title))
	}
	switch c.Verdict {
	case Faster, Slower:
		return fmt.Sprintf("%s %s %s (%s).", a, says(times(c.Ratio.Estimate)), b, interval)
	case Equivalent:
		return fmt.Sprintf("%s and %s are equivalent in %s: the ratio is %s (%s), and a difference of more than %.0f %% is ruled out.",
			a, b, text.Lower(c.Title), times(c.Ratio.Estimate), interval, 100*margin)
	case NoData:
		return fmt.Sprintf("There is no comparison of %s in %s: fewer than two blocks are valid on both sides.", a+" with "+b, text.Lower(c.Title))
	}
	end := "more than 1000 blocks would be needed to decide"
	if c.NeedBlocks > 0 {
		end = fmt.Sprintf("about %d blocks would decide", c.NeedBlocks)
	}
	return fmt.Sprintf("%s %s %s (%s): undecided; %s.", a, says("anything from "+times(c.Ratio.Low)+" to "+times(c.Ratio.High)), b, blocks(c.Blocks), end)
}

// times prints a ratio with about three significant digits. A bound that isn't 1 must not read as 1, or a verdict
// would contradict its own numbers.
func times(x float64) string {
	switch {
	case x < 0.1 || x >= 1e6:
		return strconv.FormatFloat(x, 'g', 2, 64)
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	for digits := 2; digits <= 5; digits++ {
		if s := strconv.FormatFloat(x, 'f', digits, 64); strings.Trim(s, "0.") != "1" {
			return s
		}
	}
	return "1.00"
}

func blocks(n int) string {
	if n == 1 {
		return "1 block"
	}
	return fmt.Sprintf("%d blocks", n)
}

// Rule says in words when a verdict is given.
func Rule() string { return rule }

// Margin is the relative difference below which two results count as equivalent.
const Margin = margin
