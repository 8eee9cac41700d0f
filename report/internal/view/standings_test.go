package view

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
)

func TestStandingsHaveEachArmOnEachBroker(t *testing.T) {
	t.Parallel()
	tables := standingsOf(fixture.ManyBrokers())
	if len(tables) != 1 {
		t.Fatalf("%d tables", len(tables))
	}
	got := []string{tables[0].Title, tables[0].Metric, strings.Join(tables[0].Arms, " | ")}
	for _, r := range tables[0].Rows {
		for i, c := range r.Cells {
			mark := ""
			if c.Caveat != nil {
				mark = " " + c.Caveat.Mark + " " + c.Caveat.Short
			}
			got = append(got, fmt.Sprintf("%s, %s: %s", r.Broker, tables[0].Arms[i], c.Words(c.Unit, mark, ": "+c.Reason.Whole)))
		}
	}
	want := []string{
		"Throughput", "Throughput (tasks/s), median over trials, higher is better", "celery/prefork | asynctasq/async",
		"Redis 8.0.2, celery/prefork: 1,120 tasks/s; at least once",
		"Redis 8.0.2, asynctasq/async: 3,430 tasks/s; at least once; partly measured (5 of 6 trials valid): p99 of lateness 14.2 ms, allowed 5 ms",
		"PostgreSQL 17.6, celery/prefork: 235 tasks/s; at most once \u2020 unsupported",
		"PostgreSQL 17.6, asynctasq/async: 720 tasks/s; at least once",
		"MariaDB 11.8.3, celery/prefork: 191 tasks/s; at most once \u2020 unsupported",
		"MariaDB 11.8.3, asynctasq/async: no figure; at least once; not valid (0 of 6 trials valid): a worker ended by itself in 6 of 6 trials: " + fixture.Deadlock,
		"RabbitMQ 4.1.4, celery/prefork: no figure; at least once; not run: " + fixture.NotStarted,
		"RabbitMQ 4.1.4, asynctasq/async: no figure; at least once; not run: " + fixture.NotStarted,
		"MiniStack (SQS emulator), celery/prefork: 48.2 tasks/s; at least once",
		"MiniStack (SQS emulator), asynctasq/async: 147 tasks/s; at least once",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]caveat{{"\u2020", "unsupported", fixture.TablesCaveat}}, tables[0].Caveats); diff != "" {
		t.Errorf("caveats (-want +got):\n%s", diff)
	}
}

func TestStandingsShowOneMetricForAll(t *testing.T) {
	t.Parallel()
	estimate := func(arm string, v ...float64) analysis.Estimate {
		e := analysis.Estimate{Arm: arm, Values: v}
		if len(v) > 0 {
			e.Estimate = v[0]
		}
		return e
	}
	comparison := func(metric string, deciding bool, base, cand analysis.Estimate) analysis.Comparison {
		return analysis.Comparison{Scenario: "s", Broker: "b", Metric: metric, Title: metric, Unit: "u", Deciding: deciding, Baseline: base, Candidate: cand}
	}
	cells := []analysis.Cell{
		{Scenario: "s", Broker: "b", Arm: "B", Status: analysis.CellMeasured}, {Scenario: "s", Broker: "b", Arm: "C", Status: analysis.CellInvalid, Reason: analysis.Reason{Code: analysis.ReasonStated, Detail: "x"}},
	}
	told := comparison("told", false, estimate("B", 1), estimate("C", 2))
	decides := comparison("decides", true, estimate("B", 3), estimate("C"))
	empty := comparison("empty", true, estimate("B"), estimate("C"))
	aside := comparison("aside", false, estimate("B", 5), estimate("C", 6))
	aside.NotCounted = analysis.Promises{Stated: "another promise"}
	for _, c := range []struct {
		name        string
		comparisons []analysis.Comparison
		want        string
	}{
		{"the first that decides", []analysis.Comparison{told, decides, aside}, "decides: 3, none"},
		{"one that would", []analysis.Comparison{told, aside, decides}, "aside: 5, 6"},
		{"not one without figures", []analysis.Comparison{empty, told, decides}, "decides: 3, none"},
		{"the first with figures", []analysis.Comparison{empty, told}, "told: 1, 2"},
		{"none has figures", []analysis.Comparison{empty}, "empty: none, none"},
		{"none was compared", nil, "no metric was compared: none, none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := standingsOf(analysis.Analysis{Cells: cells, Comparisons: c.comparisons})[0]
			got, _, _ := strings.Cut(s.Metric, " (u)")
			for i, cell := range s.Rows[0].Cells {
				sep, value := ": ", "none"
				if i > 0 {
					sep = ", "
				}
				if cell.HasValue {
					value = fmt.Sprint(cell.Value)
				}
				got += sep + value
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestReasonsArePartedWhereTheyCanBe(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 40)
	for _, c := range []struct{ name, in, short, rest string }{
		{"short", "no way", "no way", ""},
		{"short with a colon", "a: b", "a: b", ""},
		{"long", "it did not start: " + long, "it did not start", strings.TrimSpace(long)},
		{"a word before the colon", "E: " + long, name100("E: " + long), "E: " + strings.TrimSpace(long)},
		{"no colon", long, name100(long), strings.TrimSpace(long)},
		{"nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newReason(c.in)
			if r.Short != c.short || r.Rest != c.rest {
				t.Errorf("got %q and %q, want %q and %q", r.Short, r.Rest, c.short, c.rest)
			}
			if got, want := r.Whole, strings.TrimSpace(c.in); got != want {
				t.Errorf("the whole is %q, want %q", got, want)
			}
		})
	}
}

// name100 is what is left of a reason that has no place to be parted at.
func name100(s string) string { return string([]rune(s)[:97]) + "..." }

func TestCaveatsAreMarkedOnce(t *testing.T) {
	t.Parallel()
	var s Standings
	for _, c := range []struct{ in, mark, short string }{
		{"a transport of old (unsupported)", "\u2020", "unsupported"},
		{"another (see below) one", "\u20202", "another (see below) one"},
		{"a transport of old (unsupported)", "\u2020", "unsupported"},
		{"()", "\u20203", "()"},
		{strings.Repeat("x", 50), "\u20204", strings.Repeat("x", 29) + "..."},
	} {
		got := s.caveat(c.in)
		if got.Mark != c.mark || got.Short != c.short || got.Text != c.in {
			t.Errorf("%q: %+v", c.in, got)
		}
	}
	if s.caveat(" ") != nil || len(s.Caveats) != 4 {
		t.Errorf("caveats %+v", s.Caveats)
	}
}
