package terminal

import (
	"github.com/tqbench/tqbench/report/internal/view"
)

func (t *terminal) profiles(r *view.Report) {
	for i, p := range r.Profiled {
		if i == 0 {
			t.wrap("", "", "Profiles, below the output folder:")
		}
		t.wrap("", "  ", view.ProfileLine(r.Products, p))
	}
}
