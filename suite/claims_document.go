package suite

import (
	"fmt"
	"strconv"
	"strings"
)

// DocumentClaims describes claims in Markdown: each claim, its source, and its check or the reason why it has none.
func DocumentClaims(claims []Claim) string {
	var b strings.Builder
	b.WriteString("# Claims\n\n" +
		"Published figures and targets, and how each run checks them. Made from `suite/claims.yaml` by `go test ./suite -update`.\n\n" +
		"The interval of the measured value decides, never its middle alone. A target `holds` if the whole interval keeps it,\n" +
		"`does not hold` if the whole interval misses it, and is `undecided` otherwise. A figure that was published as measured (\"about\") is\n" +
		"`reproduced` if it is within 10 % of the interval, and that reaches no higher than 1.5 times its low end; a wider one is `undecided`, and so\n" +
		"is one trial alone. Otherwise the measured value is `higher` or `lower`. A run that lacks the\n" +
		"scenario, broker or contender says `not measured`, as does one with `--rtt` or over several machines. As installed, a claim for each process is\n" +
		"`not measured`, too: queues have their own numbers of processes. A claim that no run can check is `not measurable`. One side has the interval of\n" +
		"order statistics or, with fewer than six trials, the wider of Student's and their range. A ratio over the blocks and a difference have Student's.\n")
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

// how describes the check of a claim.
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
		out += " The check asks more than the claim, so it can only show that the claim holds: " + flow(k.Stricter) + "."
	}
	if k.Note != "" {
		out += " " + flow(k.Note)
	}
	return out
}

func (s Side) words() string {
	return fmt.Sprintf("`%s` of %s in `%s` on %s", s.Metric, s.Contender, s.Scenario, s.Broker)
}

// Bound is the claimed figure in words, without its unit.
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
