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

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// On a telephone, no one has to scroll sideways for an order of finish, and what is folded stays so.
func TestOrdersFitATelephone(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	b.Look(t, "light", 390, 844)
	b.Load(t, pageFile(t, fixture.NineSides(t), PageLimit), "")
	wide := pagetest.Eval[[]string](t, b, `[...document.querySelectorAll(".scroll")].filter((e) => e.querySelector(".order, .decisions, .turned") && e.scrollWidth > e.clientWidth)
		.map((e) => e.getAttribute("aria-label"))`)
	if len(wide) > 0 {
		t.Errorf("these tables are wider than the screen: %q", wide)
	}
	if n := pagetest.Eval[int](t, b, `[...document.querySelectorAll(".chapter, .more")].filter((e) => e.open).length`); n > 0 {
		t.Errorf("%d details of orders are open", n)
	}
	// All of a place is a few screens: eight tables of pairs each would be dozens.
	if n := pagetest.Eval[int](t, b, `Math.round(document.querySelector("#answer").getBoundingClientRect().height / innerHeight)`); n > 12 {
		t.Errorf("the answer takes %d screens", n)
	}
	b.NoProblems(t)
}

// An order is saved with place, figure, interval and letters in columns of their own.
func TestOrdersAreSavedAsCSV(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	a := fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis")
	spoiled := &a.Orders[0].Sides[1].Estimate
	spoiled.Spoiled, spoiled.Values = spoiled.Values, nil
	b.Load(t, pageFile(t, a, PageLimit), "")
	b.Run(t, chromedp.Evaluate(`document.querySelector("table.order").closest(".scroll").nextElementSibling.click()`, nil))
	data, err := os.ReadFile(filepath.Join(b.Folder, b.AwaitSaved(t)))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"Side", "Throughput (tasks/s) place", "Throughput (tasks/s)", "Throughput (tasks/s) letters", "Throughput (tasks/s) low", "Throughput (tasks/s) high"}}
	for _, f := range a.Orders[0].Sides {
		if len(view.Shown(f.Estimate)) == 0 {
			continue
		}
		place := ""
		if f.Place > 0 {
			place = strconv.Itoa(f.Place)
		}
		figure := number.Raw(f.Estimate.Estimate)
		if view.Spoiled(f.Estimate) {
			figure += " (not valid)"
		}
		want = append(want, []string{f.Arm, place, figure, f.Letters, number.Raw(f.Estimate.Low), number.Raw(f.Estimate.High)})
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	b.NoProblems(t)
}

// Filters leave the places, the rows and the pairs of what was chosen, and links lead to what is folded.
func TestOrdersAreFiltered(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	for _, packAbove := range []int{1 << 30, 0} {
		b.Load(t, pageFile(t, fixture.NineSides(t), packAbove), "#broker=postgres&contender=rq/fork")
		const seen = `[...document.querySelectorAll(%q)].filter((e) => e.getClientRects().length).map((e) => e.innerText.split(/[\t\n]/)[0])`
		if diff := cmp.Diff([]string{"Basic throughput on PostgreSQL", "CPU-bound tasks on PostgreSQL"}, pagetest.Eval[[]string](t, b, fmt.Sprintf(seen, "#answer h3"))); diff != "" {
			t.Errorf("orders shown (-want +got):\n%s", diff)
		}
		if rows := pagetest.Eval[[]string](t, b, fmt.Sprintf(seen, "table.order tbody tr")); len(rows) > 0 {
			t.Errorf("a side that isn't offered has the rows %q", rows)
		}
		b.Load(t, pageFile(t, fixture.NineSides(t), packAbove), "#broker=redis&scenario=throughput&contender=arq/async")
		if diff := cmp.Diff([]string{"arq/async"}, pagetest.Eval[[]string](t, b, fmt.Sprintf(seen, "table.order tbody tr"))); diff != "" {
			t.Errorf("rows shown (-want +got):\n%s", diff)
		}
		for _, id := range []string{"pairs-order-throughput-redis", "result-throughput-redis-arq-async-celery-prefork", "sides-order-cpu-redis"} {
			b.Load(t, pageFile(t, fixture.NineSides(t), packAbove), "#"+id)
			if !pagetest.Eval[bool](t, b, `{ const r = document.getElementById("`+id+`").getBoundingClientRect(); r.height > 0 && r.top > -5 && r.top < innerHeight }`) {
				t.Errorf("#%s isn't in sight", id)
			}
		}
		b.NoProblems(t)
	}
}

// Names that are markup, endless or broken do nothing in an order of finish either.
func TestOrdersOfHostileNamesAreHarmless(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	b.Look(t, "light", 390, 844)
	for _, s := range []string{"</script><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, strings.Repeat("x", 10_000), "a/\x00\n/<wbr>|"} {
		b.Load(t, pageFile(t, fixture.Hostile(fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis"), s), PageLimit), "")
		b.Run(t, chromedp.Click("button.unfold", chromedp.ByQuery))
		if over := pagetest.Eval[int](t, b, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
			t.Errorf("%.20q: the page is %d px wider than the window", s, over)
		}
		if n := pagetest.Eval[int](t, b, `document.querySelectorAll("img, iframe, [onload], [onerror]").length`); n > 0 {
			t.Errorf("%.20q: %d elements came with a name", s, n)
		}
		b.NoProblems(t)
	}
}

// The three questions choose one of the answers that the page has, with a link to its evidence.
func TestAReadersQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	a := fixture.NineSides(t)
	b.Load(t, pageFile(t, a, PageLimit), "")
	answers := view.New(a).Ask
	for _, q := range []struct {
		broker, load string
		rate         float64
	}{{"redis", "throughput", 0}, {"redis", "throughput", 100}, {"postgres", "throughput", 2600}, {"redis", "cpu", 5}, {"postgres", "cpu", 1e7}} {
		want, ok := answers.For(q.load, q.broker, q.rate)
		if !ok {
			t.Fatalf("no answer for %+v", q)
		}
		rate := ""
		if q.rate > 0 {
			rate = strconv.FormatFloat(q.rate, 'f', -1, 64)
		}
		tags := strings.Fields(want.Tags)
		got := pagetest.Eval[string](t, b, fmt.Sprintf(`{
			const f = document.querySelector("form.ask");
			f.elements["my-load"].value = %q; f.elements["my-broker"].value = %q; f.elements["my-rate"].value = %q;
			f.elements["my-rate"].dispatchEvent(new Event("input", { bubbles: true }));
			const out = document.querySelector(".reply"); out.innerText + out.querySelector("a").hash }`, tags[0], tags[1], rate))
		if !strings.HasPrefix(got, want.Title) || !strings.HasSuffix(got, want.Words+"#"+want.ID) {
			t.Errorf("%+v: %q, want %q", q, got, want.Words)
		}
	}
	if pagetest.Eval[int](t, b, `document.querySelector("#replies").getClientRects().length`) > 0 {
		t.Error("all answers are shown")
	}
	b.NoProblems(t)
}
