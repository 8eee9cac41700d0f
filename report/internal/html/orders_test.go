package html

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// The page has each figure of each order unrounded, and each pair with its numbers.
func TestPageHasEveryNumberOfEveryOrder(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	a := fixture.NineSides(t)
	page, err := renderPage(view.New(a), nil, everything, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	d := pagetest.Parse(t, string(page))
	for id, n := range d.Ids {
		if n > 1 {
			t.Errorf("%d elements have the id %s", n, id)
		}
	}
	for _, l := range d.Links {
		if id, ok := strings.CutPrefix(l, "#"); ok && d.Ids[id] != 1 {
			t.Errorf("%d elements have the id of the link %s", d.Ids[id], l)
		}
	}
	_, tables, _ := strings.Cut(string(page), `<h2 id="orders">`)
	for _, o := range a.Orders {
		for _, f := range o.Sides {
			if len(view.Shown(f.Estimate)) == 0 {
				continue
			}
			for _, v := range []float64{f.Estimate.Estimate, f.Estimate.Low, f.Estimate.High} {
				if !strings.Contains(tables, string(numHTML(v, -1))) {
					t.Errorf("%s of %s on %s: %g is missing", o.Metric, f.Arm, o.Broker, v)
				}
			}
			if f.Place > 0 && !strings.Contains(tables, fmt.Sprintf(`<span class="place" data-csv="%d">%d.</span> <b>%s</b> <span class="letters" data-csv="%s">%s</span>`,
				f.Place, f.Place, numHTML(f.Estimate.Estimate, -1), f.Letters, f.Letters)) {
				t.Errorf("%s of %s on %s: place %d or letters %s are missing", o.Metric, f.Arm, o.Broker, f.Place, f.Letters)
			}
		}
		for _, p := range o.Pairs {
			if p.Ratio.Confidence > 0 && !strings.Contains(tables, string(numHTML(p.Ratio.Estimate, -1))) {
				t.Errorf("%s, %s and %s: the ratio is missing", o.Metric, p.First, p.Second)
			}
		}
	}
	// What would fill the page is folded, and nothing of it is on the first screen twice.
	if n := strings.Count(string(page), `<details class="chapter"`); n != 4 || strings.Contains(string(page), `class="cards"`) {
		t.Errorf("%d chapters", n)
	}
	if n := d.Elements["nav"]; n != 1 || strings.Count(string(page), `<li data-f`) != 4 {
		t.Errorf("the contents list %d parts", strings.Count(string(page), `<li data-f`))
	}
	for _, want := range []string{fixture.OnlyRedis, fixture.NoComputed, fixture.NotReady, fixture.OutOfReach, fixture.TablesCaveat} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
}

// More orders than the first screen holds have a part of their own, to which it leads, packed or not.
func TestManyOrdersHaveAPartOfTheirOwn(t *testing.T) {
	t.Parallel()
	a := fixture.OnlyIn(fixture.NineSides(t), "cpu", "redis")
	for i := range 4 {
		again := fixture.OnlyIn(fixture.NineSides(t), "cpu", "postgres")
		for _, o := range again.Orders {
			o.Scenario = fmt.Sprint("again", i)
			a.Orders = append(a.Orders, o)
		}
		for _, c := range again.Choices {
			c.Scenario = fmt.Sprint("again", i)
			a.Choices = append(a.Choices, c)
		}
	}
	for _, packAbove := range []int{1 << 30, 0} {
		page, err := renderPage(view.New(a), nil, everything, packAbove)
		if err != nil {
			t.Fatal(err)
		}
		d := pagetest.Parse(t, string(page))
		first, rest, _ := strings.Cut(string(page), `<nav`)
		if strings.Contains(first, `class="order"`) || strings.Contains(rest, `<table class="order">`) != (packAbove > 0) {
			t.Errorf("packed above %d: the orders aren't where they belong", packAbove)
		}
		links := 0
		for _, l := range d.Links {
			if id, ok := strings.CutPrefix(l, "#order"); ok {
				links++
				if d.Ids["order"+id] != 1 {
					t.Errorf("packed above %d: %d elements have the id of the link %s", packAbove, d.Ids["order"+id], l)
				}
			}
		}
		if links < 6 { // five lines on what to take, and the contents
			t.Errorf("packed above %d: %d links", packAbove, links)
		}
	}
}
