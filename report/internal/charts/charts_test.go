package charts

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/chart"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// The charts are packed by code of this project: a browser reads from them the same pixels as the standard library.
func TestABrowserReadsTheCharts(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	var plotter chart.GoChart
	for _, c := range Files(view.New(fixture.OneBroker())) {
		var file bytes.Buffer
		if err := plotter.PNG(&file, c.Figure); err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		size, sum := picture.Bounds().Size(), uint32(1)
		for y := range size.Y {
			for x := range size.X {
				r, g, b, _ := picture.At(x, y).RGBA()
				sum = sum*16777619 ^ (r>>8<<16 | g>>8<<8 | b>>8)
			}
		}
		script := `(async () => {
			const picture = new Image();
			picture.src = "data:image/png;base64,` + base64.StdEncoding.EncodeToString(file.Bytes()) + `";
			await picture.decode();
			const on = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
			on.drawImage(picture, 0, 0);
			const bytes = on.getImageData(0, 0, picture.width, picture.height).data;
			let sum = 1;
			for (let i = 0; i < bytes.length; i += 4) sum = Math.imul(sum, 16777619) ^ (bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2]);
			return picture.width + " by " + picture.height + ": " + (sum >>> 0);
		})()`
		var got string
		b.Run(t, chromedp.Evaluate(script, &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if want := fmt.Sprintf("%d by %d: %d", size.X, size.Y, sum); got != want {
			t.Errorf("%s is %s, want %s", c.Name, got, want)
		}
	}
}

// Charts next to the page have as many bars as they have room for, and each point is in one.
func TestChartFilesOfALongSweepAreSplit(t *testing.T) {
	t.Parallel()
	a := analysis.Analysis{Sweeps: fixture.FixtureSweeps()}
	for i := range a.Sweeps {
		first := a.Sweeps[i].Points[0]
		a.Sweeps[i].Points = nil
		for n := range 10 {
			p := first
			p.At = string(rune('a' + n))
			a.Sweeps[i].Points = append(a.Sweeps[i].Points, p)
		}
	}
	a.Sweeps[0].Points[0].Estimate = analysis.Estimate{}
	var names, labels []string
	for _, f := range Files(view.New(a)) {
		names = append(names, f.Name)
		for _, g := range f.Figure.Groups {
			labels = append(labels, g.Label)
			if g.Note != "n = 3" {
				t.Errorf("%s: %q", g.Label, g.Note)
			}
		}
	}
	if want := []string{"sweep-scale-redis-throughput", "sweep-scale-redis-throughput-part-2"}; !slices.Equal(names, want) {
		t.Errorf("%v, want %v", names, want)
	}
	if strings.Join(labels, "") != "abcdefghij" {
		t.Errorf("points %v", labels)
	}
}

// A point of which no trial counts says so next to those that do.
func TestChartFilesOfASweepSayWhatIsNotValid(t *testing.T) {
	t.Parallel()
	a := analysis.Analysis{Sweeps: fixture.FixtureSweeps()}
	p := &a.Sweeps[1].Points[0].Estimate
	p.Spoiled, p.Values = p.Values, nil
	files := Files(view.New(a))
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	bars := files[0].Figure.Groups[0].Bars
	if bars[0].Name != fixture.BaseArm || bars[1].Name != fixture.CandArm+" (not valid)" || bars[1].Side != mark.Neutral {
		t.Errorf("bars %+v", bars)
	}
	if next := files[0].Figure.Groups[1].Bars[1]; next.Name != fixture.CandArm || next.Side != mark.Candidate {
		t.Errorf("the next point %+v", next)
	}
}

// A chart that is passed around alone says where its figures are from.
func TestChartsSayWhereTheyAreFrom(t *testing.T) {
	t.Parallel()
	for _, f := range Files(view.New(fixture.OneBroker())) {
		for _, want := range []string{"tqbench run ", "24 November 2026", "AMD EPYC 7B13", "2 CPUs", "intervals at 95 %"} {
			if !strings.Contains(f.Figure.Source, want) {
				t.Errorf("%s: %q lacks %q", f.Name, f.Figure.Source, want)
			}
		}
	}
}

// Too few trials of a compared side have a range, which is no interval. A lone side's are an interval.
func TestChartsSayWhatTheirWhiskersAre(t *testing.T) {
	t.Parallel()
	for whisker, a := range map[string]analysis.Analysis{"interval, of fewer than six trials their range": fixture.OneBroker(), "interval": fixture.OneArm()} {
		files := Files(view.New(a))
		for _, f := range files {
			if f.Figure.Whisker != whisker {
				t.Errorf("%s: %q, want %q", f.Name, f.Figure.Whisker, whisker)
			}
		}
		if len(files) < 3 {
			t.Errorf("%d charts", len(files))
		}
	}
}

// in is a run with all that it has in each of some scenarios.
func in(a analysis.Analysis, scenarios ...string) analysis.Analysis {
	compared, trials := a.Comparisons, a.Trials
	a.Comparisons, a.Trials = nil, nil
	for _, s := range scenarios {
		for _, c := range compared {
			c.Scenario = s
			a.Comparisons = append(a.Comparisons, c)
		}
		for _, t := range trials {
			t.Scenario = s
			a.Trials = append(a.Trials, t)
		}
	}
	return a
}

// Each chart has a file that no other has, whatever letters scenarios are called by: two of one name would end the report.
func TestChartsHaveNamesUnlikeAnyOther(t *testing.T) {
	t.Parallel()
	units := fixture.OneBroker()
	paced := units.Comparisons[5]
	paced.Metric, paced.Title, paced.Unit = "cpu_per_task", "CPU per task, paced", "us"
	units.Comparisons = append(units.Comparisons, paced) // the family has a chart for each of two units
	long := strings.Repeat("long-", 20)
	for _, names := range [][]string{{"\u6ce8\u6587", "\u652f\u6255\u3044"}, {"pay.now", "pay-now", "pay_now"}, {long + "a", long + "b"}} {
		for side, a := range map[string]analysis.Analysis{"two sides": in(units, names...), "one side": in(fixture.OneArm(), names...)} {
			seen := map[string]bool{}
			for _, f := range Files(view.New(a)) {
				if seen[f.Name] {
					t.Errorf("%v, %s: two charts are called %s", names, side, f.Name)
				}
				seen[f.Name] = true
			}
			if len(seen) < 2*len(names) {
				t.Errorf("%v, %s: only %d charts", names, side, len(seen))
			}
		}
	}
}
