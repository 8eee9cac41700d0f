package report

import (
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The words of the run of nine sides that tests look for.
const (
	onlyRedis  = "its only broker is Redis"
	noComputed = "a task that computes holds up the event loop that all others wait in"
	notReady   = "worker 1 of 2 was not ready within 30 s"
	outOfReach = "worker 2 of 2 ended during the trial (signal: killed)"
)

// nineNames are the sides, the first of which the others are compared with.
var nineNames = []string{"celery/prefork", "celery/threads", "celery/gevent", "asynctasq/async", "asynctasq/thread", "dramatiq/threads",
	"dramatiq/gevent", "rq/fork", "arq/async"}

// nineSide is what a side of the run of nine is like: some differ in all, some in one metric alone, and some in none.
func nineSide(contender, broker string) madeup.Side {
	s := map[string]madeup.Side{
		"celery/prefork": {Drain: 1, Wait: .5}, "celery/threads": {Drain: 1.02, Wait: .9}, "celery/gevent": {Drain: 1.4, Wait: .9},
		"asynctasq/async": {Drain: 2.2, Wait: 1}, "asynctasq/thread": {Drain: 1.6, Wait: 1.6}, "dramatiq/threads": {Drain: 2.15, Wait: .52},
		"dramatiq/gevent": {Drain: 1.9, Wait: .55}, "rq/fork": {Drain: .3, Wait: 6}, "arq/async": {Drain: .8, Wait: 2},
	}[contender]
	if broker == "postgres" {
		s.Drain /= 4
		if strings.HasPrefix(contender, "celery/") {
			s.Delivery, s.Caveat = results.AtMostOnce, tablesCaveat
			s.Drain *= 2
		}
		if contender == "asynctasq/async" {
			s.Wait = .4
		}
	}
	return s
}

// nineOffered leaves out what such sides don't offer.
func nineOffered(contender, broker string, s suite.Scenario) (string, error) {
	switch {
	case broker == "postgres" && (contender == "rq/fork" || contender == "arq/async"):
		return onlyRedis, nil
	case s.Name == "cpu" && contender == "asynctasq/async":
		return noComputed, nil
	}
	return "", nil
}

// nine is a run of nine sides in two scenarios on two brokers in so many blocks, analysed. The workers of one side don't start
// in one place, and those of another one die there.
func nine(blocks int) (analysis.Analysis, error) {
	out, err := os.MkdirTemp("", "tqbench-nine-")
	if err != nil {
		return analysis.Analysis{}, err
	}
	defer func() { _ = os.RemoveAll(out) }()
	f := madeup.Folder{Scenarios: []string{"throughput", "cpu"}, Brokers: []string{"redis", "postgres"}, Contenders: nineNames, Blocks: blocks,
		Tasks: 7000, Seed: 9, Side: nineSide, Offered: nineOffered}
	if err := f.Write(out); err != nil {
		return analysis.Analysis{}, err
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		return analysis.Analysis{}, err
	}
	for _, t := range trials {
		switch {
		case t.Scenario != "cpu" || t.Broker != "redis":
			continue
		case t.Arm == "rq/fork":
			t.Reason = notReady
		case t.Arm == "celery/gevent":
			t.Flags = append(t.Flags, results.Flag{Code: results.FlagWorkerDied, Detail: outOfReach, Metrics: []string{"*"}})
		}
		if err := results.WriteTrial(results.TrialDir(out, t.ID), t); err != nil {
			return analysis.Analysis{}, err
		}
	}
	a, err := analysis.Analyze(out)
	a.Claims = nil // they have fixtures of their own
	a.Run.Began = time.Date(2026, 11, 24, 22, 15, 0, 0, time.UTC)
	a.Run.Brokers[0].Product, a.Run.Brokers[0].Version = "Redis", "8.0.2"
	a.Run.Brokers[1].Product, a.Run.Brokers[1].Version = "PostgreSQL", "17.6"
	return a, err
}

var (
	madeNine  = sync.OnceValues(func() (analysis.Analysis, error) { return nine(suite.MinBlocks) })
	madeYoung = sync.OnceValues(func() (analysis.Analysis, error) { return nine(2) })
)

// nineSides is that run. What it returns is the test's own: to change it changes no other's.
func nineSides(t testing.TB) analysis.Analysis { return made(t, madeNine) }

// youngNine is the same after two blocks, of which no verdict is made.
func youngNine(t testing.TB) analysis.Analysis { return made(t, madeYoung) }

func made(t testing.TB, of func() (analysis.Analysis, error)) analysis.Analysis {
	t.Helper()
	a, err := of()
	if err != nil {
		t.Fatal(err)
	}
	return changed(a, func(_, s string) string { return s })
}

// onlyIn is a run with one of its scenarios on one of its brokers alone.
func onlyIn(a analysis.Analysis, scenario, broker string) analysis.Analysis {
	at := func(s, b string) bool { return s == scenario && b == broker }
	a.Scenarios = keepIf(a.Scenarios, func(x analysis.Scenario) bool { return x.Name == scenario })
	a.Run.Brokers = keepIf(a.Run.Brokers, func(x results.Broker) bool { return x.Name == broker })
	a.Run.Contenders = keepIf(a.Run.Contenders, func(x results.Setup) bool { return at(x.Scenario, x.Broker) })
	a.Cells = keepIf(a.Cells, func(x analysis.Cell) bool { return at(x.Scenario, x.Broker) })
	a.Comparisons = keepIf(a.Comparisons, func(x analysis.Comparison) bool { return at(x.Scenario, x.Broker) })
	a.Orders = keepIf(a.Orders, func(x analysis.Order) bool { return at(x.Scenario, x.Broker) })
	a.Choices = keepIf(a.Choices, func(x analysis.Choice) bool { return at(x.Scenario, x.Broker) })
	a.Curves = keepIf(a.Curves, func(x analysis.Curve) bool { return at(x.Scenario, x.Broker) })
	a.Trials = keepIf(a.Trials, func(x analysis.TrialRow) bool { return at(x.Scenario, x.Broker) })
	a.Levels = keepIf(a.Levels, func(x analysis.Levels) bool { return at(x.Scenario, x.Broker) })
	a.Drifts = keepIf(a.Drifts, func(x analysis.Drift) bool { return at(x.Scenario, x.Broker) })
	a.Claims = keepIf(a.Claims, func(x analysis.Claim) bool { return at(x.Scenario, x.Broker) })
	a.Planned = len(a.Trials)
	return a
}

// hostileOrders does to orders of finish what hostile does to all else: one side keeps a name of its own.
func hostileOrders(a analysis.Analysis, s string) {
	arm := func(of string) string {
		if of == nineNames[1] {
			return s + "2"
		}
		return s
	}
	for i := range a.Orders {
		o := &a.Orders[i]
		o.Scenario, o.Broker, o.Metric, o.Title, o.Unit = s, s, s, s, s
		for j := range o.Sides {
			f := &o.Sides[j]
			f.Arm, f.Letters, f.Estimate.Arm, f.Estimate.Contender = arm(f.Arm), s, arm(f.Arm), s
		}
		for j := range o.Pairs {
			p := &o.Pairs[j]
			p.First, p.Second = arm(p.First), arm(p.Second)
			if p.NotCounted != "" {
				p.NotCounted = s
			}
		}
	}
	for i := range a.Choices {
		c := &a.Choices[i]
		c.Scenario, c.Broker = s, s
		for j := range c.Unbeaten {
			c.Unbeaten[j] = arm(c.Unbeaten[j])
		}
	}
}

// The fixture has what its name says: all kinds of cells, orders with ties, and sides that promise less.
func TestTheRunOfNineSidesHasAllThatCanHappen(t *testing.T) {
	a := nineSides(t)
	if len(a.Orders) != 8 || len(a.Choices) != 4 {
		t.Fatalf("%d orders, %d choices", len(a.Orders), len(a.Choices))
	}
	status := map[string]int{}
	for _, c := range a.Cells {
		status[c.Status]++
	}
	if len(a.Cells) != 36 || status[analysis.CellNotOffered] != 6 || status[analysis.CellNotRun] != 1 || status[analysis.CellInvalid] != 1 {
		t.Errorf("cells: %v", status)
	}
	verdicts, apart := map[string]int{}, 0
	for _, o := range a.Orders {
		for _, p := range o.Pairs {
			verdicts[p.Verdict+p.Grade]++
			if p.NotCounted != "" {
				apart++
			}
		}
	}
	for _, v := range []string{analysis.Undecided, analysis.Equivalent + analysis.GradeSure, analysis.Faster + analysis.GradeSure, analysis.Faster + analysis.GradeHere} {
		if verdicts[v] == 0 {
			t.Errorf("no pair is %s: %v", v, verdicts)
		}
	}
	if apart == 0 {
		t.Error("no pair promises different things")
	}
}
