package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// hands are the agents of a trial that do nothing but answer.
type hands struct {
	*away
	// news are the agents', by their names.
	news map[string]*atomic.Uint32
}

// answer answers for an agent.
type answer func(agent, method string, params json.RawMessage) (any, error)

// openTrial opens a trial on agents that answer so. Other requests get an empty answer.
func openTrial(t *testing.T, h suite.Hosts, answers answer) hands {
	t.Helper()
	const token = "a token of tests that is long enough"
	clk, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCollector(suite.Plan{Hosts: &h}, []byte(token), "test", clk, func(string, ...any) {})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := c.Serve(ctx, l); err != nil {
			t.Error(err)
		}
	})
	out := hands{news: map[string]*atomic.Uint32{}}
	for _, p := range placesOf(h) {
		news := &atomic.Uint32{}
		out.news[p.String()] = news
		agent := wire.Agent{Address: l.Addr().String(), Token: []byte(token), Role: p.Role, Index: p.Index, Build: "test", Now: clk.Now, Renew: func() {},
			Outbox: wire.NewOutbox(), News: news, First: time.Minute, Patience: time.Minute,
			Handle: func(_ context.Context, method string, params json.RawMessage) (any, error) {
				if method == askPlan {
					return described{Node: "here", Environments: map[string]environment{"": {}}}, nil
				}
				return answers(p.String(), method, params)
			}}
		wg.Go(func() { _ = agent.Run(ctx) }) // it ends with the test
	}
	t.Cleanup(wg.Wait)
	t.Cleanup(cancel)
	opened, err := c.Open(t.Context(), trial.Job{Trial: 1, Folder: t.TempDir(), Scenario: suite.Scenario{Setting: suite.Setting{Processes: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { opened.Reports(context.Background()) })
	a, ok := opened.(*away)
	if !ok {
		t.Fatalf("it is a %T", opened)
	}
	out.away = a
	return out
}

// A host that may still hold its workers spoils the trial, which says so.
func TestAHostThatMayHoldItsWorkersIsALoss(t *testing.T) {
	t.Parallel()
	h := openTrial(t, suite.Hosts{Workers: 2, Load: 1}, func(agent, method string, _ json.RawMessage) (any, error) {
		if method == askRelease && agent == "worker 1" {
			return nil, errors.New("its guard is gone")
		}
		return nil, nil
	})
	h.Release()
	want := trial.Loss{Host: "worker 1", Why: "may not have let its workers go: its guard is gone", Index: 1, Of: 1}
	if got := h.Losses(); len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// The log of a worker is on its host: the last words come from there.
func TestTheLastWordsOfAWorkerComeFromItsHost(t *testing.T) {
	t.Parallel()
	h := openTrial(t, suite.Hosts{Workers: 2, Load: 1}, func(_, method string, params json.RawMessage) (any, error) {
		switch method {
		case askExits:
			return exits{Exits: []process.Exit{{Command: 2, Code: 1}}}, nil
		case askWords:
			return with(params, func(w worded) (any, error) { return fmt.Sprintf("words of %d", w.Command), nil })
		}
		return nil, nil
	})
	if got := h.LastWords(); got != "worker 0: words of 0" {
		t.Errorf("before any ended: %q", got)
	}
	_, changed := h.Exits()
	h.news["worker 1"].Add(1)
	<-changed
	if got := h.LastWords(); got != "worker 1: words of 2" {
		t.Errorf("after the second one ended: %q", got)
	}
}
