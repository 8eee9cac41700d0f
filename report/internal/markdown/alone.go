package markdown

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/report/internal/view"
)

func markdownAlone(b *bytes.Buffer, l view.Alone) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n| %s |\n|---|--:|--:|--:|\n", markdown(l.Title), markdown(l.Note), strings.Join(l.Heads(), " | "))
	for _, r := range l.Rows {
		fmt.Fprintf(b, "| %s | %s | %s | %d |\n", markdown(r.Label), markdown(r.Figure()), markdown(r.Interval()), r.Trials)
	}
	for _, why := range l.Whys() {
		fmt.Fprintf(b, "\n%s of trials that don't count: %s\n", view.SpoiledMark, markdown(why))
	}
}
