package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
)

func TestLeftOutIsSortedByReason(t *testing.T) {
	cs := []analysis.Comparison{
		{Broker: "a", NotCounted: "one"}, {Broker: "a"}, {Broker: "b", NotCounted: "two"}, {Broker: "b", NotCounted: "one"}, {Broker: "a", NotCounted: "one"},
	}
	var got []string
	for _, l := range leftOut(cs) {
		got = append(got, l.sentence(products{}))
	}
	want := "On a and b, 3 verdicts don't count in the answer: one. On b, 1 verdict doesn't count in the answer: two."
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// No answer is made of verdicts that don't count, whatever they are.
func TestHeadlineLeavesOutWhatDoesNotCount(t *testing.T) {
	for _, verdict := range []string{analysis.Faster, analysis.Slower, analysis.Equivalent, analysis.Undecided, analysis.NoData} {
		a := decided(analysis.Faster)
		other := decided(verdict, verdict).Comparisons
		for i := range other {
			other[i].Broker, other[i].Deciding, other[i].NotCounted = "postgres", false, leftOutWords
		}
		a.Comparisons = append(a.Comparisons, other...)
		if got, want := headline(a), "On redis, C is ahead of B in throughput."; got != want {
			t.Errorf("%s: got %s, want %s", verdict, got, want)
		}
		if s := text.List(sureness(a)); !strings.Contains(s, "On postgres, 2 verdicts don't count in the answer: "+leftOutWords) {
			t.Errorf("%s: %s", verdict, s)
		}
		a.Comparisons = other
		if got, want := headline(a), "No answer: the metrics that would decide don't count, since "+leftOutWords+"."; got != want {
			t.Errorf("%s: got %s, want %s", verdict, got, want)
		}
	}
}

func TestHeadlineWithoutAnyDataIsNoAnswer(t *testing.T) {
	a := decided(analysis.NoData, analysis.NoData)
	other := decided(analysis.NoData)
	other.Comparisons[0].Broker = "rabbitmq"
	a.Comparisons = append(a.Comparisons, other.Comparisons...)
	if got, want := headline(a), "No answer: none of 3 deciding comparisons of C with B could be made."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A verdict that doesn't count is shown with its reason everywhere, and never in a winner's colour.
func TestWhatDoesNotCountIsMarked(t *testing.T) {
	for _, verdict := range []string{analysis.Faster, analysis.Slower} {
		a := fixture()
		a.Comparisons = a.Comparisons[:1]
		c := &a.Comparisons[0]
		c.Verdict, c.Deciding, c.NotCounted = verdict, false, leftOutWords
		word := verdictWord(*c)
		page := render(t, a)
		_, page, _ = strings.Cut(page, `<table class="matrix`) // past the legend, which shows all kinds
		if painted := regexp.MustCompile(`class="(verdict|card|interval) (cand|base)`).FindString(page); painted != "" {
			t.Errorf("%s: the page has %s", verdict, painted)
		}
		var markdown, coloured bytes.Buffer
		if err := writeMarkdown(&markdown, New(a)); err != nil {
			t.Fatal(err)
		}
		if err := Terminal(&coloured, a, Screen{Colour: true}); err != nil {
			t.Fatal(err)
		}
		if out := coloured.String(); strings.Contains(out, styleCandidate+"m") || strings.Contains(out, styleBaseline+"m") {
			t.Errorf("%s: the terminal paints a winner:\n%s", verdict, out)
		}
		for kind, x := range map[string]struct{ out, want string }{
			"matrix":   {page, "</span> " + word + `</span> <a href="#result-throughput-redis-throughput">`},
			"reason":   {page, `<span class="tag">doesn't count</span> ` + leftOutWords},
			"row":      {page, `<span class="sub">doesn't count: ` + leftOutWords},
			"Markdown": {markdown.String(), word + "; doesn't count: " + leftOutWords},
			"mark":     {coloured.String(), "(*) Throughput (tasks/s)"},
			"terminal": {coloured.String(), "(*) Throughput doesn't count: " + leftOutWords},
		} {
			if !strings.Contains(x.out, x.want) {
				t.Errorf("%s: %s lacks %q", verdict, kind, x.want)
			}
		}
	}
}

// Trials are counted, not flags: a trial may have one for each of its phases.
func TestTrialsAreCountedByWhatBecameOfThem(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*analysis.Analysis)
		want   string
	}{
		{"as it is", func(*analysis.Analysis) {},
			"12 of 13 planned trials ran; 1 did not run; 1 kept out of a verdict: late 1 (1 carries notes: unsteady 1)."},
		{"notes only", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = nil
			}
			for i := range a.Trials {
				a.Trials[i].Flags = nil
			}
			for i := range 4 {
				detail := []string{"drain", "paced"}[i%2]
				a.Comparisons[i].Flags = []analysis.Flagged{{Trial: 1 + i/2, Code: "producer-bound", Detail: detail}}
			}
		}, "12 of 13 planned trials ran; 1 did not run; none kept out of a verdict (2 carry notes: producer-bound 2)."},
		{"neither", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = nil
			}
			a.Trials = a.Trials[4:8]
			a.Planned = 4
		}, "4 of 4 planned trials ran; none kept out of a verdict."},
		{"told of trials that aren't there", func(a *analysis.Analysis) {
			for i := range a.Comparisons {
				a.Comparisons[i].Flags = []analysis.Flagged{
					{Trial: 13, Code: "not-run", Detail: a.Trials[12].Reason, Excluded: true}, {Trial: 99, Code: "missing", Excluded: true},
				}
			}
			a.Trials = append(a.Trials[4:8:8], a.Trials[12])
			a.Planned = 6
		}, "4 of 6 planned trials ran; 1 did not run; 1 did not begin: the run was cut short; none kept out of a verdict."},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := fixture()
			c.change(&a)
			if got := ranSentence(a); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			for _, row := range flagRows(a) {
				listed := false
				for _, r := range a.Trials {
					listed = listed || r.ID == row.Trial
				}
				if row.Listed != listed {
					t.Errorf("trial %d is listed: %t", row.Trial, row.Listed)
				}
			}
			parse(t, render(t, a))
		})
	}
}

func TestTrialsThatDidNotRunAreToldTogether(t *testing.T) {
	a := manyBrokers()
	a.Trials = append(a.Trials, a.Trials[len(a.Trials)-1])
	a.Trials[len(a.Trials)-1].ID = 70
	var got []string
	for _, x := range notRunTogether(a) {
		got = append(got, x.Words)
	}
	want := "Trial 13 (celery/prefork, throughput on Redis); Trial 60 (celery/prefork, throughput on RabbitMQ); " +
		"Trials 61 and 70 (asynctasq/async, throughput on RabbitMQ)"
	if s := strings.Join(got, "; "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}
