package markdown

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

func TestDecisionsHaveALineEach(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	all := view.New(fixture.ManyBrokers()).Decisions
	markdownDecisions(&b, all)
	for _, d := range all {
		take := markdown(d.Take)
		if d.Sure {
			take = "**" + take + "**"
		}
		if want := "| " + markdown(d.Load) + " | " + take + " | "; !strings.Contains(b.String(), want) {
			t.Errorf("lacks %q: %s", want, b.String())
		}
	}
	b.Reset()
	markdownDecisions(&b, nil)
	if b.Len() > 0 {
		t.Errorf("a run without comparisons has decisions: %s", b.String())
	}
}
