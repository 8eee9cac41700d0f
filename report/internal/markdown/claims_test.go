package markdown

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

func TestUncheckedClaimsAreFoldedInMarkdown(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Write(&b, view.New(fixture.OneBroker())); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\nits benchmark plan:\n\n- A worker starts in less than 100 ms: not measured: This run has no cold-start on redis.\n- A hook is registered in less than 50 us: not measurable: It is done once") {
		t.Error(b.String())
	}
}
