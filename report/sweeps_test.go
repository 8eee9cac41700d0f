package report

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// The table of a sweep has each number of each point, and the chart stands beside it.
func TestPageFollowsEachArmAlongTheSweep(t *testing.T) {
	a := fixture()
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
	text := parse(t, page).text
	for _, want := range []string{"Scale on Redis: Throughput", "over 1x10", "no data", "n = 3 trials a mark.", "no verdict is made of it",
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
	a.Sweeps = nil
	if strings.Contains(render(t, a), "#sweeps") {
		t.Error("a page without sweeps links to them")
	}
}

// Charts beside the page have as many bars as they have room for, and each point is in one.
func TestChartFilesOfALongSweepAreSplit(t *testing.T) {
	a := analysis.Analysis{Sweeps: fixtureSweeps()}
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
	for _, f := range chartFiles(New(a)) {
		names = append(names, f.name)
		for _, g := range f.figure.Groups {
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

// A link leads to a drawing that is there, from where the report stands.
func TestProfilesAreLinkedWhereTheyAre(t *testing.T) {
	a := fixture()
	for _, id := range []int{1, 2} {
		a.Trials[id-1].Flags = []results.Flag{{Code: results.FlagProfiled, Detail: "it was watched", Metrics: []string{"*"}}}
	}
	out := t.TempDir()
	dir := results.TrialDir(out, 1)
	if err := os.MkdirAll(filepath.Join(dir, "profile-folder.svg"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"profile-cpu-a #1.svg", "profile-memory-1.html", "profile-cpu-a #1.txt", "trial.json", "other.svg"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(t.Context(), out, a); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(Dir(out), "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	d := parse(t, string(page))
	var links []string
	for _, l := range d.links {
		if l != "data:," && !strings.HasPrefix(l, "#") && !trialFolder.MatchString(l) {
			links = append(links, l)
		}
	}
	want := []string{"../results/trials/0001/profile-cpu-a%20%231.svg", "../results/trials/0001/profile-memory-1.html"}
	want = append(want, want...) // on the first screen, and in the part on profiles
	if !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	if _, err := os.Stat(filepath.Join(Dir(out), filepath.FromSlash(links[1]))); err != nil {
		t.Error(err)
	}
	for _, w := range []string{"it was watched", "none", "profile-cpu-a #1.svg"} {
		if !strings.Contains(d.text, w) {
			t.Errorf("the page doesn't say %q", w)
		}
	}
	if strings.Contains(render(t, fixture()), `id="profiles"`) {
		t.Error("a run without profiles has a section of them")
	}
}

func TestClaimsThatWereNotCheckedAreFolded(t *testing.T) {
	page := render(t, fixture())
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
	var b bytes.Buffer
	if err := writeMarkdown(&b, New(fixture())); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "\nits benchmark plan:\n\n- A worker starts in less than 100 ms: not measured: This run has no cold start.\n- A hook is registered in less than 50 us: not measurable: It is done once") {
		t.Error(b.String())
	}
}

// Kinds of things that differ by more than thirty times need a logarithmic axis; sizes and rates begin at zero.
func TestOnlyKindsOfThingsAreDrawnOnALogarithmicAxis(t *testing.T) {
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
		p := newPage(New(analysis.Analysis{Sweeps: []analysis.Sweep{s}}), everything)
		chart := string(p.drawings.sweeps[p.Sweeps[0].ID])
		if got := strings.Contains(chart, "(log scale)"); got != c.want || chart == "" {
			t.Errorf("%s: logarithmic is %v", name, got)
		}
	}
}
