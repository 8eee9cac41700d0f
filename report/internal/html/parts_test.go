package html

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// A page that is packed is, unpacked, the page that would not have been.
func TestPackedPartsAreTheWholeOnes(t *testing.T) {
	t.Parallel()
	runs := fixture.Fixtures()
	runs["nine sides"] = fixture.NineSides(t)
	for name, a := range runs {
		t.Run(name, func(t *testing.T) {
			whole, err := renderPage(view.New(a), nil, everything, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			page, err := renderPage(view.New(a), nil, everything, 0)
			if err != nil {
				t.Fatal(err)
			}
			packed := string(page)
			strip := func(s string) string { return strings.Join(strings.Fields(s), " ") }
			if strip(pagetest.Unpack(t, packed)) != strip(string(whole)) {
				t.Error("the unpacked page differs")
			}
			onlyItsScripts(t, packed)
			// Without the script the verdicts that decide are there, with both numbers, and each link of the first screen leads
			// somewhere.
			d := pagetest.Parse(t, packed)
			for _, c := range a.Comparisons {
				if c.Deciding && view.HasRatio(c) && !strings.Contains(packed, numbersOf(c, -1)) {
					t.Errorf("%s of %s on %s: the numbers are missing", c.Metric, c.Scenario, c.Broker)
				}
			}
			for _, l := range d.Links {
				if id, ok := strings.CutPrefix(l, "#result-"); ok && d.Ids["result-"+id] != 1 {
					t.Errorf("%d elements have the id of the link %s", d.Ids["result-"+id], l)
				}
			}
		})
	}
}

// Each load has its own chapter, also where the letters of its name leave nothing for an id.
func TestEachLoadHasItsChapter(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	compared := a.Comparisons
	a.Comparisons = nil
	names := []string{"\u6ce8\u6587", "\u652f\u6255\u3044", "pay.now", "pay-now"}
	for _, name := range names {
		for _, c := range compared {
			c.Scenario = name
			a.Comparisons = append(a.Comparisons, c)
		}
	}
	page := render(t, a)
	pagetest.Parse(t, page)
	var titles []string
	for _, m := range regexp.MustCompile(`<details class="chapter[^"]*" id="load-[^"]*"[^>]*><summary>([^<]*)`).FindAllStringSubmatch(page, -1) {
		titles = append(titles, m[1])
	}
	want := []string{names[0], names[1], "Pay.now", "Pay-now"}
	if !slices.Equal(titles, want) {
		t.Errorf("chapters %q, want %q", titles, want)
	}
}

// Each copy of the library that draws curves has its licence with it.
func TestPagesCarryTheLicenceOfTheirCurves(t *testing.T) {
	t.Parallel()
	licence, err := os.ReadFile("templates/vendor/uPlot.LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Copyright (c) 2022 Leon Sorokin", "Permission is hereby granted", "THE SOFTWARE IS PROVIDED \"AS IS\""} {
		if !strings.Contains(string(licence), want) {
			t.Errorf("the licence lacks %q", want)
		}
	}
	without := fixture.OneBroker()
	without.Curves = nil
	for name, a := range map[string]analysis.Analysis{"curves": fixture.OneBroker(), "many brokers": fixture.ManyBrokers(), "no curves": without} {
		for _, packAbove := range []int{PageLimit, 0} {
			page, err := renderPage(view.New(a), nil, everything, packAbove)
			if err != nil {
				t.Fatal(err)
			}
			embeds := strings.Contains(string(page), "var uPlot=")
			if got := strings.Contains(string(page), "<script>/*!\n"+string(licence)+"\n*/\n"); got != embeds || embeds == (name == "no curves") {
				t.Errorf("%s: the library is there: %t, its licence: %t", name, embeds, got)
			}
		}
	}
}

// numbersOf are the ratio and the candidate's figures as the brief form of a part has them.
func numbersOf(c analysis.Comparison, digits int) string {
	return fmt.Sprintf("%s times (%s to %s), %s (%s to %s) against", numHTML(c.Ratio.Estimate, digits), numHTML(c.Ratio.Low, digits), numHTML(c.Ratio.High, digits),
		numHTML(c.Candidate.Estimate, digits), numHTML(c.Candidate.Low, digits), numHTML(c.Candidate.High, digits))
}

// The largest run that the suite can plan gives a page that can be mailed, which says what it leaves out for that, and where
// the verdicts are all there.
func TestPageOfEverythingIsSmall(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	a := fixture.Largest(41)
	fitted, whole, err := Fit(view.New(a), nil, PageLimit)
	if err != nil {
		t.Fatal(err)
	}
	page := string(fitted)
	t.Logf("%d comparisons, %d trials: %d bytes", len(a.Comparisons), len(a.Trials), len(page))
	if len(page) > PageLimit {
		t.Errorf("the page has %d bytes", len(page))
	}
	// What it leaves out is next to it.
	full := pagetest.Unpack(t, string(whole))
	for _, c := range a.Comparisons[:8] {
		for _, r := range c.Ratios {
			if !strings.Contains(full, `title="`+number.Digits(r.Ratio, -1)+`"`) {
				t.Errorf("the page with everything lacks a ratio of %s", c.Metric)
			}
		}
	}
	left := regexp.MustCompile(`id="left-out">([^<]*)<`).FindStringSubmatch(page)
	if left == nil {
		t.Fatal("the page doesn't say what it leaves out")
	}
	t.Log(left[1])
	d := pagetest.Parse(t, pagetest.Unpack(t, page))
	for id, n := range d.Ids {
		if n > 1 {
			t.Errorf("%d elements have the id %s", n, id)
		}
	}
	for _, c := range a.Comparisons {
		if c.Deciding && !strings.Contains(page, numbersOf(c, 6)) {
			t.Errorf("%s of %s on %s: the numbers are missing", c.Metric, c.Scenario, c.Broker)
		}
	}
}

// Each detail leaves out more than the one before, and only what it says.
func TestEachDetailIsSmallerThanTheOneBefore(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
	last := 1 << 30
	for d := everything; d <= noRows; d++ {
		page, err := renderPage(view.New(a), nil, d, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) >= last {
			t.Errorf("detail %d has %d bytes, the one before %d", d, len(page), last)
		}
		last = len(page)
		pagetest.Parse(t, string(page))
		if said := strings.Contains(string(page), `id="left-out"`); said != (d > everything) {
			t.Errorf("detail %d says that something is left out: %t", d, said)
		}
		for _, c := range a.Comparisons {
			if c.Verdict != analysis.NoData && !strings.Contains(string(page), string(numHTML(c.Ratio.Estimate, d.digits()))) {
				t.Errorf("detail %d: the ratio of %s is missing", d, c.Metric)
			}
		}
	}
}

// The choices are those that make a difference, and what bears tags bears known ones.
func TestFiltersAreOfWhatTheRunHas(t *testing.T) {
	t.Parallel()
	if f := view.New(fixture.OneBroker()).Filters; len(f) != 1 || f[0].Name != "contender" {
		t.Errorf("a run of one scenario on one broker has the filters %+v", f)
	}
	a := fixture.Largest(2)
	page := render(t, a)
	known := map[string]bool{}
	names := ""
	for _, f := range view.New(a).Filters {
		names += f.Name + " "
		for _, o := range f.Options {
			known[o.Tag] = true
		}
	}
	if names != "scenario broker contender " {
		t.Errorf("filters %s", names)
	}
	used := map[string]bool{}
	for _, m := range regexp.MustCompile(`data-f="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		for _, tag := range strings.Fields(m[1]) {
			used[tag] = true
		}
	}
	for tag := range used {
		if !known[tag] {
			t.Errorf("an element has the tag %s, which is in no list", tag)
		}
	}
	for tag := range known {
		if !used[tag] {
			t.Errorf("no element has the tag %s", tag)
		}
	}
}
