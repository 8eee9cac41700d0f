package trial

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// sized is hosts with these numbers of CPUs, which run two workers each.
type sized struct {
	Away
	online, allowed []int
}

func (s sized) Processes() []int { return slices.Repeat([]int{2}, len(s.online)) }

func (s sized) CPUs(i int) (online, workers int) { return s.online[i], s.allowed[i] }

// How many processes will run tasks depends on each host's CPUs, and not on the collector's.
func TestProcessesAreCountedByTheCPUsOfTheirHost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		contender string
		defaults  bool
		probing   int
		commands  int
	}{{"asynctasq/process", false, 2*2 + 2*3, 4}, {"celery/prefork", false, 4, 2}, {"celery/prefork", true, 4 + 3, 2}} {
		c, err := catalog(t).Find(tt.contender)
		if err != nil {
			t.Fatal(err)
		}
		r := &run{Config: Config{Contender: c, Target: contender.Target{Broker: "redis", URL: "redis://127.0.0.1:1/0", Queue: "q", Processes: 4, Concurrency: 10,
			Defaults: tt.defaults, CPUs: 8, WorkerCPUs: 8}}, fleet: &fleet{}, away: sized{online: []int{4, 3}, allowed: []int{2, 3}}}
		if err := r.count(); err != nil || r.probing != tt.probing || r.fleet.elsewhere != tt.commands {
			t.Errorf("%s (as installed: %v): %d processes of %d commands, want %d of %d (%v)", tt.contender, tt.defaults, r.probing, r.fleet.elsewhere, tt.probing,
				tt.commands, err)
		}
	}
}

// reporter is hosts of which some were lost, or whose workers ended.
type reporter struct {
	Away
	losses []Loss
	exits  []process.Exit
	words  string
}

func (r reporter) Losses() []Loss                           { return r.losses }
func (r reporter) Exits() ([]process.Exit, <-chan struct{}) { return r.exits, nil }
func (r reporter) LastWords() string                        { return r.words }
func (r reporter) Usage() process.Usage                     { return process.Usage{} }
func (r reporter) PSS() int64                               { return 0 }

// The log of a worker is on its host until the trial ends: its last words come from there.
func TestTheLastWordsOfAWorkerElsewhere(t *testing.T) {
	t.Parallel()
	r := reporter{exits: []process.Exit{{Code: 1}}, words: "worker 1: no such module"}
	f := &fleet{name: "celery", group: r, away: r, box: &sandbox{folder: t.TempDir()}}
	if err := f.dead(); err == nil || !strings.HasSuffix(err.Error(), "a worker of celery ended unexpectedly (exit code 1): worker 1: no such module") {
		t.Errorf("%v", err)
	}
	if got := f.because(); got != "the last words of the first worker: worker 1: no such module" {
		t.Error(got)
	}
}

// loaders are hosts that take a load, and end its tasks as they send it.
type loaders struct {
	reporter
	clock *clock.Clock
	span  *span
	// ready is when they had the load, start when they are to send it.
	ready, start int64
}

func (l *loaders) Prepare(context.Context, SharedLoad) error {
	l.ready = l.clock.Now()
	return nil
}

func (l *loaders) Send(_ context.Context, start int64, record func(Sent)) (int64, error) {
	l.start = start
	for i := range l.span.sends {
		record(Sent{I: i, Intended: start, Sent: start, Acked: start})
	}
	l.span.done.Store(int64(l.span.sends))
	return 0, nil
}

// still is a broker that does nothing.
type still struct{ broker.Broker }

func (still) Usage() (process.Usage, bool)                         { return process.Usage{}, false }
func (still) PSS() int64                                           { return 0 }
func (still) Depth(context.Context, []broker.Place) (int64, error) { return 0, nil }

// The lead of a schedule begins when all hosts have their load: a long one takes a while to reach them.
func TestAScheduleStartsOnceAllHostsHaveIt(t *testing.T) {
	t.Parallel()
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	l := &ledger{}
	away := &loaders{clock: clk, span: l.open("paced", 3, true)}
	rec := &recorder{machine: startSampler(clk)}
	defer rec.machine.end()
	f := &fleet{group: away, away: away}
	d := &driver{clock: clk, rec: rec, sender: &sender{away: away}, waiter: &waiter{clock: clk, ledger: l, fleet: f, rec: rec},
		meter: &meter{clock: clk, broker: still{}, fleet: f, rec: rec}}
	p := suite.Phase{Name: "paced", Arrivals: suite.Open, Rate: 100, Tasks: 3}
	out := newLoaded(p, away.span)
	if _, err := d.offered(t.Context(), p, away.span, &out, d.sender.sendWire); err != nil {
		t.Fatal(err)
	}
	if lead := time.Duration(away.start - away.ready); away.ready == 0 || lead < startLead || out.Released != away.start {
		t.Errorf("it starts %s after all have it; released at %d, want %d", lead, out.Released, away.start)
	}
}

// Each task has the error of the clocks that took its times. A live view shows nothing that is too short for them.
func TestEachTaskHasTheErrorOfItsClocks(t *testing.T) {
	t.Parallel()
	l := &ledger{}
	s := l.add(&tally{name: "open", measured: true}, 2, 2) // two chains of two steps
	for i, w := range []int64{7, 0} {
		s.widen(i, w)
		s.record(i, 1000, 2000, 3000)
	}
	for i, w := range []int64{20, 0, 5, 1 << 40} {
		l.widen(uint64(i), w)
		l.note(results.Probe{Seq: uint64(i), Started: uint64(2030 + 100*i), Finished: uint64(2060 + 100*i), Outcome: results.ProbeOK, Version: results.ProbeVersion})
	}
	s.follow()
	var got []int64
	for _, row := range l.rows([]suite.Share{{Kind: "a"}, {Kind: "b"}}) {
		got = append(got, row.HalfWidth)
	}
	// The second step was sent when the first one ended, by the clock of that worker.
	if want := []int64{27, 0, 25, math.MaxUint32}; !slices.Equal(got, want) {
		t.Errorf("%d, want %d", got, want)
	}
	for _, tt := range []struct {
		i             int
		halfWidth     int64
		wait, latency int64
	}{{0, 20, 270, -1}, {1, 0, 130, -1}, {2, 5, -1, 1260}, {2, 200, -1, 2070}} {
		e := success{span: s, i: tt.i, started: int64(2030 + 100*tt.i), finished: int64(2060 + 100*tt.i), halfWidth: tt.halfWidth}
		if x, ok := e.timing(suite.Open); !ok || x.Wait != tt.wait || x.Latency != tt.latency {
			t.Errorf("task %d within %d ns: %+v, %v", tt.i, tt.halfWidth, x, ok)
		}
	}
}

// A task without a record is lost if all records are there. If a host's are missing, it is unknown.
func TestTasksOfALostHostAreUnknown(t *testing.T) {
	for _, tt := range []struct {
		name   string
		losses []Loss
		counts results.Counts
		tasks  accounting.Counts
	}{
		{"none", nil, results.Counts{Sent: 4, Rejected: 2, Finished: 3, Lost: 1},
			accounting.Counts{Attempted: 6, Acknowledged: 3, Rejected: 2, Unknown: 1, Once: 2, Lost: 1, Recovered: 1}},
		{"workers", []Loss{{Host: "worker 1"}}, results.Counts{Sent: 5, Rejected: 1, Finished: 3, Unknown: 2},
			accounting.Counts{Attempted: 6, Acknowledged: 3, Rejected: 1, Unknown: 2, Once: 2, Unrecorded: 1, Recovered: 1}},
		{"the second sender of two", []Loss{{Host: "load 1", Load: true, Index: 1, Of: 2}}, results.Counts{Sent: 5, Rejected: 1, Finished: 3, Lost: 1, Unknown: 1},
			accounting.Counts{Attempted: 6, Acknowledged: 3, Rejected: 1, Unknown: 2, Once: 2, Lost: 1, Recovered: 1}},
	} {
		var live results.Counts
		l := &ledger{away: reporter{losses: tt.losses}, watch: newWatch(func(l Look) {
			live.Sent += l.Counts.Sent
			live.Rejected += l.Counts.Rejected
			live.Finished += l.Counts.Finished
			live.Lost += l.Counts.Lost
			live.Unknown += l.Counts.Unknown
		})}
		s := l.open("open", 6, true)
		l.watch.begin(s.tally, suite.Phase{Name: "open", Arrivals: suite.Open})
		ran := func(i int) {
			l.note(results.Probe{Seq: uint64(i), Started: 4, Finished: 5, Outcome: results.ProbeOK, Version: results.ProbeVersion})
		}
		s.record(0, 1, 2, 3) // ran
		ran(0)
		s.record(2, 1, 2, 3) // ran
		ran(2)
		s.record(4, 1, 2, 3) // has no record
		ran(1)               // its sender noted nothing
		s.record(3, 1, 2, 0) // refused; and of the last, nothing is known
		if got, a := l.counts(); got != tt.counts || a != tt.tasks || a.Check() != nil {
			t.Errorf("%s: %+v, want %+v; %+v, want %+v (%v)", tt.name, got, tt.counts, a, tt.tasks, a.Check())
		}
		if l.watch.account(l.losses()); live != tt.counts {
			t.Errorf("%s: a live view has %+v, want %+v", tt.name, live, tt.counts)
		}
		for _, row := range l.rows([]suite.Share{{Kind: "noop"}}) {
			if row.Outcome == results.OutcomeLost && tt.losses != nil && !tt.losses[0].Load {
				t.Errorf("%s: task %d is lost", tt.name, row.Seq)
			}
		}
		if late := latenessOf(s); late.p50 != 1 || late.most != 1 {
			t.Errorf("%s: lateness %+v: only four tasks have been sent", tt.name, late)
		}
	}
}
