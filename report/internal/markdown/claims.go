package markdown

import (
	"bytes"
	"fmt"

	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

func markdownClaims(b *bytes.Buffer, r *view.Report) {
	t := r.Claims
	if len(r.Analysis.Claims) == 0 {
		return
	}
	b.WriteString("\n### Claims\n\n")
	if len(t.Checked) > 0 {
		b.WriteString("| claim | source | claimed | measured (interval) | outcome |\n|---|---|--:|--:|---|\n")
	}
	for _, c := range r.Analysis.Claims {
		if !c.Checked() {
			continue
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", markdown(view.Sentence(c.Text)), markdown(view.Sentence(c.Source)),
			markdown(view.ClaimedWords(c)), markdown(view.ClaimMeasured(c)), markdown(view.Name(c.Outcome)))
	}
	if t.LeftOut == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s that this run doesn't check</summary>\n", number.Plural(t.LeftOut, "claim"))
	for _, g := range t.Left {
		fmt.Fprintf(b, "\n%s:\n\n", markdown(view.Sentence(g.Source)))
		for _, c := range g.Claims {
			fmt.Fprintf(b, "- %s: %s: %s\n", markdown(view.Sentence(c.Text)), markdown(view.Name(c.Outcome)), markdown(view.Sentence(view.ClaimSentence(c))))
		}
	}
	b.WriteString("\n</details>\n")
}
