package report

import (
	"bytes"
	"html/template"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/html"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
)

// killedWorkers is a run of made-up recoveries with each outcome.
func killedWorkers() analysis.Analysis {
	var a analysis.Analysis
	for arm, f := range map[string]results.Fate{
		"a": {Outcome: results.FateBack, Of: 400, LimitSeconds: 28, BackSeconds: 2.31, Said: &results.Recovery{}},
		"b": {Outcome: results.FateLate, Lost: 9, Of: 400, LimitSeconds: 28, Said: &results.Recovery{AfterSeconds: 690, Knob: "--maintenance-interval"}},
		"c": {Outcome: results.FateNever, Lost: 10, Of: 400, LimitSeconds: 28, Said: &results.Recovery{Never: "no worker looks for the jobs of another"}},
		"d": {Outcome: results.FateLost, Lost: 1, Of: 400, LimitSeconds: 85, Said: &results.Recovery{AfterSeconds: 60}},
	} {
		a.Trials = append(a.Trials, analysis.TrialRow{Trial: results.Trial{ID: len(a.Trials) + 1, Block: 1, Scenario: "recovery@worker", Broker: "redis", Arm: arm, Recovery: &f}})
	}
	for _, arm := range []string{"a", "b", "c", "d"} {
		a.Cells = append(a.Cells, analysis.Cell{Scenario: "recovery@worker", Broker: "redis", Arm: arm, Planned: 1, Ran: 1, Valid: 1, Status: analysis.CellMeasured,
			Delivery: results.AtLeastOnce})
	}
	return a
}

// Each form of a report says of each side what became of its tasks.
func TestRecoveriesAreInEachForm(t *testing.T) {
	t.Parallel()
	r := view.New(killedWorkers())
	var text, md bytes.Buffer
	if err := terminal.Write(&text, r, terminal.Screen{Width: 100}); err != nil {
		t.Fatal(err)
	}
	golden(t, "terminal-recovery-100.txt", text.Bytes())
	if err := markdown.Write(&md, r); err != nil {
		t.Fatal(err)
	}
	golden(t, "summary-recovery.md", md.Bytes())
	page, _, err := html.Fit(r, nil, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range r.Recoveries[0].Sides {
		if !strings.Contains(string(page), template.HTMLEscapeString(s.Words)) {
			t.Errorf("the page lacks: %s", s.Words)
		}
	}
}
