package view

import (
	"fmt"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Omission is verdicts that would decide and don't count, all for one reason: they are shown, and no answer is made of
// them.
type Omission struct {
	Reason   string
	Compared []analysis.Comparison
}

// LeftOut sorts the comparisons that don't count by reason.
func LeftOut(cs []analysis.Comparison) []Omission {
	var out []Omission
	for _, c := range cs {
		if !c.NotCounted.Differ() {
			continue
		}
		why := Uncounted(c)
		i := slices.IndexFunc(out, func(l Omission) bool { return l.Reason == why })
		if i < 0 {
			i = len(out)
			out = append(out, Omission{Reason: why})
		}
		out[i].Compared = append(out[i].Compared, c)
	}
	return out
}

// sentence says where verdicts don't count, and why.
func (l Omission) sentence(known Products) string {
	var where []string
	for _, c := range l.Compared {
		if b := Name(known.Name(c.Broker)); !slices.Contains(where, b) {
			where = append(where, b)
		}
	}
	return fmt.Sprintf("On %s, %s in the answer: %s.", text.List(where), l.Dont(number.Plural(len(l.Compared), "verdict")),
		Sentence(l.Reason))
}

// Dont is that what doesn't count, or that they don't.
func (l Omission) Dont(what string) string {
	if len(l.Compared) == 1 {
		return what + " doesn't count"
	}
	return what + " don't count"
}

// phaseSentences say which phases the plan left out, a sentence for each reason.
func phaseSentences(a analysis.Analysis) []string {
	var reasons []string
	phases := map[string][]string{}
	for _, sc := range a.Scenarios {
		for _, o := range sc.LeftOut {
			if phases[o.Why] == nil {
				reasons = append(reasons, o.Why)
			}
			// The points of a sweep have one title.
			if p := fmt.Sprintf("phase %s of %s", Name(o.Phase), Name(sc.Title)); !slices.Contains(phases[o.Why], p) {
				phases[o.Why] = append(phases[o.Why], p)
			}
		}
	}
	var out []string
	for _, why := range reasons {
		out = append(out, fmt.Sprintf("Left out: %s. The reason: %s.", text.List(phases[why]), Sentence(why)))
	}
	return out
}
