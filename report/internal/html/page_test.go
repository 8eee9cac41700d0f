package html

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Each row of the table has its own comparison's figures, in the order of the columns.
func TestTableRowsHaveTheirFiguresInOrder(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	page := render(t, a)
	_, table, _ := strings.Cut(page, `<table class="comparison">`)
	_, table, _ = strings.Cut(table, "<tbody>")
	table, _, _ = strings.Cut(table, "</tbody>")
	rows := strings.Split(strings.TrimSpace(table), "</tr>")
	if len(rows) != len(a.Comparisons)+1 {
		t.Fatalf("%d rows for %d comparisons", len(rows)-1, len(a.Comparisons))
	}
	value := regexp.MustCompile(`<span title="([^"]*)"`)
	for i, c := range a.Comparisons {
		var want []string
		if c.Verdict != analysis.NoData {
			for _, v := range []float64{
				c.Baseline.Estimate, c.Baseline.Low, c.Baseline.High, c.Candidate.Estimate, c.Candidate.Low, c.Candidate.High,
				c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High,
			} {
				want = append(want, number.Raw(v))
			}
		}
		var got []string
		for _, m := range value.FindAllStringSubmatch(rows[i], -1) {
			got = append(got, m[1])
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.Metric, diff)
		}
		if !strings.Contains(rows[i], "</span> "+view.VerdictWord(c)+"</span>") {
			t.Errorf("%s: the row lacks the verdict %q", c.Metric, view.VerdictWord(c))
		}
	}
}

// A matrix has a cell for each broker and scenario, and says where nothing was run.
func TestMatrixHasACellForEachBrokerAndScenario(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	one := a.Comparisons
	a.Comparisons = nil
	for _, where := range [][2]string{{"s1", "redis"}, {"s2", "redis"}, {"s1", "rabbitmq"}} {
		for _, c := range one {
			c.Scenario, c.Broker = where[0], where[1]
			a.Comparisons = append(a.Comparisons, c)
		}
	}
	p := newPage(view.New(a), everything)
	if len(p.Matrix.Groups) != 1 || len(p.Sections) != 3 {
		t.Fatalf("%d pairs, %d sections", len(p.Matrix.Groups), len(p.Sections))
	}
	if p.Cards != nil {
		t.Errorf("%d cards crowd the first screen", len(p.Cards))
	}
	var columns, got []string
	for _, c := range p.Matrix.Columns {
		columns = append(columns, c.Name)
	}
	if diff := cmp.Diff([]string{"Redis", "rabbitmq"}, columns); diff != "" {
		t.Error(diff)
	}
	for _, r := range p.Matrix.Groups[0].Rows {
		for i, c := range r.Cells {
			got = append(got, fmt.Sprintf("%s %s: %d in %q", columns[i], r.Name, len(c.Cards), c.ID))
		}
	}
	want := []string{
		`Redis s1: 3 in "result-s1-redis"`, `rabbitmq s1: 3 in "result-s1-rabbitmq"`,
		`Redis s2: 3 in "result-s2-redis"`, `rabbitmq s2: 0 in ""`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if !strings.Contains(render(t, a), `<span class="note">not run</span>`) {
		t.Error("the page doesn't say that a cell was not run")
	}
}

// A lone side's interval that says next to nothing is not shown, as the note above its table says.
func TestALoneSidesTableHasTheIntervalsThatSaySomething(t *testing.T) {
	t.Parallel()
	two := fixture.OneArm()
	two.Trials = two.Trials[:2]
	two.Trials[0].Metrics["throughput"], two.Trials[1].Metrics["throughput"] = 500, 700
	for want, a := range map[string]analysis.Analysis{"too few trials": two, "<span title=": fixture.OneArm(), "one trial": fixture.OneTrial()} {
		_, part, _ := strings.Cut(render(t, a), `<h2 id="alone-1">`)
		row, _, _ := strings.Cut(part, "</tr>\n<tr>") // the head's, and the first row
		if !strings.Contains(row, "Throughput") || !strings.Contains(row, `<span class="interval">`+want) {
			t.Errorf("%d trials: the table lacks %s: %s", len(a.Trials), want, row)
		}
	}
}

// The curves of a chart are those of its own sides, set up its own way.
func TestChartsHaveOnlyTheirOwnCurves(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	g := view.New(a).Groups[0]
	own := a.Curves[0]
	for _, change := range []func(*analysis.Curve){
		func(c *analysis.Curve) { c.Arm = "dramatiq" },
		func(c *analysis.Curve) { c.Defaults = true },
		func(c *analysis.Curve) { c.Broker = "rabbitmq" },
		func(c *analysis.Curve) { c.Scenario = "io" },
		func(c *analysis.Curve) { c.Points = nil },
	} {
		other := own
		change(&other)
		a.Curves = append(a.Curves, other)
	}
	phases := phaseLines(a, g, "latency")
	if len(phases) != 1 || len(phases[0].lines) != 2 {
		t.Fatalf("phases %+v", phases)
	}
	if l := phases[0].lines; l[0].Name != fixture.BaseArm || l[1].Name != fixture.CandArm {
		t.Errorf("lines %s and %s", l[0].Name, l[1].Name)
	}
	if got := phases[0].counts(); got != " n = 6 trials a side." {
		t.Errorf("counts %q", got)
	}
}

// Of what is nothing on an ordinary day no ratio is shown: not in a table, and not as a strip, whose scale would leave the others no room.
func TestPageShowsNoRatioOfWhatMayBeZero(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	c := &a.Comparisons[2]
	ratios := []float64{c.Ratio.Estimate, c.Ratios[0].Ratio, c.Intervals[1].High}
	shown := func() (n int) {
		page := render(t, a)
		for _, v := range ratios {
			n += strings.Count(page, string(numHTML(v, -1)))
		}
		return n
	}
	if shown() < len(ratios) || len(strips(a.Comparisons)) != 7 {
		t.Fatal("the ratios of a latency are missing")
	}
	c.Metric, c.Title, c.Unit = "latency_drift", "Median latency, last quarter over first", "% more"
	if n := shown(); n > 0 {
		t.Errorf("%d ratios of a drift are shown", n)
	}
	if got := len(strips(a.Comparisons)); got != 6 {
		t.Errorf("%d strips, want 6", got)
	}
	if !strings.Contains(render(t, a), string(numHTML(c.Ratios[0].Candidate, -1))) {
		t.Error("the figures by block are missing")
	}
}

func TestTrialsStandInTheOrderInWhichTheyRan(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	// The analysis may list them by arm.
	a.Trials = append(a.Trials[6:], a.Trials[:6]...)
	tables := view.New(a).Trials
	if len(tables) != 1 {
		t.Fatalf("%d tables", len(tables))
	}
	for i, r := range tables[0].Rows {
		if want := i%2 + 1; r.ID != i+1 || r.Order != want {
			t.Errorf("row %d has trial %d, order %d; want order %d", i, r.ID, r.Order, want)
		}
		if len(r.Values) != len(tables[0].Metrics) {
			t.Errorf("row %d has %d values for %d metrics", i, len(r.Values), len(tables[0].Metrics))
		}
	}
	// Metrics of comparisons come first, as the comparisons have them; others follow by name.
	var names []string
	for _, m := range tables[0].Metrics {
		names = append(names, m.Name)
	}
	want := []string{
		"throughput", "latency_p50", "latency_p99", "enqueue_wire", "enqueue_client", "cpu_per_1000", "broker_cpu_per_1000", "payload",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
