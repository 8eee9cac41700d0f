package site

import (
	"math"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

// stated is a bundle that says what a test makes of a run, whose sides are exchanged on the site.
func stated(t *testing.T, file string, tier Tier, change func(*analysis.Comparison)) candidate {
	t.Helper()
	a := fixture.NoisyRun()
	for i := range a.Comparisons {
		change(&a.Comparisons[i])
	}
	c := candidate{&Entry{File: file, Tier: tier, Signer: file + "@example.com", Run: a.Run}, map[string]*Cell{}}
	c.entry.Run.Machine.CPU = file
	if err := collect(c.cells, c.entry, a); err != nil {
		t.Fatal(err)
	}
	return c
}

// shown are the cells of bundles by metric, and the page.
func shown(t *testing.T, all ...candidate) (map[string]Cell, string) {
	t.Helper()
	s := Site{Cells: cellsOf(merged(all))}
	for _, c := range all {
		s.Entries = append(s.Entries, c.entry)
	}
	page, err := s.Page()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]Cell{}
	for _, c := range s.Cells {
		out[c.Metric] = c
	}
	return out, string(page)
}

// times multiplies a ratio.
func times(c *analysis.Comparison, by float64) {
	c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High = by*c.Ratio.Estimate, by*c.Ratio.Low, by*c.Ratio.High
}

// A verdict is published with its grade, in the word of its metric, and only a decided one is painted.
func TestAVerdictIsPublishedAsFarAsItGoes(t *testing.T) {
	t.Parallel()
	cells, page := shown(t, stated(t, "a", Verified, func(c *analysis.Comparison) {
		c.Deciding = true
		if c.Verdict == analysis.Undecided { // as after the correction for several comparisons
			c.Ratio.Low, c.Ratio.High = 1.01, 1.2
		}
	}))
	for _, tt := range []struct{ metric, side, says string }{
		{"throughput", "base", "; slower</span>"},
		{"latency_p50", "base", "; slower as measured here</span>"},
		{"latency_p99", "none", "; undecided</span>"},
		{"cpu_per_1000", "base", "; worse</span>"},
	} {
		c, ok := cells[tt.metric]
		if !ok {
			t.Errorf("%s has no row", tt.metric)
			continue
		}
		if c.Side() != tt.side {
			t.Errorf("%s has the colour %s, want %s", tt.metric, c.Side(), tt.side)
		}
		if !strings.Contains(page, tt.says) {
			t.Errorf("%s: the page lacks %q", tt.metric, tt.says)
		}
	}
	if want := "without the stolen CPU time the ratio may be "; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q", want)
	}
}

// What no one verified changes no figure, no word and no colour of a row with a better badge, wherever its file is.
func TestOnlyVerifiedResultsSpeakWhereThereAreAny(t *testing.T) {
	t.Parallel()
	const unknown = "of_another_tqbench"
	own := func(c *analysis.Comparison) {
		if c.Metric == "latency_p99" {
			c.Metric = unknown
		}
	}
	liar := stated(t, "a", SelfReported, func(c *analysis.Comparison) {
		own(c)
		times(c, 100)
		c.Title, c.HigherIsBetter, c.Verdict = "Slowness", !c.HigherIsBetter, analysis.Slower
	})
	honest := stated(t, "b", Verified, own)
	far := stated(t, "c", Verified, func(c *analysis.Comparison) {
		own(c)
		times(c, 3)
	})
	alone, page := shown(t, liar, honest)
	c := alone["throughput"]
	if got := c.Speaking(); len(got) != 1 || got[0].Entry.File != "b" || len(c.Results) != 2 || c.Tier != Verified {
		t.Errorf("%d of %d results speak", len(got), len(c.Results))
	}
	if c.MetricTitle != "Throughput" || !c.HigherIsBetter || c.Side() != "base" || math.Abs(c.Low-1/6.0571) > 1e-9 || c.High != c.Low {
		t.Errorf("%q, higher is better %v, colour %s, %v to %v", c.MetricTitle, c.HigherIsBetter, c.Side(), c.Low, c.High)
	}
	if want := `<span class="verdict base">0.165</span>`; !strings.Contains(page, want) {
		t.Errorf("the page lacks %q", want)
	}
	if c := alone[unknown]; c.MetricTitle != "p99 latency" || c.HigherIsBetter {
		t.Errorf("%q, higher is better %v", c.MetricTitle, c.HigherIsBetter)
	}
	several, _ := shown(t, liar, honest, far)
	if c := several["throughput"]; !c.Disagree || c.Machines != 2 || math.Abs(c.Low-1/18.1713) > 1e-9 || math.Abs(c.High-1/6.0571) > 1e-9 {
		t.Errorf("%d machines, disagree %v, %v to %v", c.Machines, c.Disagree, c.Low, c.High)
	}
	unverified, _ := shown(t, liar)
	if c := unverified["throughput"]; len(c.Speaking()) != 1 || c.Tier != SelfReported || c.MetricTitle != "Throughput" || !c.HigherIsBetter {
		t.Errorf("of no verified result: %+v", c)
	}
}
