package verify

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// What happens to honest runs is no reason to refuse them.
func TestUnusualHonestRunsVerify(t *testing.T) {
	for name, change := range map[string]func(x *results.Trial, rows []results.Task){
		"sides that ran one after the other": func(x *results.Trial, _ []results.Task) {
			p := &x.Phases[0]
			p.Turns, p.SteadyFrom, p.SteadyTo = nil, p.Released+int64(150*time.Millisecond), p.Released+int64(650*time.Millisecond)
		},
		"workers that were held between turns": func(x *results.Trial, _ []results.Task) {
			p, by := &x.Phases[0], int64(80*time.Millisecond)
			p.Turns[1].From, p.Turns[1].To, p.SteadyTo = p.Turns[1].From+by, p.Turns[1].To+by, p.SteadyTo+by
		},
		"a drain that was abandoned": func(x *results.Trial, _ []results.Task) {
			p := &x.Phases[0]
			p.Turns, p.SteadyFrom, p.SteadyTo = nil, 0, 0
			x.Flags = abandoned()
		},
		"a drain that was abandoned between two turns": func(x *results.Trial, _ []results.Task) {
			p := &x.Phases[0]
			p.Turns, p.SteadyFrom, p.SteadyTo = p.Turns[:1], 0, 0
			x.Flags = abandoned()
		},
		"a producer that waited for its turn on a busy machine": func(x *results.Trial, _ []results.Task) {
			x.Phases[0].EnqueueBegan -= int64(200 * time.Millisecond)
		},
		"a producer whose CPU time was stolen": func(x *results.Trial, _ []results.Task) {
			x.Phases[0].EnqueueBegan -= int64(time.Second)
			x.Phases[0].EnqueueStill = 0.8
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := changedTrial(t, change)
			if !r.Verified() || !found(r, Phases, Right, "18 phases") {
				t.Errorf("%+v", r.Findings)
			}
		})
	}
}

// abandoned are the flags of a trial whose workers died.
func abandoned() []results.Flag {
	return []results.Flag{{Code: results.FlagNotDrained, Metrics: []string{"*"}, Fact: results.Fact{Check: results.CheckAbandoned}}}
}

// A user's own application is sent by its framework's client where only that can, and its tasks may fail.
func TestOfOnesOwnApplicationMoreIsOpen(t *testing.T) {
	sc := suite.Scenario{Name: "own", Own: &suite.Own{}, Phases: []suite.Phase{{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 2}}}
	rows := []results.Task{{Phase: "drain", Sent: 1, Acked: 2, Outcome: results.OutcomeFinished},
		{Seq: 1, Phase: "drain", Sent: 3, Acked: 4, Outcome: results.OutcomeFailed}}
	x := results.Trial{Scenario: "own", Counts: results.Counts{Sent: 2, Finished: 1, Failed: 1}, Flags: []results.Flag{{Code: results.FlagFailed}},
		Phases: []results.Phase{{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Client, Count: 2, EnqueueBegan: 1, EnqueueEnded: 4}}}
	c := checker{Report: &Report{Plan: suite.Plan{Scenarios: []suite.Scenario{sc}}}}
	if what := c.strayed(x, rows); what != "" {
		t.Error(what)
	}
	rows[0].Outcome, x.Finished, x.Failed = results.OutcomeFailed, 0, 2
	if what := c.strayed(x, rows); !strings.Contains(what, "the flag failed is due") {
		t.Errorf("a phase without a success: %q", what)
	}
}

// A search finds its rates, and a recovery is about tasks that are lost or run twice.
func TestWhatAMeasureLeavesOpen(t *testing.T) {
	x := results.Trial{Scenario: "s", Counts: results.Counts{Sent: 2, Lost: 1, Finished: 1, Duplicated: 1},
		Flags:  []results.Flag{{Code: results.FlagLost}, {Code: results.FlagDuplicated}},
		Phases: []results.Phase{{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Count: 2, Rate: 1}}}
	sc := suite.Scenario{Name: "s", Measure: suite.Recovery, Phases: []suite.Phase{{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 2, Rate: 1}}}
	c := checker{Report: &Report{Plan: suite.Plan{Scenarios: []suite.Scenario{sc}}}}
	if what := c.strayed(x, tasks("load", 2)); what != "" {
		t.Error(what)
	}
	c.Plan.Scenarios[0].Measure = suite.Search
	x.Phases[0].Name, x.Counts, x.Flags = "load at 4", results.Counts{Sent: 2, Finished: 2}, nil
	if what := c.strayed(x, tasks("load at 4", 2)); what != "" {
		t.Error(what)
	}
	if what, want := c.strayed(x, tasks("load at 4", 1)), "phase load at 4: 1 of its 2 tasks are there"; what != want {
		t.Errorf("%q, want %q", what, want)
	}
}

// tasks are that many finished tasks of a phase.
func tasks(phase string, n int) (rows []results.Task) {
	for i := range n {
		rows = append(rows, results.Task{Seq: int64(i), Phase: phase, Sent: 1, Outcome: results.OutcomeFinished})
	}
	return rows
}

// Tasks that were sent are there, whatever became of them. A chain ends with a step that doesn't finish, and its later steps were never sent.
func TestTasksThatAreGoneAreMissed(t *testing.T) {
	chains := suite.Scenario{Chain: true, Mix: []suite.Share{{Kind: "charge"}, {Kind: "email"}, {Kind: "stock"}}}
	web := suite.Scenario{Measure: suite.Web, Phases: []suite.Phase{{Name: "load"}, {Name: "dispatch"}}}
	except := func(gone ...int64) []results.Task {
		return slices.DeleteFunc(tasks("load", 6), func(r results.Task) bool { return slices.Contains(gone, r.Seq) })
	}
	lost := func(seq int64, rows []results.Task) []results.Task {
		for i := range rows {
			if rows[i].Seq == seq {
				rows[i].Outcome = results.OutcomeLost
			}
		}
		return rows
	}
	for name, tt := range map[string]struct {
		sc   suite.Scenario
		rows []results.Task
		want string
	}{
		"all":                                   {suite.Scenario{}, except(), ""},
		"a lost task":                           {suite.Scenario{}, lost(2, except()), ""},
		"a task less":                           {suite.Scenario{}, except(2), "5 of its 6 tasks are there"},
		"none":                                  {suite.Scenario{}, nil, "0 of its 6 tasks are there"},
		"another phase's":                       {suite.Scenario{}, tasks("paced", 6), "0 of its 6 tasks are there"},
		"requests that enqueue nothing":         {web, nil, ""},
		"whole chains":                          {chains, except(), ""},
		"a chain that broke at once":            {chains, lost(1, except(3, 5)), ""},
		"a chain that broke later":              {chains, lost(3, except(5)), ""},
		"a chain that went on without a record": {chains, lost(1, except()), ""},
		"a chain less":                          {chains, except(1, 3, 5), "1 of its 2 tasks are there"},
		"no chain":                              {chains, nil, "0 of its 2 tasks are there"},
		"a chain without its last steps":        {chains, except(3, 5), "1 tasks of step 2 are there, and 2 of the step before finished"},
		"a chain without its last step":         {chains, except(5), "1 tasks of step 3 are there, and 2 of the step before finished"},
	} {
		if got := gone(results.Phase{Name: "load", Count: 6}, tt.sc, tt.rows); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// A backlog's sending begins and ends with its first tasks. What is sent later keeps it up.
func TestTheTimeOfSendingIsThatOfItsTasks(t *testing.T) {
	const second = int64(time.Second)
	for name, tt := range map[string]struct {
		began, ended int64
		still        float64
		change       func(*results.Trial, []results.Task)
		want         string
	}{
		"close":                                 {9 * second, 12*second + second/5, 0, nil, ""},
		"early":                                 {5 * second, 12 * second, 0, nil, "enqueue_began_ns is 5s before"},
		"late":                                  {10 * second, 20 * second, 0, nil, "enqueue_ended_ns is 8s after"},
		"late, as CPU time was stolen":          {10 * second, 20 * second, 0.8, nil, ""},
		"later than CPU time was stolen":        {10 * second, 20 * second, 0.7, nil, "enqueue_ended_ns is 8s after"},
		"later than CPU time can be stolen":     {10 * second, 60 * second, 1e9, nil, "enqueue_ended_ns is 48s after"},
		"both, as CPU time was stolen":          {3 * second, 17 * second, 0.85, nil, ""},
		"early by what was stolen once":         {second, 18 * second, 0.6, nil, "enqueue_began_ns is 9s before"},
		"late by what was stolen once":          {3 * second, 20 * second, 0.6, nil, "enqueue_ended_ns is 8s after"},
		"late, and less than nothing is stolen": {10 * second, 12*second + second/5, -1e9, nil, ""},
		"late, without an answer":               {10 * second, 20 * second, 0, func(_ *results.Trial, r []results.Task) { r[1].Acked = 0 }, ""},
		"late, with workers that were let go": {10 * second, 20 * second, 0, func(x *results.Trial, _ []results.Task) {
			x.Flags = []results.Flag{{Code: results.FlagReleasedEarly, Metrics: []string{"throughput"}}}
		}, ""},
		"by other machines, which were away": {-4 * second, 27 * second, 0, func(x *results.Trial, _ []results.Task) { x.Hosts = make([]results.Host, 2) }, ""},
		"early, by other machines": {-15 * second, 20 * second, 0, func(x *results.Trial, _ []results.Task) { x.Hosts = make([]results.Host, 2) },
			"enqueue_began_ns is 25s before"},
		"late, by other machines": {second, 40 * second, 0, func(x *results.Trial, _ []results.Task) { x.Hosts = make([]results.Host, 2) },
			"enqueue_ended_ns is 28s after"},
		"without notes": {second, 60 * second, 0, func(_ *results.Trial, r []results.Task) {
			for i := range r {
				r[i].Sent, r[i].Acked = 0, 0
			}
		}, ""},
	} {
		var x results.Trial
		rows := []results.Task{{Phase: "drain", Sent: 10 * second, Acked: 11 * second}, {Seq: 1, Phase: "drain", Sent: 10 * second, Acked: 12 * second},
			{Seq: 2, Phase: "drain", Sent: 50 * second, Acked: 51 * second}, {Seq: 3, Phase: "paced", Sent: second, Acked: 90 * second}}
		if tt.change != nil {
			tt.change(&x, rows)
		}
		p := results.Phase{Name: "drain", Arrivals: suite.Sustained, Producer: suite.Wire, Count: 3, Depth: 2, EnqueueBegan: tt.began, EnqueueEnded: tt.ended,
			EnqueueStill: tt.still}
		if got := sending(x, p, suite.Scenario{}, rows); !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
