package report

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
)

// left is verdicts that would decide and don't count, all for one reason: they are shown, and no answer is made of
// them.
type left struct {
	reason      string
	comparisons []analysis.Comparison
}

// leftOut sorts the comparisons that don't count by reason.
func leftOut(cs []analysis.Comparison) []left {
	var out []left
	for _, c := range cs {
		if c.NotCounted == "" {
			continue
		}
		i := slices.IndexFunc(out, func(l left) bool { return l.reason == c.NotCounted })
		if i < 0 {
			i = len(out)
			out = append(out, left{reason: c.NotCounted})
		}
		out[i].comparisons = append(out[i].comparisons, c)
	}
	return out
}

// sentence says where verdicts don't count, and why.
func (l left) sentence(known products) string {
	var where []string
	for _, c := range l.comparisons {
		if b := name(known.name(c.Broker)); !slices.Contains(where, b) {
			where = append(where, b)
		}
	}
	return fmt.Sprintf("On %s, %s in the answer: %s.", text.List(where), l.dont(number.Plural(len(l.comparisons), "verdict")),
		sentence(l.reason))
}

// dont is that what doesn't count, or that they don't.
func (l left) dont(what string) string {
	if len(l.comparisons) == 1 {
		return what + " doesn't count"
	}
	return what + " don't count"
}
