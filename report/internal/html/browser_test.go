package html

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// pageFile writes the page of an analysis to a file.
func pageFile(t *testing.T, a analysis.Analysis, packAbove int) string {
	t.Helper()
	page, err := renderPage(view.New(a), nil, everything, packAbove)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(path, page, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// pages are the pages of a run that was real, as they are and packed, and of made-up ones with all that can happen.
func pages(t *testing.T) map[string]string {
	nine := fixture.NineSides(t)
	// Thirty parts that are all alike would take a minute, of which two say as much.
	nine.Comparisons = view.KeepIf(nine.Comparisons, func(c analysis.Comparison) bool {
		return c.Candidate.Arm == "celery/gevent" || c.Candidate.Arm == "rq/fork"
	})
	return map[string]string{
		"real":         pageFile(t, realrun.Read(t), PageLimit),
		"real, packed": pageFile(t, realrun.Read(t), 0),
		"made up":      pageFile(t, fixture.OneBroker(), PageLimit),
		"noisy":        pageFile(t, fixture.NoisyRun(), PageLimit),
		"five brokers": pageFile(t, fixture.ManyBrokers(), 0),
		"nine sides":   pageFile(t, nine, 0),
	}
}

func TestBrowserFindsNothingToComplainOf(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	for name, path := range pages(t) {
		t.Run(name, func(t *testing.T) {
			b.Load(t, path, "")
			// All that scrolling and unfolding brings up.
			b.Run(t, chromedp.Click("button.unfold", chromedp.ByQuery))
			if n := pagetest.Eval[int](t, b, `document.querySelectorAll("[data-part]").length`); n > 0 {
				t.Errorf("%d parts are still packed", n)
			}
			if n := pagetest.Eval[int](t, b, `document.querySelectorAll(".part section").length`); n < 10 {
				t.Errorf("%d sections", n)
			}
			b.NoProblems(t)
		})
	}
}

// What the page shows is what the analysis says, digit by digit.
func TestNumbersOnScreenAreTheAnalysis(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	a := realrun.Read(t)
	for name, packAbove := range map[string]int{"plain": PageLimit, "packed": 0} {
		t.Run(name, func(t *testing.T) {
			b.Load(t, pageFile(t, a, packAbove), "")
			b.Run(t, chromedp.Click("button.unfold", chromedp.ByQuery))
			got := pagetest.Eval[[][]string](t, b, `[...document.querySelectorAll("table.comparison tbody tr")].map((r) => [
				...[...r.querySelectorAll("span[title]")].map((s) => s.title), ...[...r.querySelectorAll("span[title]")].map((s) => s.innerText),
				r.querySelector(".verdict").innerText])`)
			var want [][]string
			for _, g := range view.New(a).Groups {
				for _, c := range g.Compared {
					var figures []float64
					for _, e := range []analysis.Estimate{c.Baseline, c.Candidate} {
						switch len(view.Shown(e)) {
						case 0:
						case 1:
							figures = append(figures, e.Estimate)
						default:
							figures = append(figures, e.Estimate, e.Low, e.High)
						}
					}
					if view.HasRatio(c) {
						figures = append(figures, c.Ratio.Estimate)
					}
					if view.HasRatio(c) && c.Blocks > 1 {
						figures = append(figures, c.Ratio.Low, c.Ratio.High)
					}
					var row []string
					for _, v := range figures {
						row = append(row, number.Raw(v))
					}
					for _, v := range figures {
						row = append(row, number.Short(v))
					}
					want = append(want, append(row, view.VerdictSymbol(c.Verdict)+" "+view.VerdictWord(c)))
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("rows of comparisons (-want +got):\n%.2000s", diff)
			}
			b.NoProblems(t)
		})
	}
}

const shownResults = `[...document.querySelectorAll('.part[data-f]')].filter((e) => e.getClientRects().length).map((e) => e.querySelector("h2").id)`

func TestFilterHidesTheOthersAndStandsInTheAddress(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	a := fixture.Largest(2)
	for _, packAbove := range []int{1 << 30, 0} {
		b.Load(t, pageFile(t, a, packAbove), "")
		choose := func(name, value string) {
			b.Run(t, chromedp.Evaluate(fmt.Sprintf(`{ const s = document.querySelector('select[name=%s]');
				s.selectedIndex = [...s.options].findIndex((o) => o.dataset.key === %q); s.dispatchEvent(new Event("change", { bubbles: true })) }`, name, value), nil))
		}
		if n := len(pagetest.Eval[[]string](t, b, shownResults)); n != 10 {
			t.Fatalf("%d results without a filter", n)
		}
		choose("broker", "rabbitmq")
		choose("scenario", "scenario-2")
		if diff := cmp.Diff([]string{"result-scenario-2-rabbitmq"}, pagetest.Eval[[]string](t, b, shownResults)); diff != "" {
			t.Errorf("results shown (-want +got):\n%s", diff)
		}
		if got := pagetest.Eval[string](t, b, `document.querySelector("form.filters output").value`); got != "1 of 10 results shown" {
			t.Errorf("the page says %q", got)
		}
		if got := pagetest.Eval[int](t, b, `[...document.querySelectorAll("table.matrix td")].filter((e) => e.getClientRects().length).length`); got != 1 {
			t.Errorf("%d cells of the matrix are shown", got)
		}
		hash := pagetest.Eval[string](t, b, "location.hash")
		if hash != "#scenario=scenario-2&broker=rabbitmq" {
			t.Errorf("the address ends in %s", hash)
		}
		// A table that one choice hides comes back with another.
		choose("broker", "redis")
		choose("broker", "rabbitmq")
		if got := pagetest.Eval[int](t, b, `[...document.querySelectorAll("table.off")].filter((t) => [...t.querySelectorAll("tbody tr[data-f]")].some((r) => !r.classList.contains("off") && !t.parentElement.closest(".off"))).length`); got != 0 {
			t.Errorf("%d tables stay hidden", got)
		}
		// The address shows the same to whom it is sent, and leads to a place in it.
		b.Load(t, pageFile(t, a, packAbove), hash+"&at=result-scenario-2-rabbitmq-latency-p99")
		if diff := cmp.Diff([]string{"result-scenario-2-rabbitmq"}, pagetest.Eval[[]string](t, b, shownResults)); diff != "" {
			t.Errorf("results shown by a link (-want +got):\n%s", diff)
		}
		if !pagetest.Eval[bool](t, b, `{ const e = document.getElementById("result-scenario-2-rabbitmq-latency-p99");
			e.closest("details").open && e.getBoundingClientRect().top < innerHeight }`) {
			t.Error("the link doesn't lead where it says")
		}
		b.Run(t, chromedp.Click(`form.filters button[type=reset]`, chromedp.ByQuery))
		if n := len(pagetest.Eval[[]string](t, b, shownResults)); n != 10 {
			t.Errorf("%d results after the filter is taken away", n)
		}
		if hash := pagetest.Eval[string](t, b, "location.hash"); hash != "" {
			t.Errorf("the address still ends in %s", hash)
		}
		b.NoProblems(t)
	}
}

func TestLinksLeadToWhatIsFoldedOrPacked(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	for _, packAbove := range []int{1 << 30, 0} {
		a := fixture.ManyBrokers()
		path := pageFile(t, a, packAbove)
		sections := view.New(a).Sections
		id := sections[len(sections)-1].Comparisons[0].ID
		for _, id := range []string{id, "trial-" + strconv.Itoa(a.Trials[len(a.Trials)-1].ID)} {
			b.Load(t, path, "#"+id)
			where := `(() => { const e = document.getElementById("` + id + `"); const r = e.getBoundingClientRect();
				return r.height > 0 && r.top > -5 && r.top < innerHeight })()`
			if !pagetest.Eval[bool](t, b, where) {
				t.Errorf("#%s isn't in sight", id)
			}
			// The same by a click, from the top.
			b.Load(t, path, "")
			b.Run(t, chromedp.Evaluate(`{ const a = document.createElement("a"); a.href = "#`+id+`"; document.body.prepend(a); a.click() }`, nil),
				chromedp.Poll(where, nil))
		}
		b.NoProblems(t)
	}
}

// A table is saved with every figure unrounded and in its own column.
func TestTablesAreSavedAsCSV(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	a := fixture.OneBroker()
	a.Comparisons[1].Title = `=cmd("x"), "y"`
	b.Load(t, pageFile(t, a, PageLimit), "")
	b.Run(t, chromedp.Evaluate(`document.querySelector("table.comparison").closest(".scroll").nextElementSibling.click()`, nil))
	name := b.AwaitSaved(t)
	if name != "comparison-throughput-on-redis.csv" {
		t.Errorf("the file is called %s", name)
	}
	data, err := os.ReadFile(filepath.Join(b.Folder, name))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header := []string{"Metric", fixture.BaseArm, fixture.BaseArm + " low", fixture.BaseArm + " high", fixture.CandArm, fixture.CandArm + " low", fixture.CandArm + " high",
		"Ratio", "Ratio low", "Ratio high", "Verdict on " + fixture.CandArm, "Blocks"}
	if diff := cmp.Diff(header, rows[0]); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	if len(rows) != len(a.Comparisons)+1 {
		t.Fatalf("%d rows for %d comparisons", len(rows), len(a.Comparisons))
	}
	if !strings.HasPrefix(rows[2][0], "'=") {
		t.Errorf("a spreadsheet takes %q for a formula", rows[2][0])
	}
	for i, c := range a.Comparisons[:7] {
		var want []string
		for _, v := range []float64{c.Baseline.Estimate, c.Baseline.Low, c.Baseline.High, c.Candidate.Estimate, c.Candidate.Low, c.Candidate.High,
			c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High} {
			want = append(want, number.Raw(v))
		}
		if diff := cmp.Diff(want, rows[i+1][1:10]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.Metric, diff)
		}
		if words := strings.TrimSpace(view.VerdictWord(c) + " " + view.VerdictNote(c)); rows[i+1][10] != words || rows[i+1][11] != strconv.Itoa(c.Blocks) {
			t.Errorf("%s: %q, want %q", c.Metric, rows[i+1][10:], words)
		}
	}
	// A cell of several metrics is one of words, which say of each number what it is.
	b.Run(t, chromedp.Evaluate(`document.querySelector("table.matrix").closest(".scroll").nextElementSibling.click()`, nil))
	if data, err = os.ReadFile(filepath.Join(b.Folder, b.AwaitSaved(t))); err != nil {
		t.Fatal(err)
	}
	if rows, err = csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll(); err != nil {
		t.Fatal(err)
	}
	var tiles []string
	for _, c := range a.Comparisons[:3] {
		tiles = append(tiles, fmt.Sprintf("%s\u00d7 %s: %s", number.Short(c.Ratio.Estimate), view.MetricTitle(c), view.VerdictWord(c)))
	}
	if len(rows) != 2 || len(rows[0]) != 2 || len(rows[1]) != 2 || rows[1][1] != strings.Join(tiles, "; ") {
		t.Errorf("rows %q, want %q", rows, tiles)
	}
	b.NoProblems(t)
}

// No table that the page saves has a formula in it, whatever the run's files say.
func TestSavedTablesHaveNoFormulas(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	runs := map[string]analysis.Analysis{"real": realrun.Read(t), "made up": fixture.OneBroker()}
	for _, s := range []string{"=1+1", "+1+1", "-1+1", "-3.2+A1", "@SUM(A1)", " =1", "\t=1", "\uff1d1", "\u2028=1", `",=1`} {
		runs[s] = fixture.Hostile(fixture.OneBroker(), s)
	}
	runs["nine sides"], runs["nine sides called =1+1"] = fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis"), fixture.Hostile(fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis"), "=1+1")
	for name, a := range runs {
		b.Load(t, pageFile(t, a, PageLimit), "")
		saved := pagetest.Eval[[]string](t, b, `(() => {
			const out = [], blob = Blob, click = HTMLAnchorElement.prototype.click;
			window.Blob = class extends blob { constructor(parts, options) { super(parts, options); out.push(parts.join("")) } };
			HTMLAnchorElement.prototype.click = () => {};
			document.querySelector("button.unfold").click();
			for (const x of document.querySelectorAll("button.csv")) x.click();
			window.Blob = blob;
			HTMLAnchorElement.prototype.click = click;
			return out })()`)
		if len(saved) < 10 {
			t.Errorf("%q: %d tables are saved", name, len(saved))
		}
		for _, table := range saved {
			pagetest.NoFormulas(t, fmt.Sprintf("%q", name), strings.TrimPrefix(table, "\ufeff"))
		}
		b.NoProblems(t)
	}
}

func TestCurvesZoom(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	b.Load(t, pageFile(t, fixture.OneBroker(), PageLimit), "")
	n := pagetest.Eval[int](t, b, `document.querySelectorAll("button.zoom").length`)
	if n == 0 {
		t.Fatal("no curve can be zoomed")
	}
	b.Run(t, chromedp.Evaluate(`for (const x of document.querySelectorAll("button.zoom")) x.click()`, nil))
	if got := pagetest.Eval[int](t, b, `document.querySelectorAll(".zoomed canvas").length`); got != n {
		t.Errorf("%d of %d curves are drawn", got, n)
	}
	// The numbers under the pointer are those of the data.
	last := pagetest.Eval[string](t, b, `JSON.parse(document.querySelector("script.zoom").textContent).lines.map((l) => l.y.length > 3 && l.y.every((v) => v > 0)).join()`)
	if last != "true,true" {
		t.Errorf("the data of the curve: %s", last)
	}
	b.Run(t, chromedp.Evaluate(`for (const x of document.querySelectorAll("button.zoom")) x.click()`, nil))
	if got := pagetest.Eval[int](t, b, `document.querySelectorAll(".zoomed").length`); got != 0 {
		t.Errorf("%d curves are left", got)
	}
	b.NoProblems(t)
}

// Whoever doesn't see the page, or not its colours, reads it too. Checked by axe-core, in both themes and widths.
func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "a browser")
	for name, path := range pages(t) {
		if name == "real, packed" {
			continue // unfolded, it is the real one
		}
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				if name != "real" && (theme == "dark") != (width == 390) {
					continue // each theme and each width once
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, theme, width), func(t *testing.T) {
					b := pagetest.Open(t) // each has the time that a tab has
					b.Look(t, theme, width, 900)
					b.Load(t, path, "")
					b.Run(t, chromedp.Click("button.unfold", chromedp.ByQuery))
					b.Accessible(t)
					b.NoProblems(t)
				})
			}
		}
	}
}

// Names that are markup, endless or broken do nothing in a real browser either.
func TestBrowserRendersHostileNamesHarmlessly(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	for _, s := range []string{
		"<script>alert(1)</script>", "</script><script>alert(1)</script>", "</style><img src=x onerror=alert(1)>", "'\"><svg onload=alert(1)>",
		"line\nbreak\x00\x1b[31m", strings.Repeat("x", 10_000), "<!--part-->", "<!-- <script>",
	} {
		for _, packAbove := range []int{PageLimit, 0} {
			t.Run(fmt.Sprintf("%.20q/%d", s, packAbove), func(t *testing.T) {
				b.Look(t, "light", 390, 800)
				b.Load(t, pageFile(t, fixture.Hostile(fixture.OneBroker(), s), packAbove), "")
				b.Run(t, chromedp.Evaluate(`document.querySelector("button.unfold").click();
					for (const x of document.querySelectorAll("button.zoom")) x.click();
					for (const x of document.querySelectorAll("select")) { x.selectedIndex = 1; x.dispatchEvent(new Event("change", { bubbles: true })) }`, nil))
				if over := pagetest.Eval[int](t, b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("the page is %d px wider than the window", over)
				}
				if n := pagetest.Eval[int](t, b, `document.querySelectorAll("img, iframe, [onload], [onerror]").length`); n > 0 {
					t.Errorf("%d elements came with a name", n)
				}
				b.NoProblems(t)
			})
		}
	}
}
