package html

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// The table of a sweep has each number of each point, and the chart is next to it.
func TestPageFollowsEachArmAlongTheSweep(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	page := render(t, a)
	_, part, ok := strings.Cut(page, `<h2 id="sweeps">`)
	if !ok {
		t.Fatal("there is no section of sweeps")
	}
	part, _, _ = strings.Cut(part, "</section>")
	for _, s := range a.Sweeps {
		for i, p := range s.Points {
			var figures []float64
			if len(p.Estimate.Values) > 0 {
				figures = append(figures, p.Estimate.Estimate, p.Estimate.Low, p.Estimate.High)
			}
			if p.Ratio != nil {
				figures = append(figures, p.Ratio.Estimate, p.Ratio.Low, p.Ratio.High)
			}
			for _, v := range figures {
				if !strings.Contains(part, `<span title="`+number.Raw(v)+`"`) {
					t.Errorf("%s, point %d: %v is missing", s.Arm, i, v)
				}
			}
		}
	}
	text := pagetest.Parse(t, page).Text
	for _, want := range []string{"Scale on Redis: Throughput", "over 1x10", "no data", "Whiskers: 95 % interval, of fewer than six trials their range.", "n = 3 trials a mark.", "no verdict is made of it",
		"celery/prefork: 1x10 614 (558 to 657, n = 3), 2x10"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	// A point of which no trial is valid keeps its figure, marked.
	p := &a.Sweeps[0].Points[0].Estimate
	p.Values, p.Spoiled = nil, p.Values
	_, part, _ = strings.Cut(render(t, a), `<h2 id="sweeps">`)
	part, _, _ = strings.Cut(part, "</section>")
	if !strings.Contains(part, number.Short(p.Estimate)) || !strings.Contains(part, "not valid</span>") {
		t.Error("the figure of a point that isn't valid is missing, or not marked")
	}
	for _, want := range []string{"the knee is at 4 workers", `<circle class="ring base-side"`, `<circle class="ring cand-side"`, "CPU time by the number of workers"} {
		if !strings.Contains(render(t, fixture.ScalingRun()), want) {
			t.Errorf("a run of several numbers of workers doesn't say %q", want)
		}
	}
	a.Sweeps = nil
	if strings.Contains(render(t, a), "#sweeps") {
		t.Error("a page without sweeps links to them")
	}
}

func TestClaimsThatWereNotCheckedAreFolded(t *testing.T) {
	t.Parallel()
	page := render(t, fixture.OneBroker())
	_, part, _ := strings.Cut(page, `<h2 id="claims">`)
	shown, folded, ok := strings.Cut(part, "<details>")
	if !ok || !strings.Contains(shown, "at least 5,000 tasks/s") || strings.Contains(shown, "A worker starts in less than 100 ms") ||
		!strings.Contains(folded, "A worker starts in less than 100 ms") || !strings.Contains(folded, "2 claims that this run doesn&#39;t check") &&
		!strings.Contains(folded, "2 claims that this run doesn't check") {
		t.Errorf("%.600s", part)
	}
	if !strings.Contains(shown, "reproduced 1, not measured 1, does not hold 1, not measurable 1") {
		t.Errorf("the counts are missing: %.600s", shown)
	}
}

// Kinds of things that differ by more than thirty times need a logarithmic axis; sizes and rates begin at zero.
func TestOnlyKindsOfThingsAreDrawnOnALogarithmicAxis(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ordered, higher bool
		last            float64
		want            bool
	}{
		"kinds":         {false, false, 3100, true},
		"kinds, narrow": {false, false, 2900, false},
		"sizes":         {true, false, 3100, false},
		"rates":         {false, true, 3100, false},
	} {
		s := analysis.Sweep{Metric: "message_bytes", Unit: "bytes", Arm: "a", Ordered: c.ordered, HigherIsBetter: c.higher}
		for _, v := range []float64{100, c.last} {
			s.Points = append(s.Points, analysis.SweepPoint{At: "p", Estimate: analysis.Estimate{Estimate: v, Low: v, High: v, Values: []float64{v}}})
		}
		p := newPage(view.New(analysis.Analysis{Sweeps: []analysis.Sweep{s}}), everything)
		chart := string(p.drawings.sweeps[p.Sweeps[0].ID])
		if got := strings.Contains(chart, "(log scale)"); got != c.want || chart == "" {
			t.Errorf("%s: logarithmic is %v", name, got)
		}
	}
}
