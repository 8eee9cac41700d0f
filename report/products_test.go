package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/charts"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// An emulator is called one wherever its broker is spoken of, and no reader sees what the plan calls a broker in its
// product's place.
func TestReportNamesProducts(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	var md, terminal bytes.Buffer
	if err := markdown.Write(&md, view.New(a)); err != nil {
		t.Fatal(err)
	}
	if err := Terminal(&terminal, a, Screen{}); err != nil {
		t.Fatal(err)
	}
	for kind, out := range map[string]string{"page": pagetest.Parse(t, rendered(t, a)).Text, "Markdown": md.String(), "terminal": terminal.String()} {
		for _, b := range a.Run.Brokers {
			if !strings.Contains(out, b.Product) {
				t.Errorf("%s: %s isn't called %s", kind, b.Name, b.Product)
			}
			for _, bad := range []string{"on " + b.Name + "\n", "on " + b.Name + ":", "on " + b.Name + ",", "On " + b.Name + ","} {
				if strings.Contains(out, bad) {
					t.Errorf("%s has %q", kind, bad)
				}
			}
		}
	}
	for _, c := range charts.Files(view.New(a)) {
		if strings.HasSuffix(c.Name, "-sqs") && !strings.Contains(c.Figure.Title, "MiniStack (SQS emulator)") {
			t.Errorf("the title of %s is %q", c.Name, c.Figure.Title)
		}
	}
}
