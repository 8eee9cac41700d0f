package report

import (
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// unpack puts the packed parts of a page in their places, as its script does.
func unpack(t *testing.T, page string) string {
	t.Helper()
	m := regexp.MustCompile(`<script type="application/octet-stream" id="packed">([^<]*)</script>`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("nothing is packed")
	}
	z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(m[1])))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), partMark)
	place := regexp.MustCompile(`(?s)(<div class="part"[^>]*?) data-part="(\d+)">(.*?</section>\n*)</div>`)
	return place.ReplaceAllStringFunc(strings.Replace(page, m[0], "", 1), func(s string) string {
		m := place.FindStringSubmatch(s)
		n, err := strconv.Atoi(m[2])
		if err != nil || n >= len(parts) {
			t.Fatalf("part %s of %d", m[2], len(parts))
		}
		return m[1] + ">" + parts[n] + "</div>"
	})
}

// A page that is packed is, unpacked, the page that would not have been.
func TestPackedPartsAreTheWholeOnes(t *testing.T) {
	runs := fixtures()
	runs["nine sides"] = nineSides(t)
	for name, a := range runs {
		t.Run(name, func(t *testing.T) {
			whole, err := renderPage(New(a), nil, everything, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			page, err := renderPage(New(a), nil, everything, 0)
			if err != nil {
				t.Fatal(err)
			}
			packed := string(page)
			strip := func(s string) string { return strings.Join(strings.Fields(s), " ") }
			if strip(unpack(t, packed)) != strip(string(whole)) {
				t.Error("the unpacked page differs")
			}
			onlyItsScripts(t, packed)
			// Without the script the verdicts that decide are there, with both numbers, and each link of the first screen leads
			// somewhere.
			d := parse(t, packed)
			for _, c := range a.Comparisons {
				if c.Deciding && hasRatio(c) && !strings.Contains(packed, numbersOf(c, -1)) {
					t.Errorf("%s of %s on %s: the numbers are missing", c.Metric, c.Scenario, c.Broker)
				}
			}
			for _, l := range d.links {
				if id, ok := strings.CutPrefix(l, "#result-"); ok && d.ids["result-"+id] != 1 {
					t.Errorf("%d elements have the id of the link %s", d.ids["result-"+id], l)
				}
			}
		})
	}
}

// Each copy of the library that draws curves has its licence with it.
func TestPagesCarryTheLicenceOfTheirCurves(t *testing.T) {
	licence, err := os.ReadFile("templates/vendor/uPlot.LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Copyright (c) 2022 Leon Sorokin", "Permission is hereby granted", "THE SOFTWARE IS PROVIDED \"AS IS\""} {
		if !strings.Contains(string(licence), want) {
			t.Errorf("the licence lacks %q", want)
		}
	}
	without := fixture()
	without.Curves = nil
	for name, a := range map[string]analysis.Analysis{"curves": fixture(), "many brokers": manyBrokers(), "no curves": without} {
		for _, packAbove := range []int{pageLimit, 0} {
			page, err := renderPage(New(a), nil, everything, packAbove)
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

// largest is a run of everything: all scenarios with their points and pairs of sides, on five brokers, in seven blocks. No
// figure is twice the same, or packing would be easier than it is.
func largest(scenarios int) analysis.Analysis {
	r := rand.New(rand.NewPCG(1, 2))
	one := fixture()
	out := one
	out.Comparisons, out.Curves, out.Trials, out.Cells, out.Sweeps = nil, nil, nil, nil, nil
	near := func(v float64) float64 { return v * (1 + 0.1*r.Float64()) }
	side := func(e analysis.Estimate) analysis.Estimate {
		e.Estimate, e.Low, e.High, e.CV = near(e.Estimate), near(e.Low), near(e.High), near(e.CV)
		values := make([]float64, len(e.Values))
		for i, v := range e.Values {
			values[i] = near(v)
		}
		e.Values = values
		return e
	}
	id := 0
	for _, broker := range []string{"redis", "postgres", "mysql", "rabbitmq", "sqs"} {
		for s := range scenarios {
			scenario := fmt.Sprintf("scenario-%d", s+1)
			for _, c := range one.Comparisons {
				c.Scenario, c.Broker = scenario, broker
				c.Baseline, c.Candidate = side(c.Baseline), side(c.Candidate)
				c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High, c.CorrectedP = near(c.Ratio.Estimate), near(c.Ratio.Low), near(c.Ratio.High), near(c.CorrectedP)
				var ratios []analysis.BlockRatio
				for _, x := range c.Ratios {
					ratios = append(ratios, analysis.BlockRatio{Block: x.Block, Baseline: near(x.Baseline), Candidate: near(x.Candidate), Ratio: near(x.Ratio)})
				}
				var intervals []analysis.Interval
				for _, x := range c.Intervals {
					intervals = append(intervals, analysis.Interval{Method: x.Method, Estimate: near(x.Estimate), Low: near(x.Low), High: near(x.High), Confidence: x.Confidence})
				}
				var tests []analysis.Test
				for _, x := range c.Tests {
					tests = append(tests, analysis.Test{Name: x.Name, Statistic: near(x.Statistic), P: near(x.P)})
				}
				c.Ratios, c.Intervals, c.Tests = ratios, intervals, tests
				out.Comparisons = append(out.Comparisons, c)
			}
			for _, c := range one.Curves {
				c.Scenario, c.Broker = scenario, broker
				var points []analysis.Point
				by, bend := near(1), near(1)
				for _, p := range c.Points {
					f := by * math.Pow(bend, p.X)
					points = append(points, analysis.Point{X: p.X, Y: f * p.Y, Low: f * p.Low, High: f * p.High, Trials: p.Trials})
				}
				c.Points = points
				out.Curves = append(out.Curves, c)
			}
			for _, x := range one.Trials {
				id++
				x.ID, x.Scenario, x.Broker = id, scenario, broker
				metrics := map[string]float64{}
				for k, v := range x.Metrics {
					metrics[k] = near(v)
				}
				x.Metrics = metrics
				out.Trials = append(out.Trials, x)
			}
			for _, arm := range []string{baseArm, candArm} {
				out.Cells = append(out.Cells, analysis.Cell{Scenario: scenario, Broker: broker, Arm: arm, Planned: 6, Ran: 6, Valid: 6,
					Status: analysis.CellMeasured, Delivery: results.AtLeastOnce})
			}
		}
	}
	out.Planned = len(out.Trials)
	return out
}

// The largest run that the suite can plan gives a page that can be mailed, which says what it leaves out for that, and where
// the verdicts are all there.
func TestPageOfEverythingIsSmall(t *testing.T) {
	a := largest(41)
	list, err := files(t.TempDir(), a, nil)
	if err != nil {
		t.Fatal(err)
	}
	written := map[string]string{}
	for _, f := range list {
		if f.name != "index.html" && f.name != fullFile {
			continue
		}
		var b strings.Builder
		if err := f.fill(&b); err != nil {
			t.Fatal(err)
		}
		written[f.name] = b.String()
	}
	page := written["index.html"]
	t.Logf("%d comparisons, %d trials: %d bytes", len(a.Comparisons), len(a.Trials), len(page))
	if len(page) > pageLimit {
		t.Errorf("the page has %d bytes", len(page))
	}
	// What it leaves out stands beside it.
	full := unpack(t, written[fullFile])
	for _, c := range a.Comparisons[:8] {
		for _, r := range c.Ratios {
			if !strings.Contains(full, string(numHTML(r.Ratio, -1))) {
				t.Errorf("%s lacks a ratio of %s", fullFile, c.Metric)
			}
		}
	}
	left := regexp.MustCompile(`id="left-out">([^<]*)<`).FindStringSubmatch(page)
	if left == nil {
		t.Fatal("the page doesn't say what it leaves out")
	}
	t.Log(left[1])
	d := parse(t, unpack(t, page))
	for id, n := range d.ids {
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
	a := manyBrokers()
	last := 1 << 30
	for d := everything; d <= noRows; d++ {
		page, err := renderPage(New(a), nil, d, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) >= last {
			t.Errorf("detail %d has %d bytes, the one before %d", d, len(page), last)
		}
		last = len(page)
		parse(t, string(page))
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
	if f := newTagger(fixture()).filters(productsOf(fixture())); len(f) != 1 || f[0].Name != "contender" {
		t.Errorf("a run of one scenario on one broker has the filters %+v", f)
	}
	a := largest(2)
	page := render(t, a)
	known := map[string]bool{}
	names := ""
	for _, f := range newTagger(a).filters(productsOf(a)) {
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
