package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// markdownDecisions writes the same as a table.
func markdownDecisions(b *bytes.Buffer, all []view.Decision) {
	if len(all) == 0 {
		return
	}
	b.WriteString("\n### For this load, take this\n\n| load | take | because |\n|---|---|---|\n")
	for _, d := range all {
		var because []string
		for _, l := range d.Lines {
			because = append(because, markdown(l))
		}
		for _, c := range d.Because {
			s := view.VerdictSymbol(c.Verdict) + " " + markdown(text.Lower(c.Name))
			if c.HasRatio {
				s += " " + number.Short(c.Ratio.Estimate) + " times"
			}
			if c.Grade == analysis.GradeHere {
				s += view.AsMeasured
			}
			because = append(because, s)
		}
		if m := d.Missing(); m != "" {
			because = append(because, markdown(m))
		}
		for _, n := range d.Notes {
			because = append(because, markdown(n))
		}
		take := markdown(d.Take)
		if d.Sure {
			take = "**" + take + "**"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", markdown(d.Load), take, strings.Join(because, "; "))
	}
}
