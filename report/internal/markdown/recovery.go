package markdown

import (
	"bytes"
	"fmt"

	"github.com/tqbench/tqbench/report/internal/view"
)

// markdownRecovery says what became of killed workers' tasks, a line a side.
func markdownRecovery(b *bytes.Buffer, r view.Recovery) {
	fmt.Fprintf(b, "\n### %s: %s\n\n", view.RecoveryTitle, markdown(r.Title))
	for _, s := range r.Sides {
		fmt.Fprintf(b, "- %s: %s\n", markdown(s.Name), markdown(s.Words))
	}
}
