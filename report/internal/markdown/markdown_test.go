package markdown

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Where no command can be written that makes the run again, the summary has the one that was typed.
func TestTheSummaryHasTheCommandThatIsKnown(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ made, typed, want string }{
		{"tqbench run --seed 3", "tqbench run", "```sh\ntqbench run --seed 3"}, {"", "tqbench run --scenario my.yaml", "This run was started as:\n\n```sh\ntqbench run --scenario my.yaml"}, {"", "", ""},
	} {
		a := fixture.OneBroker()
		a.Command, a.Run.Command = tt.made, strings.Fields(tt.typed)
		var b bytes.Buffer
		if err := Write(&b, view.New(a)); err != nil {
			t.Fatal(err)
		}
		_, again, has := strings.Cut(b.String(), "### Run it again\n\n")
		if has != (tt.want != "") || !strings.HasPrefix(again, tt.want) {
			t.Errorf("%q and %q: %.60q, want %q", tt.made, tt.typed, again, tt.want)
		}
	}
}
