package terminal

import (
	"github.com/tqbench/tqbench/report/internal/view"
)

func (t *terminal) alone(l view.Alone) {
	t.b.WriteByte('\n')
	t.wrap("", "", l.Title)
	t.wrap("", "  ", l.Note)
	table := [][]string{l.Heads()}
	for _, r := range l.Rows {
		table = append(table, r.Cells())
	}
	t.table(table)
	for _, why := range l.Whys() {
		t.wrap("", "  ", view.SpoiledMark+" of trials that don't count: "+why)
	}
}
