package markdown

import (
	"bytes"
	"fmt"

	"github.com/tqbench/tqbench/report/internal/view"
)

func markdownAlone(b *bytes.Buffer, l view.Alone) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n| metric | median (interval) | trials |\n|---|--:|--:|\n", markdown(l.Title), view.AloneNote)
	for _, r := range l.Rows {
		fmt.Fprintf(b, "| %s | %s | %d |\n", markdown(r.Label), markdown(r.Words()), r.Trials)
	}
	for _, why := range l.Whys() {
		fmt.Fprintf(b, "\n%s of trials that don't count: %s\n", view.SpoiledMark, markdown(why))
	}
}
