package view

import (
	"fmt"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
)

// growthSentence says when a run added blocks; nothing where their number was fixed.
func growthSentence(a analysis.Analysis) string {
	g := a.Method.Growth
	switch {
	case g == nil:
		return ""
	case g.Until > 0:
		end := "No deciding interval is wider."
		if n := len(a.TooWide(g.Until)); n > 0 {
			end = fmt.Sprintf("Of the deciding intervals, %d stayed wider.", n)
		}
		return fmt.Sprintf("After %s, more were added until each deciding interval reached no further than %s from its "+
			"estimate, or to %s. %s", number.Plural(g.First, "block"), number.Percent(g.Until), number.Plural(g.Max, "block"), end)
	}
	limit := fmt.Sprintf("up to %s", number.Plural(g.Max, "block"))
	if g.Within > 0 {
		limit += fmt.Sprintf(" and %s", lengthWords(time.Duration(g.Within).Seconds()))
	}
	var looks []string
	for _, l := range g.Looks {
		looks = append(looks, number.Count(int64(l.Blocks)))
	}
	if len(looks) == 0 {
		return fmt.Sprintf("The run was to look at its verdicts after %s, and to go on while any that decides was open, %s; it ended before.",
			number.Plural(g.First, "block"), limit)
	}
	end := "None is open."
	switch n := len(a.Open()); {
	case n == 1:
		end = "1 is open."
	case n > 1:
		end = fmt.Sprintf("%d are open.", n)
	}
	after := text.List(looks) + " blocks"
	if len(looks) == 1 {
		after = number.Plural(g.Looks[0].Blocks, "block")
	}
	return fmt.Sprintf("The run looked at its verdicts after %s, and went on while any that decides was open, %s; p-values allow "+
		"for all of its looks. %s", after, limit, end)
}
