package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/suite"
)

func TestLeftOutIsSortedByReason(t *testing.T) {
	t.Parallel()
	cs := []analysis.Comparison{
		{Broker: "a", NotCounted: analysis.Promises{Stated: "one"}}, {Broker: "a"}, {Broker: "b", NotCounted: analysis.Promises{Stated: "two"}}, {Broker: "b", NotCounted: analysis.Promises{Stated: "one"}}, {Broker: "a", NotCounted: analysis.Promises{Stated: "one"}},
	}
	var got []string
	for _, l := range LeftOut(cs) {
		got = append(got, l.sentence(Products{}))
	}
	want := "On a and b, 3 verdicts don't count in the answer: one. On b, 1 verdict doesn't count in the answer: two."
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

// A phase that was left out is listed once for all points of a sweep, and with the others of the same reason.
func TestPhasesThatWereLeftOutAreListed(t *testing.T) {
	t.Parallel()
	sc := func(name, title string, left ...string) analysis.Scenario {
		s := analysis.Scenario{Name: name, Title: title}
		for i := 0; i < len(left); i += 2 {
			s.LeftOut = append(s.LeftOut, suite.PhaseOmission{Scenario: name, Phase: left[i], Why: left[i+1]})
		}
		return s
	}
	a := analysis.Analysis{Scenarios: []analysis.Scenario{sc("s@1", "Sweep", "client", "one"), sc("s@2", "Sweep", "client", "one"), sc("x", "Other", "a", "two", "b", "one")}}
	want := []string{"Left out: phase client of Sweep and phase b of Other. The reason: one.", "Left out: phase a of Other. The reason: two."}
	if got := phaseSentences(a); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	r := New(a)
	if !slices.Equal(r.Phases, want) || !slices.Contains(r.Sureness, want[1]) || phaseSentences(analysis.Analysis{}) != nil {
		t.Errorf("%q, %q", r.Phases, r.Sureness)
	}
}

// No answer is made of verdicts that don't count, whatever they are.
func TestHeadlineLeavesOutWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	for _, verdict := range []string{analysis.Faster, analysis.Slower, analysis.Equivalent, analysis.Undecided, analysis.NoData} {
		a := decided(analysis.Faster)
		other := decided(verdict, verdict).Comparisons
		for i := range other {
			other[i].Broker, other[i].Deciding, other[i].NotCounted = "postgres", false, fixture.LeftOut()
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
	t.Parallel()
	a := decided(analysis.NoData, analysis.NoData)
	other := decided(analysis.NoData)
	other.Comparisons[0].Broker = "rabbitmq"
	a.Comparisons = append(a.Comparisons, other.Comparisons...)
	if got, want := headline(a), "No answer: none of 3 deciding comparisons of C with B could be made."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestTrialsThatDidNotRunAreToldTogether(t *testing.T) {
	t.Parallel()
	a := fixture.ManyBrokers()
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

// leftOutWords is what fixture.LeftOut comes to of the sides B and C.
const leftOutWords = "B delivers at most once here, C at least once"
