package suite

import (
	"fmt"
	"strconv"
	"strings"
)

// DocumentClaims describes claims in Markdown: what is claimed, by whom, and what it is checked by or why it isn't.
func DocumentClaims(claims []Claim) string {
	var b strings.Builder
	b.WriteString("# Claims\n\n" +
		"Published figures and targets, and what each run holds them against. Made from `suite/claims.yaml` by `go test ./suite -update`.\n\n" +
		"What decides is the interval of what was measured, never its middle alone. A target `holds` where the whole interval keeps it,\n" +
		"`does not hold` where the whole interval misses it, and is else `undecided`. A figure that was published as measured (\"about\") is\n" +
		"`reproduced` where it lies within 10 % of the interval, and else what was measured is `higher` or `lower`. A run that lacks the\n" +
		"scenario, broker or contender says `not measured`; what no run can tell is `not measurable`. The interval of one side is that of\n" +
		"order statistics, or of fewer than six trials the widest of Student's and their range; that of a ratio the widest of Student's,\n" +
		"BCa bootstrap and order statistics over the blocks; that of a difference Student's.\n")
	source := ""
	for _, c := range claims {
		if c.Source != source {
			source = c.Source
			fmt.Fprintf(&b, "\n## %s\n\n", source)
		}
		fmt.Fprintf(&b, "- **%s.** %s\n", c.Text, c.how())
	}
	return b.String()
}

// how says in words what checks a claim.
func (c Claim) how() string {
	if c.Check == nil {
		return "Not measurable: " + c.Unmeasurable + "."
	}
	k := *c.Check
	what := k.words()
	if k.Per != "" {
		what += ", for each " + k.Per
	}
	if o, ok := k.Other(); ok {
		link := "over"
		if k.Minus != nil {
			link = "less"
		}
		what += fmt.Sprintf(" %s %s", link, o.words())
	}
	out := fmt.Sprintf("Checked by %s: %s %s.", what, k.Bound(), k.Unit)
	if k.Stricter != "" {
		out += " This asks more than is claimed, so it can only show that the claim holds: " + flow(k.Stricter) + "."
	}
	if k.Note != "" {
		out += " " + flow(k.Note)
	}
	return out
}

func (s Side) words() string {
	return fmt.Sprintf("`%s` of %s in `%s` on %s", s.Metric, s.Contender, s.Scenario, s.Broker)
}

// Bound is what is claimed, in words and without its unit.
func (c Check) Bound() string {
	figure := func(v *float64) string { return strconv.FormatFloat(*v, 'f', -1, 64) }
	switch {
	case c.About != nil:
		return "about " + figure(c.About)
	case c.AtLeast != nil && c.AtMost != nil:
		return "from " + figure(c.AtLeast) + " to " + figure(c.AtMost)
	case c.AtLeast != nil:
		return "at least " + figure(c.AtLeast)
	}
	return "at most " + figure(c.AtMost)
}
