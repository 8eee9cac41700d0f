package terminal

import (
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

func (t *terminal) alone(l view.Alone) {
	t.b.WriteByte('\n')
	t.wrap("", "", l.Title)
	t.wrap("", "  ", view.AloneNote)
	table := [][]string{{"metric", "median (interval)", "trials"}}
	for _, r := range l.Rows {
		table = append(table, []string{r.Label, r.Words(), number.Count(int64(r.Trials))})
	}
	t.table(table)
	for _, why := range l.Whys() {
		t.wrap("", "  ", view.SpoiledMark+" of trials that don't count: "+why)
	}
}
