package html

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/shell"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

func render(t *testing.T, a analysis.Analysis) string {
	t.Helper()
	page, _, err := Fit(view.New(a), nil, PageLimit)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func TestPageHasEveryNumberOfEveryComparison(t *testing.T) {
	t.Parallel()
	for name, a := range fixture.Fixtures() {
		t.Run(name, func(t *testing.T) {
			page := render(t, a)
			for _, c := range a.Comparisons {
				if c.Verdict == analysis.NoData {
					continue
				}
				figures := map[string]float64{"ratio": c.Ratio.Estimate, "ratio low": c.Ratio.Low, "ratio high": c.Ratio.High}
				for side, e := range map[string]analysis.Estimate{"baseline": c.Baseline, "candidate": c.Candidate} {
					figures[side], figures[side+" low"], figures[side+" high"] = e.Estimate, e.Low, e.High
				}
				for _, r := range c.Ratios {
					figures[fmt.Sprintf("block %d", r.Block)] = r.Ratio
				}
				for _, x := range c.Intervals {
					figures[x.Method], figures[x.Method+" low"], figures[x.Method+" high"] = x.Estimate, x.Low, x.High
				}
				for _, x := range c.Tests {
					figures[x.Name] = x.Statistic
				}
				for _, x := range c.Effects {
					figures[x.Name] = x.Value
				}
				for what, v := range figures {
					want := fmt.Sprintf(`<span title="%s">%s</span>`, number.Raw(v), number.Short(v))
					if !strings.Contains(page, want) {
						t.Errorf("%s, %s: %s is missing", c.Metric, what, want)
					}
				}
				for what, want := range map[string]string{
					"sentence":    view.SentenceOf(c),
					"corrected p": fmt.Sprintf(`<span title="%s">%s</span>`, number.Raw(c.CorrectedP), number.P(c.CorrectedP)),
					"CV":          fmt.Sprintf(`<span title="%s">%s</span>`, number.Raw(c.Candidate.CV), number.Percent(c.Candidate.CV)),
					"blocks":      fmt.Sprintf(`data-label="Blocks">%d</td>`, c.Blocks),
				} {
					if !strings.Contains(strings.ReplaceAll(page, "&#39;", "'"), want) {
						t.Errorf("%s: the %s %q is missing", c.Metric, what, want)
					}
				}
			}
		})
	}
}

func TestPageTellsWhatTheRunWas(t *testing.T) {
	t.Parallel()
	for name, a := range fixture.Fixtures() {
		t.Run(name, func(t *testing.T) {
			d := pagetest.Parse(t, render(t, a))
			var want []string
			for _, s := range a.Run.Contenders {
				want = append(want, s.Guarantee, shell.Join(s.Command), s.Framework+" "+s.Version)
				for _, x := range s.Settings {
					want = append(want, x.Name, x.Value, x.Default, x.Why)
				}
			}
			for _, b := range a.Run.Brokers {
				want = append(want, view.New(a).Products.Full(b.Name))
				for _, x := range b.Settings {
					want = append(want, x.Name, x.Value, x.Why)
				}
			}
			for _, s := range a.Run.Software {
				want = append(want, s.Name, s.Version)
			}
			for _, f := range append(view.New(a).Flags, view.New(a).Notes...) {
				want = append(want, f.Code, f.Detail, f.KeptOut())
			}
			for _, r := range view.New(a).NotRun {
				want = append(want, r.Reason)
			}
			for _, c := range a.Cells {
				want = append(want, c.Status, c.Delivery, c.Caveat)
			}
			for _, c := range a.Claims {
				want = append(want, c.Text, c.Source, c.Outcome, view.ClaimSentence(c), c.Note, view.ClaimedWords(c))
			}
			m := a.Run.Machine
			want = append(want, m.CPU, m.Kernel, m.Clocksource, m.Governor, "24,041 MiB", a.Run.Placement, a.Method.Rule, a.Command,
				shell.Join(a.Run.Command), a.Run.PlanHash, "Seed 42", "10,000", "3,429 tasks/s", "61.4", "4.27", "7.12 %", "33,498",
				"about 17 blocks would decide", view.New(a).Headline)
			for _, w := range want {
				if !strings.Contains(d.Text, w) {
					t.Errorf("the page doesn't say %q", w)
				}
			}
		})
	}
}

// Where no command can be written that makes the run again, the page has the one that was typed.
func TestPageHasTheCommandThatIsKnown(t *testing.T) {
	t.Parallel()
	const unknown, typed = "The command is not known.", "This run was started as:"
	for name, tt := range map[string]struct {
		made, typed          string
		hasUnknown, hasTyped bool
	}{
		"both": {"tqbench run", "tqbench", false, true}, "the typed one": {"", "tqbench", false, true}, "neither": {"", "", true, false},
	} {
		a := fixture.OneBroker()
		a.Command, a.Run.Command = tt.made, strings.Fields(tt.typed)
		page := render(t, a)
		if missing, known := strings.Contains(page, unknown), strings.Contains(page, typed); missing != tt.hasUnknown || known != tt.hasTyped {
			t.Errorf("%s: %q: %v, want %v; %q: %v, want %v", name, unknown, missing, tt.hasUnknown, typed, known, tt.hasTyped)
		}
	}
}

func TestPageAsksForNothingFromElsewhere(t *testing.T) {
	t.Parallel()
	for name, a := range map[string]analysis.Analysis{
		"fixture":       fixture.OneBroker(),
		"many brokers":  fixture.ManyBrokers(),
		"hostile cells": fixture.Hostile(fixture.ManyBrokers(), `" href="https://example.org/x`),
		"hostile":       fixture.Hostile(fixture.OneBroker(), `" href="https://example.org/x" src="//example.org/y" style="background:url(http://example.org)`),
	} {
		t.Run(name, func(t *testing.T) {
			page := render(t, a)
			d := pagetest.Parse(t, page)
			for _, l := range d.Links {
				if l != "data:," && !strings.HasPrefix(l, "#") && !pagetest.TrialFolder.MatchString(l) {
					t.Errorf("the page refers to %q", l)
				}
				if id, ok := strings.CutPrefix(l, "#"); ok && d.Ids[id] != 1 {
					t.Errorf("%d elements have the id of the link %q", d.Ids[id], l)
				}
			}
			for id, n := range d.Ids {
				if n > 1 {
					t.Errorf("%d elements have the id %s", n, id)
				}
			}
			for _, e := range []string{"iframe", "object", "embed", "img", "base"} {
				if d.Elements[e] > 0 {
					t.Errorf("the page has <%s>", e)
				}
			}
			onlyItsScripts(t, page)
			style := page[strings.Index(page, "<style>"):strings.Index(page, "</style>")]
			if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
				t.Error("the style loads something")
			}
		})
	}
	for name, a := range fixture.Fixtures() {
		// uPlot says in its licence's line where it is from.
		if page := strings.Replace(render(t, a), "/*! https://github.com/leeoniya/uPlot (v1.6.32) */", "", 1); strings.Contains(page, "://") {
			t.Errorf("%s: the page has an address of something outside", name)
		}
	}
}

// onlyItsScripts makes sure that the page's policy lets nothing run but the scripts that stand in the templates, that these
// ask for nothing, and that its other scripts are data.
func onlyItsScripts(t *testing.T, page string) {
	t.Helper()
	var sums []string
	for _, m := range pagetest.Scripts.FindAllStringSubmatch(page, -1) {
		if m[1] != "" {
			if m[1] != ` type="application/json" class="zoom"` && m[1] != ` type="application/octet-stream" id="packed"` {
				t.Errorf("a script with the attributes %s", m[1])
			}
			continue
		}
		body := strings.TrimSuffix(strings.TrimPrefix(m[0], "<script>"), "</script>")
		sum := sha256.Sum256([]byte(body))
		sums = append(sums, " 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
		if asks := regexp.MustCompile(`\b(fetch\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import\(|eval\()`).FindString(body); asks != "" {
			t.Errorf("a script has %s", asks)
		}
	}
	want := `http-equiv="Content-Security-Policy" content="default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; ` +
		`style-src 'unsafe-inline'; script-src` + strings.Join(sums, "") + `"`
	if len(sums) == 0 || !strings.Contains(page, want) {
		t.Errorf("the content security policy isn't that of the page's %d scripts", len(sums))
	}
}

func TestPageRendersHostileNamesHarmlessly(t *testing.T) {
	t.Parallel()
	plain, brokers := pagetest.Parse(t, render(t, fixture.OneBroker())), pagetest.Parse(t, render(t, fixture.ManyBrokers()))
	for _, s := range []string{
		"<script>alert(1)</script>", "</style><script>x</script>", "<!--", "-->", "'\"><svg onload=x>", "{{.}}", "javascript:alert(1)",
		"line\nbreak\r\n\tand\x00control\x1b[31m\u202e", "\xff\xfe", strings.Repeat("x", 10_000), "]]>", "",
	} {
		for _, c := range []struct {
			name  string
			a     analysis.Analysis
			plain pagetest.Document
			most  int
		}{
			{"one broker", fixture.Hostile(fixture.OneBroker(), s), plain, 400_000},
			{"many brokers", fixture.Hostile(fixture.ManyBrokers(), s), brokers, 1_200_000},
			{"hostile products", fixture.HostileProducts(fixture.ManyBrokers(), s), brokers, 1_200_000},
		} {
			t.Run(fmt.Sprintf("%s/%.12q", c.name, s), func(t *testing.T) {
				page := render(t, c.a)
				d := pagetest.Parse(t, page)
				if len(page) > c.most {
					t.Errorf("the page has %d bytes", len(page))
				}
				for _, e := range []string{"script", "svg", "style"} {
					// A chart for one metric in place of another is fine; one that a name has brought in is not.
					if d.Elements[e] > c.plain.Elements[e] {
						t.Errorf("%d <%s>, %d without the name", d.Elements[e], e, c.plain.Elements[e])
					}
				}
				for _, bad := range []string{"\x00", "\x1b", "\u202e", "\xff"} {
					if strings.Contains(page, bad) {
						t.Errorf("the page has %q", bad)
					}
				}
				for _, l := range d.Links {
					if l != "data:," && !strings.HasPrefix(l, "#") && !pagetest.TrialFolder.MatchString(l) {
						t.Errorf("the page refers to %q", l)
					}
				}
			})
		}
	}
}

func TestPageOfNothingSaysSo(t *testing.T) {
	t.Parallel()
	page := render(t, analysis.Analysis{})
	d := pagetest.Parse(t, page)
	for _, want := range []string{
		"No answer: this run has nothing to compare.", "No trial was planned or run.", "No data: the run has no trial.",
		"No data: the run lists no contender.", "No data: the run lists no broker.",
	} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if d.Elements["svg"] > 0 {
		t.Error("there is a chart without data")
	}
}

func TestPageSaysWhyAChartIsMissing(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	a.Curves, a.Sweeps, a.Comparisons = nil, nil, a.Comparisons[7:]
	d := pagetest.Parse(t, render(t, a))
	for _, want := range []string{
		"No data: this scenario has no comparison of throughput.", "No data: no metric has a ratio here.",
		"No data: no trial has a valid latency.", "No data: no trial has a series of completions.",
	} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("the page doesn't say %q", want)
		}
	}
	if d.Elements["svg"] > 0 {
		t.Error("there is a chart without data")
	}
}

// A difference that isn't sure has no winner's colour: not in words, not in cards, not in the strips.
func TestPagePaintsOnlySureDifferences(t *testing.T) {
	t.Parallel()
	class := map[string]string{
		analysis.Faster: "cand", analysis.Slower: "base", analysis.Equivalent: "none", analysis.Undecided: "none", analysis.NoData: "none",
	}
	for verdict, want := range class {
		a := fixture.OneBroker()
		a.Comparisons = a.Comparisons[:1]
		a.Comparisons[0].Verdict = verdict
		page := render(t, a)
		// The legend shows all kinds; it is the only place before the first section that isn't about this run.
		legend := page[strings.Index(page, `<p class="note">Verdicts are on`):]
		page = strings.Replace(page, legend[:strings.Index(legend, "</p>")], "", 1)
		for _, m := range regexp.MustCompile(`class="(verdict|card|interval) (cand|base|none|cand-side|base-side|no-side)"`).FindAllStringSubmatch(page, -1) {
			got := strings.TrimSuffix(m[2], "-side")
			if got == "no" {
				got = "none"
			}
			if got != want {
				t.Errorf("%s: %s, want %s", verdict, m[0], want)
			}
		}
		if !strings.Contains(page, `class="verdict `+want+`"`) {
			t.Errorf("%s: no verdict of class %s", verdict, want)
		}
	}
}

func TestPageOfATwoArmRunIsSmall(t *testing.T) {
	t.Parallel()
	if n := len(render(t, fixture.OneBroker())); n > 250_000 {
		t.Errorf("the page has %d bytes", n)
	}
	if n := len(render(t, fixture.ManyBrokers())); n > 600_000 {
		t.Errorf("the page of five brokers has %d bytes", n)
	}
}

func TestChartsOfThePageAreWellFormedAndNamed(t *testing.T) {
	t.Parallel()
	page := render(t, fixture.OneBroker())
	charts := regexp.MustCompile(`(?s)<svg.*?</svg>`).FindAllString(page, -1)
	// Five of the section, one for each of the seven metrics that have data, and that of the sweep.
	if len(charts) != 5+7+1 {
		t.Errorf("%d charts", len(charts))
	}
	for _, c := range charts {
		pagetest.WellFormed(t, c[:min(80, len(c))], []byte(c))
		for _, part := range []string{`role="img"`, "<title id=", "<desc id=", "aria-labelledby="} {
			if !strings.Contains(c, part) {
				t.Errorf("a chart has no %s: %.80s", part, c)
			}
		}
		if strings.Contains(c, "NaN") || strings.Contains(c, "Inf") {
			t.Errorf("a chart has a coordinate that is no number: %.80s", c)
		}
	}
}

// The rule is what a reader judges the verdicts by: it is shown whole, on the first screen and under the method.
func TestPageShowsTheWholeRule(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	a.Method.Rule = strings.Repeat("One clause of many. ", 40) + "The last clause."
	if n := strings.Count(render(t, a), "The last clause."); n != 2 {
		t.Errorf("the rule's end is shown %d times, want 2", n)
	}
}
