package suite

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

// A distance and a profile are part of a plan and of its hash: trials with and without them don't mix.
func TestDistanceAndProfileArePartOfThePlan(t *testing.T) {
	t.Parallel()
	plain, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if text := marshal(t, plain); strings.Contains(text, `"rtt"`) || strings.Contains(text, `"profile"`) {
		t.Error("a plan without them names them")
	}
	before, err := plain.Hash()
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	o.RTT, o.Profile = 2*time.Millisecond, ProfileCPU
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	if h, err := p.Hash(); err != nil || h == before {
		t.Errorf("hash %s (%v)", h, err)
	}
	var back Plan
	if err := json.Unmarshal([]byte(marshal(t, p)), &back); err != nil || time.Duration(back.RTT) != o.RTT || back.Profile != o.Profile {
		t.Errorf("came back as %v, %q (%v)", back.RTT, back.Profile, err)
	}
	for _, bad := range []func(*Options){
		func(o *Options) { o.RTT = -1 }, func(o *Options) { o.RTT = time.Hour }, func(o *Options) { o.Profile = "heat" },
	} {
		o := options(t)
		bad(&o)
		if _, err := NewPlan(o); !errors.Is(err, ErrPlan) {
			t.Errorf("%v", err)
		}
	}
}

// Events need brokers where both frameworks have them, and a known value. A point may have its own.
func TestEventsAreChecked(t *testing.T) {
	t.Parallel()
	const text = `
name: mine
title: Mine
task: noop
brokers: [redis]
processes: 1
concurrency: 1
events: "off"
warmup: {limit: 1s}
limit: 1m
sweep:
  - {point: a}
  - {point: b, events: consumed}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 100}
decide: [throughput]
`
	s, err := Parse("mine.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	points := s.Expand(1)
	if points[0].Events != EventsOff || points[1].Events != EventsConsumed {
		t.Errorf("%q, %q", points[0].Events, points[1].Events)
	}
	for _, change := range [][3]string{
		{"consumed", "all", `events "all": allowed: off, on, consumed`},
		{"brokers: [redis]", "brokers: [redis, sqs]", "brokers must be [redis]"},
		{"brokers: [redis]\n", "", "brokers must be [redis]"},
	} {
		if _, err := Parse("mine.yaml", []byte(strings.Replace(text, change[0], change[1], 1))); err == nil || !strings.Contains(err.Error(), change[2]) {
			t.Errorf("%s: %v", change[1], err)
		}
	}
}

// A point may have its own task and service. What comes from a database needs one.
func TestServicesAreChecked(t *testing.T) {
	t.Parallel()
	text := strings.Replace(strings.Replace(valid, "task: noop", "task: payload", 1), "decide:",
		"sweep:\n  - {point: a}\n  - {point: b, task: order_model, args: [\"payload:django\"], service: database}\ndecide:", 1)
	s, err := Parse("mine.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	points := s.Expand(1)
	if a, b := points[0], points[1]; a.Task != "payload" || a.Service != "" || b.Task != "order_model" || b.Service != Database {
		t.Errorf("%+v, %+v", a, b)
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"unknown":            {"service: database", "service: oracle", `sweep "b": service "oracle": allowed: mockapi, database`},
		"a model without":    {", service: database", "", `sweep "b": service "": payload:django is a row of a database, so it must be database`},
		"a model of the API": {"service: database", "service: mockapi", `service "mockapi": payload:django`},
		"a key without": {"task: order_model, args: [\"payload:django\"], service: database", "task: order_by_id, args: [1]",
			`what order_by_id fetches is a row of a database`},
		"a task in a mix": {"task: payload", "mix: [{task: noop, share: 1}]", "task, mix: set one of the two"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(text, tt.from, tt.to, 1)
			if bad == text {
				t.Fatal("nothing was replaced")
			}
			if _, err := Parse("mine.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
		})
	}
}

func TestQueuesAreReadStrictly(t *testing.T) {
	t.Parallel()
	two := "mix:\n  - {kind: a, task: noop, share: 1, queue: high}\n  - {kind: b, task: noop, share: 1, queue: low}"
	s, err := Parse("mine.yaml", []byte(strings.Replace(valid, "task: noop", two, 1)))
	if err != nil || !slices.Equal(s.Queues(), []string{"high", "low"}) {
		t.Fatalf("queues %v, %v", s.Queues(), err)
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"one without":        {", queue: low", "", `mix[1].queue "": set it for each task of a mix, or for none`},
		"no word":            {"queue: low", "queue: \"a,b\"", "small letters and digits"},
		"too long":           {"queue: low", "queue: abcdefghijklmnopqrstu", "up to 20"},
		"client producer":    {"producer: wire", "producer: client", "the wire producer"},
		"a metric of queues": {"[throughput]", "[\"share:a\"]", "place and gap"},
		"an unknown kind":    {"[throughput]", "[\"place:c\"]", `no kind of task "c"`},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(strings.Replace(valid, "task: noop", two, 1), tt.from, tt.to, 1)
			if _, err := Parse("mine.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
		})
	}
}
