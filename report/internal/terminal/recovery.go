package terminal

import "github.com/tqbench/tqbench/report/internal/view"

// recovery says what became of killed workers' tasks, a line a side.
func (t *terminal) recovery(r view.Recovery) {
	t.b.WriteByte('\n')
	t.wrap("", "", view.RecoveryTitle+": "+r.Title)
	for _, s := range r.Sides {
		t.wrap("", "  ", s.Name+": "+s.Words)
	}
}
