package terminal

import (
	"fmt"

	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// claims lists what became of the claims, or counts it.
func (t *terminal) claims(r *view.Report, all bool) {
	if len(r.Analysis.Claims) == 0 {
		return
	}
	t.b.WriteByte('\n')
	if !all {
		t.wrap("", "", "Claims: "+r.Claims.Counts+". The report has each; so does --claims.")
		return
	}
	t.line("Claims")
	for _, c := range r.Analysis.Claims {
		if !c.Checked() {
			continue
		}
		t.wrap("", "  ", fmt.Sprintf("%s: %s; measured %s", view.Name(c.Outcome), view.Sentence(c.Text), view.ClaimMeasured(c)))
	}
	if left := r.Claims.LeftOut; left > 0 {
		t.wrap("", "  ", number.Plural(left, "claim")+" not checked by this run; the report says why")
	}
}
