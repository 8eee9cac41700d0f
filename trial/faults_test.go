package trial

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/netdelay"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// linked puts a link in front of the trial's broker.
func linked(t *testing.T, c *Config, name string) {
	t.Helper()
	target, err := broker.Address(name, c.Broker.URL())
	if err != nil {
		t.Fatal(err)
	}
	if c.Delay, err = netdelay.Start(t.Context(), target, 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Delay.Close)
	c.Target.URL = broker.Through(c.Broker.URL(), c.Delay.Address)
}

// After any fault, every task is accounted for, the fault has its stated length, its flags exclude nothing, and nothing is left.
func TestEveryFaultsTasksAreAccountedFor(t *testing.T) {
	for _, tt := range []struct{ strike, broker, framework string }{
		{suite.StrikeWorkers, "rabbitmq", "asynctasq"},
		{suite.StrikePause, "postgres", "asynctasq"},
		{suite.StrikePause, "redis", "celery/threads"},
		{suite.StrikeCut, "redis", "celery/threads"},
		{suite.StrikeCut, "mysql", "asynctasq"},
		{suite.StrikeSlow, "redis", "asynctasq"},
	} {
		t.Run(tt.strike+" of "+tt.framework+" on "+tt.broker, func(t *testing.T) {
			s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 180, Rate: 60})
			s.Measure, s.Task, s.Args, s.Service = suite.Recovery, "fetch", []any{50}, suite.MockAPI
			s.Strike, s.Limit = tt.strike, suite.Duration(12*time.Second)
			if tt.broker == "mysql" {
				s.Processes = 1 // two of AsyncTasQ's workers end each other by deadlocks there
			}
			c := configOn(t, tt.broker, tt.framework, s)
			least := 0.0
			if s.Linked() {
				linked(t, &c, tt.broker)
			}
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			a := r.Accounting
			if r.Sent+r.Rejected != 180 || r.Finished+r.Failed+r.Lost != r.Sent || a == nil || a.Attempted != 180 || a.Check() != nil {
				t.Errorf("%+v, %+v, flags %+v", r.Counts, a, r.Flags)
			}
			switch tt.strike {
			case suite.StrikeWorkers:
				least = restartAfter.Seconds()
				if r.Lost != 0 || r.Values[metric.Restarts] < 1 || !hasFlag(r, results.FlagWorkerDied) {
					t.Errorf("%+v, %v", r.Counts, r.Values) // RabbitMQ hands out again what the dead held
				}
			case suite.StrikePause, suite.StrikeSlow:
				least = faultLasts.Seconds()
				if r.Values[metric.Fault] < least {
					t.Errorf("the fault lasted %v s", r.Values[metric.Fault])
				}
			}
			if took, ok := r.Values[metric.Recovery]; ok && took < least {
				t.Errorf("recovered after %v s", took)
			}
			if _, ok := r.Values[metric.BrokerBack]; ok {
				t.Error("a broker that was not killed came back")
			}
			for _, f := range r.Flags {
				own := []string{results.FlagLost, results.FlagDuplicated, results.FlagWorkerDied, results.FlagNotDrained, results.FlagLate}
				if slices.Contains(own, f.Code) && len(f.Metrics) > 0 && (f.Code != results.FlagLate || tt.strike != suite.StrikeWorkers) {
					t.Errorf("%+v", f)
				}
			}
			if c.Delay != nil {
				c.Delay.Close()
			}
			clean(t)
		})
	}
}

// An impossible fault says why, and starts nothing.
func TestAnImpossibleFaultIsNotRun(t *testing.T) {
	s := scenario(t, suite.Phase{Name: "load", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 100, Rate: 60})
	s.Measure = suite.Recovery
	c := config(t, "asynctasq", s)
	attached, err := broker.Open(t.Context(), "redis", broker.Options{URL: c.Broker.URL()})
	if err != nil {
		t.Fatal(err)
	}
	defer attached.Close()
	c.Broker = attached
	for strike, want := range map[string]error{suite.StrikePause: broker.ErrNoPause, suite.StrikeCut: errNoLink, suite.StrikeSlow: errNoLink} {
		c.Scenario.Strike = strike
		if _, err := Run(t.Context(), c); !errors.Is(err, ErrNotRun) || !errors.Is(err, want) {
			t.Errorf("%s: %v", strike, err)
		}
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return strings.HasPrefix(e.Name(), "tqbench-probe-") }) {
		t.Errorf("left %v (%v)", left, err)
	}
}

// While the broker is frozen, its senders wait, and messages on their way are resent when they fail.
func TestSendersWaitForAFrozenBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &moody{refuse: 1}
		a := newMoody(t, m)
		done := make(chan error)
		go func() {
			time.Sleep(time.Second)
			_, err := a.Publish(t.Context(), letters())
			done <- err
		}()
		began := time.Now()
		if _, _, err := a.pause(t.Context(), faultLasts); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil || time.Since(began) < faultLasts || len(m.took) != 4 {
			t.Errorf("sent %v after %s: %v", m.took, time.Since(began), err)
		}
		if m.paused != 1 || m.resumed != 1 {
			t.Errorf("paused %d times, let go on %d times", m.paused, m.resumed)
		}
	})
}

// An interrupted trial unfreezes its broker.
func TestAnInterruptedTrialUnfreezesItsBroker(t *testing.T) {
	m := &moody{}
	a := newMoody(t, m)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := a.pause(ctx, time.Hour); err != nil || m.resumed != 1 {
		t.Errorf("let go on %d times: %v", m.resumed, err)
	}
}
