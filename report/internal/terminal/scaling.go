package terminal

import (
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/view"
)

// scaling says where more workers stop helping.
func (t *terminal) scaling(s view.Scaling) {
	t.b.WriteByte('\n')
	t.wrap(styleStrong, "", text.Upper(s.Title))
	for _, k := range s.Knees {
		t.wrap("", "  ", k)
	}
}
