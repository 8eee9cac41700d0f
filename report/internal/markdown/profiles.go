package markdown

import (
	"bytes"
	"fmt"

	"github.com/tqbench/tqbench/report/internal/view"
)

func markdownProfiles(b *bytes.Buffer, r *view.Report) {
	for i, p := range r.Profiled {
		if i == 0 {
			b.WriteString("Profiles, below the output folder:\n\n")
		}
		fmt.Fprintf(b, "- %s\n", markdown(view.ProfileLine(r.Products, p)))
	}
	if len(r.Profiled) > 0 {
		b.WriteByte('\n')
	}
}
