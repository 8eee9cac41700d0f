package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
)

// The first screen of a run of one side has its figures with their intervals, or how to get these.
func TestALoneSidesFiguresAreTheAnswer(t *testing.T) {
	t.Parallel()
	r := New(fixture.OneArm())
	if len(r.AloneCards) != 5 || r.AloneCards[0].Title != "Throughput" || r.AloneCards[0].Figure != "591" || r.AloneCards[0].Unit != "tasks/s" ||
		r.AloneCards[0].Interval != "95 % interval 566 to 600, 6 trials" || r.AloneCards[0].ID != r.Alone[0].ID {
		t.Errorf("%+v", r.AloneCards)
	}
	if want := "Each figure is the median over 6 trials, one a block, with its 95 % interval."; !slices.Contains(r.Sureness, want) {
		t.Errorf("%q", r.Sureness)
	}
	r = New(fixture.OneTrial())
	if len(r.AloneCards) == 0 || r.AloneCards[0].Interval != "1 trial, no interval" || strings.Contains(r.Headline, "(") {
		t.Errorf("%+v, %s", r.AloneCards, r.Headline)
	}
	if want := "An interval takes at least two blocks, and 6 make a useful one: run it again with --blocks 6."; !strings.HasSuffix(r.Sureness[0], want) || !strings.HasSuffix(r.Alone[0].Note, want) {
		t.Errorf("%q, %q", r.Sureness, r.Alone[0].Note)
	}
	for _, s := range r.Sureness {
		if strings.Contains(s, "equivalent") {
			t.Errorf("a run without comparisons speaks of them: %s", s)
		}
	}
	if two := New(fixture.OneBroker()); len(two.AloneCards) != 0 || len(two.Alone) != 0 {
		t.Errorf("%+v", two.AloneCards)
	}
}

// A run on several brokers names the first figure of each, and cards hold those that decide.
func TestLoneFiguresOfSeveralPlaces(t *testing.T) {
	t.Parallel()
	a := fixture.OneArm()
	for _, x := range a.AloneFigures() {
		x.Deciding = x.Metric == "throughput"
		a.Alone = append(a.Alone, x)
	}
	for _, broker := range []string{"postgres", "mysql", "sqs", "rabbitmq"} {
		for _, x := range a.Alone[:5] {
			x.Broker = broker
			a.Alone = append(a.Alone, x)
		}
	}
	r := New(a)
	if len(r.AloneCards) != 5 || !strings.HasPrefix(r.Headline, "On Redis, celery/prefork: throughput 591 tasks/s (566 to 600); on ") || !strings.HasSuffix(r.Headline, "; and 1 more below.") {
		t.Errorf("%d cards, %s", len(r.AloneCards), r.Headline)
	}
}

func TestALoneSideOfSpoiledTrialsIsNoAnswer(t *testing.T) {
	t.Parallel()
	a := fixture.OneTrial()
	a.Trials[0].Flags = []results.Flag{{Code: results.FlagFailed, Detail: "KeyError: 'x'", Metrics: []string{"*"},
		Fact: results.Fact{Check: results.CheckTasks, Count: 300, Of: 300, File: "shop.py", Line: 7}}}
	want := "On Redis, no trial of celery/prefork counts: 300 of 300 tasks failed: KeyError: 'x', in shop.py, line 7."
	r := New(a)
	if r.Headline != want || len(r.AloneCards) != 0 || len(r.Alone) != 1 {
		t.Errorf("%s, %+v", r.Headline, r.AloneCards)
	}
	if want := "1 of 1 planned trial ran; 1 doesn't count: failed 1."; !slices.Equal(r.Sureness, []string{want}) {
		t.Errorf("%q, want %q", r.Sureness, want)
	}
}

// Notes on failed tasks are summed up by arm; flags are said where their figures are.
func TestNotesOnFailedTasksAreSummedUp(t *testing.T) {
	t.Parallel()
	a := fixture.OneArm()
	for i, detail := range []string{"KeyError: 'x'", "KeyError: 'y'"} {
		a.Trials[i].Flags = append(a.Trials[i].Flags, results.Flag{Code: results.FlagFailed, Detail: detail,
			Fact: results.Fact{Check: results.CheckTasks, Count: 3, Of: 300, File: "shop.py", Line: 7}})
	}
	want := []string{"celery/prefork, throughput on Redis, 2 trials, such as trial 1: 3 of 300 tasks failed: KeyError: 'x', in shop.py, line 7"}
	if got := New(a).Failures; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := New(analysis.Analysis{}).Failures; got != nil {
		t.Errorf("%q", got)
	}
}

// Two trials that differ have an interval that says nothing.
func TestTooFewTrialsHaveNoInterval(t *testing.T) {
	t.Parallel()
	a := fixture.OneArm()
	a.Trials = a.Trials[:2]
	a.Trials[0].Metrics["throughput"], a.Trials[1].Metrics["throughput"] = 500, 700
	r := New(a)
	row := r.Alone[0].Rows[0]
	if row.Metric != "throughput" || row.Interval() != "too few trials" || row.Words() != "600" || row.intervalWords() != "2 trials, too few for an interval" {
		t.Errorf("%q, %q, %q", row.Interval(), row.Words(), row.intervalWords())
	}
	if want := "throughput 600 tasks/s,"; !strings.Contains(r.Headline, want) || !strings.HasSuffix(r.Alone[0].Note, "too few trials for it: run it again with --blocks 6.") {
		t.Errorf("%s; %s", r.Headline, r.Alone[0].Note)
	}
	a = fixture.OneBroker()
	c := a.Comparisons[0]
	c.Blocks, c.Ratio.Estimate, c.Ratio.Low, c.Ratio.High = 2, 1.2, 0.01, 140
	if got := intervalWords(c); got != "2 blocks, too few for an interval" {
		t.Errorf("%q", got)
	}
	if c.Blocks = 6; intervalWords(c) != "0.0100 to 140" {
		t.Errorf("%q", intervalWords(c))
	}
}
