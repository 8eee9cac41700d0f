package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/regress/bisect"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/stats"
)

// bisected is a bisection of five releases with these outcomes; "" is none.
func bisected(outcome string, after, first string, between []string, outcomes ...string) bisect.Bisection {
	b := bisect.Bisection{Question: bisect.Question{Contender: "rq/fork", Releases: []string{"1.0", "1.1", "1.2", "1.3", "2.0"}},
		Outcome: outcome, After: after, First: first, Between: between, Left: []bisect.Left{{Release: "1.2.1", Why: "it has no wheel"}}}
	for i, o := range outcomes {
		s := bisect.Step{Release: b.Releases[i+1], Outcome: o, Blocks: 8, Seconds: 30}
		switch o {
		case "":
			continue
		case bisect.Unusable:
			s.Why = "it is yanked"
		default:
			s.Decisions = []gate.Decision{{Cell: regress.Cell{Scenario: "throughput", Broker: "redis", Arm: "rq/fork"}, Metric: "throughput", Title: "Throughput", Unit: "tasks/s",
				Outcome: o, Limit: 0.95, Base: 100, Change: 80, Blocks: 8, Ratio: &stats.Interval{Estimate: 0.8, Low: 0.75, High: 0.85, Confidence: 0.95}}}
		}
		b.Steps = append(b.Steps, s)
	}
	return b
}

func TestABisectionIsSummedUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		b        bisect.Bisection
		headline string
		notes    []string
	}{
		"found": {bisected(bisect.Found, "1.2", "1.3", nil, "", regress.Passes, regress.Fails, regress.Fails), "The first release of rq/fork that fails is 1.3; 1.2 passes.",
			[]string{"1.3 against 1.0: Throughput", "-20.0 % (95 % interval -25.0 % to -15.0 %", "1.2.1 was left out: it has no wheel.", "3 steps of 5 releases, 24 blocks"}},
		"a range": {bisected(bisect.Range, "1.0", "1.3", []string{"1.1", "1.2"}, bisect.Unusable, regress.CantTell, regress.Fails, regress.Fails),
			"is one of 1.1, 1.2 and 1.3: the steps between 1.0, which passes, and 1.3, which fails, can't tell", []string{"1.1 was left out: it is yanked.", "1.2 can't tell: Throughput"}},
		"unchanged":  {bisected(bisect.Unchanged, "", "", nil, "", "", "", regress.Passes), "The last release of rq/fork, 2.0, doesn't fail against 1.0", []string{"1 step of 5 releases"}},
		"undecided":  {bisected(bisect.Undecided, "", "", nil, "", "", "", regress.CantTell), "The step from 1.0 to 2.0 has no answer", []string{"2.0 can't tell: Throughput"}},
		"unfinished": {bisected("", "", "", nil), "--resume continues", nil},
	} {
		if got := BisectHeadline(test.b); !strings.Contains(got, test.headline) {
			t.Errorf("%s: %s", name, got)
		}
		notes := strings.Join(BisectNotes(test.b), "\n")
		for _, want := range test.notes {
			if !strings.Contains(notes, want) {
				t.Errorf("%s: no %q in\n%s", name, want, notes)
			}
		}
		rows := BisectRows(test.b)
		if len(rows) != len(test.b.Steps) {
			t.Errorf("%s: %d rows of %d steps", name, len(rows), len(test.b.Steps))
		}
		for _, r := range rows {
			if len(r) != len(BisectHead()) {
				t.Errorf("%s: a row of %d columns: %q", name, len(r), r)
			}
		}
	}
}

// The decisions of a step on one figure in two places say which is which, and those on one place don't.
func TestABisectionOfSeveralPlacesNamesThem(t *testing.T) {
	t.Parallel()
	b := bisected(bisect.Unchanged, "", "", nil, regress.Passes, "", "", regress.Passes)
	if got := BisectRows(b)[0][1]; got != "Throughput (tasks/s)" {
		t.Errorf("of one place: %q", got)
	}
	last := &b.Steps[1]
	other := last.Decisions[0]
	other.Broker = "postgres"
	last.Decisions = append(last.Decisions, other)
	var got []string
	for _, r := range BisectRows(b) {
		got = append(got, r[0]+" "+r[1])
	}
	want := []string{"1.1 Throughput (tasks/s), throughput on redis", "2.0 Throughput (tasks/s), throughput on redis", "2.0 Throughput (tasks/s), throughput on postgres"}
	if !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}
