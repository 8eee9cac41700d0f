package trial

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A worker is killed under load and restarted. On RabbitMQ its tasks come back at once, so every task is done; others come back later or
// never, by design, and the result tells which. On every broker, every task is accounted for, and lost tasks are no reason to exclude the
// trial. More tasks run at once than one worker may hold, so the other one holds some.
func TestAKilledWorkersTasksAreTheResult(t *testing.T) {
	for _, c := range []struct{ broker, framework, outcome string }{
		{"rabbitmq", "asynctasq", results.FateBack}, {"redis", "celery/threads", results.FateLate}, {"postgres", "procrastinate", results.FateNever},
	} {
		t.Run(c.framework+" on "+c.broker, func(t *testing.T) {
			s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 120, Rate: 30})
			s.Measure, s.Task, s.Args, s.Service = suite.Recovery, "fetch", []any{500}, suite.MockAPI
			s.Limit = suite.Duration(6 * time.Second)
			r, err := runWatched(t, configOn(t, c.broker, c.framework, s))
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent != 120 || r.Finished+r.Failed+r.Lost != r.Sent || !hasFlag(r, results.FlagWorkerDied) {
				t.Errorf("%+v, flags %+v", r.Counts, r.Flags)
			}
			f := r.Recovery
			if f == nil || f.Outcome != c.outcome || (f.Outcome == results.FateBack) != (f.Lost == 0) || f.Of < f.Lost || f.Said == nil {
				t.Errorf("%+v, want %s", f, c.outcome)
			} else if back, ok := r.Values[metric.Back]; ok != (f.Lost == 0) || back != f.BackSeconds || f.LimitSeconds < time.Duration(s.Limit).Seconds() {
				t.Errorf("%+v, %v", f, r.Values)
			}
			if c.broker == "rabbitmq" && r.Lost != 0 {
				t.Errorf("%d tasks did not come back", r.Lost)
			}
			if r.Values[metric.Lost] != float64(r.Lost) || r.Values[metric.Twice] != float64(r.Duplicated) {
				t.Errorf("%v for %+v", r.Values, r.Counts)
			}
			// The killed worker can't be back before the supervisor's second is over.
			if took, ok := r.Values[metric.Recovery]; ok && took < restartAfter.Seconds() {
				t.Errorf("recovered after %v s", took)
			}
			for _, f := range r.Flags {
				if f.Code == results.FlagLost && len(f.Metrics) > 0 {
					t.Errorf("%+v", f)
				}
			}
			clean(t)
		})
	}
}

// A side that runs one task in each process can't carry the load. It catches up when the load ends, which says nothing of the fault.
func TestTheRecoveryOfAnOverloadedSideDoesNotCount(t *testing.T) {
	s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 180, Rate: 60})
	s.Measure, s.Task, s.Args, s.Service, s.Limit = suite.Recovery, "fetch", []any{100}, suite.MockAPI, suite.Duration(30*time.Second)
	r, err := runWatched(t, configOn(t, "redis", "celery/prefork", s))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(r.Flags, func(f results.Flag) bool { return f.Code == results.FlagSaturated })
	if i < 0 || !slices.Contains(r.Flags[i].Metrics, metric.Recovery) || !slices.Contains(r.Flags[i].Metrics, metric.Back) {
		t.Errorf("flags %+v", r.Flags)
	}
	clean(t)
}

// The broker is killed under load and comes back with what it had confirmed: every task is accounted for, its senders wait for it, and its
// use before the kill is included.
func TestAKilledBrokersTasksAreTheResult(t *testing.T) {
	for _, c := range []struct{ broker, framework string }{
		{"redis", "celery/threads+early"}, {"postgres", "asynctasq"},
	} {
		t.Run(c.framework+" on "+c.broker, func(t *testing.T) {
			s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 180, Rate: 60})
			s.Measure, s.Task, s.Args, s.Service = suite.Recovery, "fetch", []any{50}, suite.MockAPI
			s.Strike, s.Limit = suite.StrikeBroker, suite.Duration(8*time.Second)
			r, err := runWatched(t, configOn(t, c.broker, c.framework, s))
			if err != nil {
				t.Fatal(err)
			}
			if r.Sent != 180 || r.Finished+r.Failed+r.Lost != r.Sent || r.Rejected != 0 {
				t.Errorf("%+v, flags %+v", r.Counts, r.Flags)
			}
			if back, ok := r.Values[metric.BrokerBack]; !ok || back < restartAfter.Seconds() {
				t.Errorf("the broker was back after %v s", back)
			}
			if took, ok := r.Values[metric.Recovery]; ok && took < r.Values[metric.BrokerBack] {
				t.Errorf("recovered after %v s, before the broker was back", took)
			}
			for _, name := range []string{metric.Lost, metric.Twice, metric.Restarts, metric.Resent} {
				if v, ok := r.Values[name]; !ok || v < 0 {
					t.Errorf("%s is %v", name, v)
				}
			}
			// Tasks were due while the broker was down, and no flag blames the generator.
			if p := r.Phases[0]; p.LateMax < int64(restartAfter)/2 || !p.BrokerUsage.Measured || p.BrokerUsage.CPUSeconds < 0 {
				t.Errorf("%+v", p)
			}
			for _, f := range r.Flags {
				if f.Code == results.FlagLate && len(f.Metrics) > 0 || f.Code == results.FlagLost && len(f.Metrics) > 0 {
					t.Errorf("%+v", f)
				}
			}
			clean(t)
		})
	}
}

// A broker that can't be killed is left alone, and the reason is reported.
func TestABrokerThatCantBeKilledIsNotRun(t *testing.T) {
	s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 100, Rate: 60})
	s.Measure, s.Strike = suite.Recovery, suite.StrikeBroker
	c := config(t, "asynctasq", s)
	attached, err := broker.Open(t.Context(), "redis", broker.Options{URL: c.Broker.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	c.Broker = attached
	if _, err := Run(t.Context(), c); !errors.Is(err, ErrNotRun) || !strings.Contains(err.Error(), "not ours") {
		t.Errorf("%v", err)
	}
}

// The fate of the tasks that were sent before a kill doesn't depend on later ones, or on those that the broker refused.
func TestTheFateIsThatOfEarlierTasks(t *testing.T) {
	t.Parallel()
	const second = int64(time.Second)
	done := func(acked, finished int64) entry { return entry{acked: acked, finished: finished, ok: 1} }
	said := &results.Recovery{AfterSeconds: 60}
	tasks := []entry{done(1, 2), done(9*second, 12*second), done(9*second, 74*second), done(11*second, 80*second), {acked: 11 * second}, {}, {acked: -1}}
	if got, want := fateOf(tasks, 10*second, 95*second, 95*second, said), (results.Fate{Outcome: results.FateBack, Of: 3, LimitSeconds: 85, BackSeconds: 64, Said: said}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := fateOf(tasks[:1], 10*second, 95*second, 95*second, said); got.Outcome != results.FateBack || got.BackSeconds != 0 {
		t.Errorf("%+v: the only task had ended", got)
	}
	tasks = append(tasks, entry{acked: 9 * second})
	for _, tt := range []struct {
		limit, waited int64
		want          string
	}{
		{95 * second, 95 * second, results.FateLost}, // it should be back
		{40 * second, 41 * second, results.FateLate},
		{40 * second, 30 * second, results.FateLost}, // the broker has no more
	} {
		got := fateOf(tasks, 10*second, tt.limit, tt.waited, said)
		if got.Outcome != tt.want || got.Lost != 1 || got.Of != 4 || got.BackSeconds != 0 {
			t.Errorf("%+v: want %s", got, tt.want)
		}
	}
}

// Tasks that a killed process loses by design come back when the whole worker is killed: a lost one isn't lost by design then.
func TestTheFateIsJudgedByWhatIsSaidOfTheFault(t *testing.T) {
	t.Parallel()
	said := &results.Recovery{Never: "the parent acknowledges it", Process: true}
	for _, tt := range []struct {
		strike string
		ended  bool
		want   string
		said   *results.Recovery
	}{
		{suite.StrikeWorker, false, results.FateNever, said},
		{suite.StrikeWorker, true, results.FateBack, said},
		{suite.StrikeWorkers, false, results.FateLate, nil},
		{suite.StrikeWorkers, true, results.FateBack, nil},
	} {
		l := &ledger{}
		s := l.open("load", 1, true)
		s.record(0, 1, 1, 1)
		if tt.ended {
			s.tasks[0].ok, s.tasks[0].finished = 1, 20
		}
		w := &recovery{at: 10, back: 11, waited: 30, run: &run{Config: Config{Scenario: suite.Scenario{Measure: suite.Recovery, Setting: suite.Setting{Strike: tt.strike}}},
			setup: contender.Setup{Recovery: said}, ledger: l, rec: &recorder{}, fleet: &fleet{}, waiter: &waiter{}}}
		w.run.waiter.back.Store(30)
		w.conclude()
		if f := w.run.rec.result.Recovery; f == nil || f.Outcome != tt.want || f.Said != tt.said {
			t.Errorf("strike %s, ended %v: %+v, want %s and %+v", tt.strike, tt.ended, f, tt.want, tt.said)
		}
	}
}
