package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// A verdict that doesn't count is shown with its reason everywhere, and never in a winner's colour.
func TestWhatDoesNotCountIsMarked(t *testing.T) {
	t.Parallel()
	for _, verdict := range []string{analysis.Faster, analysis.Slower} {
		a := fixture.OneBroker()
		a.Comparisons = a.Comparisons[:1]
		c := &a.Comparisons[0]
		c.Verdict, c.Deciding, c.NotCounted = verdict, false, fixture.LeftOut()
		word := view.VerdictWord(*c)
		page := rendered(t, a)
		_, page, _ = strings.Cut(page, `<table class="matrix`) // past the legend, which shows all kinds
		if painted := regexp.MustCompile(`class="(verdict|card|interval|tile) (cand|base)`).FindString(page); painted != "" {
			t.Errorf("%s: the page has %s", verdict, painted)
		}
		var md, coloured bytes.Buffer
		if err := markdown.Write(&md, view.New(a)); err != nil {
			t.Fatal(err)
		}
		if err := Terminal(&coloured, a, Screen{Colour: true}); err != nil {
			t.Fatal(err)
		}
		if out := coloured.String(); strings.Contains(out, "\x1b[36m") || strings.Contains(out, "\x1b[33m") {
			t.Errorf("%s: the terminal paints a winner:\n%s", verdict, out)
		}
		for kind, x := range map[string]struct{ out, want string }{
			"matrix":   {page, `<span class="unseen">: ` + word + `</span></a>`},
			"reason":   {page, `<span class="tag">doesn't count</span> ` + fixture.LeftOutWords},
			"row":      {page, `<span class="sub">doesn't count: ` + fixture.LeftOutWords},
			"Markdown": {md.String(), word + "; doesn't count: " + fixture.LeftOutWords},
			"mark":     {coloured.String(), "(*) Throughput (tasks/s)"},
			"terminal": {coloured.String(), "(*) Throughput doesn't count: " + fixture.LeftOutWords},
		} {
			if !strings.Contains(x.out, x.want) {
				t.Errorf("%s: %s lacks %q", verdict, kind, x.want)
			}
		}
	}
}

// Trials are counted, not flags: a trial may have one for each of its phases.
func TestTrialsAreCountedByWhatBecameOfThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*analysis.Analysis)
		want   string
	}{
		{"as it is", func(*analysis.Analysis) {},
			"12 of 13 planned trials ran; 1 did not run; 1 kept out of a verdict: late 1 (1 carries notes: unsteady 1)."},
		{"notes only", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = nil
			}
			for i := range a.Trials {
				a.Trials[i].Flags = nil
			}
			for i := range 4 {
				detail := []string{"drain", "paced"}[i%2]
				a.Comparisons[i].Flags = []analysis.Flagged{{Trial: 1 + i/2, Code: "producer-bound", Detail: detail}}
			}
		}, "12 of 13 planned trials ran; 1 did not run; none kept out of a verdict (2 carry notes: producer-bound 2)."},
		{"neither", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = nil
			}
			a.Trials = a.Trials[4:8]
			a.Planned = 4
		}, "4 of 4 planned trials ran; none kept out of a verdict."},
		{"told of trials that aren't there", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = []analysis.Flagged{
					{Trial: 13, Code: "not-run", Detail: a.Trials[12].Reason, Excluded: true}, {Trial: 99, Code: "missing", Excluded: true},
				}
			}
			a.Trials = append(a.Trials[4:8:8], a.Trials[12])
			a.Planned = 6
		}, "4 of 6 planned trials ran; 1 did not run; 1 did not begin: the run was cut short; none kept out of a verdict."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := fixture.OneBroker()
			c.change(&a)
			if got := view.New(a).Ran; got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, row := range append(view.New(a).Flags, view.New(a).Notes...) {
				listed := false
				for _, r := range a.Trials {
					listed = listed || r.ID == row.Trial
				}
				if row.Listed != listed {
					t.Errorf("trial %d is listed: %t", row.Trial, row.Listed)
				}
			}
			pagetest.Parse(t, rendered(t, a))
		})
	}
}
