package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
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

// knowClock waits until an agent's clock is known: its news come with the answers that tell the time, of which the first doesn't count.
func (h hands) knowClock(p *wire.Peer) {
	for range 3 {
		_, fresh := p.News()
		h.news[p.Place.String()].Add(1)
		<-fresh
	}
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

// Workers that are let go late stand still while those of other hosts are measured.
func TestAHostThatLetsItsWorkersGoLateIsALoss(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration
		why   string
	}{
		"as long as it may": {answerLimit, ""},
		"longer":            {9 * time.Second, "may have let its workers go only after 9s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var took atomic.Int64
			h := openTrial(t, suite.Hosts{Workers: 1, Load: 1}, func(_, method string, _ json.RawMessage) (any, error) {
				if method == askRelease {
					took.Store(int64(c.takes))
				}
				return nil, nil
			})
			began := time.Now()
			h.now = func() time.Time { return began.Add(time.Duration(took.Load())) }
			h.Release()
			var want []trial.Loss
			if c.why != "" {
				want = []trial.Loss{{Host: "worker 0", Why: c.why, Of: 1}}
			}
			if got := h.Losses(); !slices.Equal(got, want) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
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

// A load is with all of its senders before its start is known, so its way takes no time of the schedule.
func TestALoadIsWithItsSendersBeforeItStarts(t *testing.T) {
	t.Parallel()
	var start atomic.Int64
	slow := make(chan struct{})
	var mu sync.Mutex
	var asked []string
	h := openTrial(t, suite.Hosts{Workers: 1, Load: 2}, func(agent, method string, params json.RawMessage) (any, error) {
		mu.Lock()
		asked = append(asked, agent+" "+method)
		mu.Unlock()
		switch method {
		case askLoad:
			if agent == "load 1" {
				<-slow
			}
			return with(params, func(l loading) (any, error) {
				if len(l.Load.At) != 4 || l.Share.Of != 2 || agent != fmt.Sprintf("load %d", l.Share.Index) {
					t.Errorf("%s gets %+v", agent, l)
				}
				return nil, nil
			})
		case askSend:
			return with(params, func(s sending) (any, error) {
				if off := time.Duration(s.Start - start.Load()); off.Abs() > time.Second { // all have one clock here, which is known within an error
					t.Errorf("%s is to start %s late", agent, off)
				}
				return sent{Bytes: 7}, nil
			})
		}
		return nil, nil
	})
	prepared := make(chan error, 1)
	go func() {
		prepared <- h.Prepare(t.Context(), trial.SharedLoad{Arrivals: suite.Trace, At: []int64{0, 1, 2, 3}, Count: 4})
	}()
	select {
	case err := <-prepared:
		t.Fatalf("it is prepared before all senders are (%v)", err)
	case slow <- struct{}{}:
	}
	if err := <-prepared; err != nil {
		t.Fatal(err)
	}
	for _, p := range h.load {
		h.knowClock(p)
	}
	start.Store(h.collector.server.Now() + int64(time.Hour))
	if bytes, err := h.Send(t.Context(), start.Load(), func(trial.Sent) {}); err != nil || bytes != 14 {
		t.Errorf("%d bytes (%v)", bytes, err)
	}
	mu.Lock()
	defer mu.Unlock()
	i := slices.IndexFunc(asked, func(s string) bool { return strings.HasSuffix(s, askSend) })
	if loads := slices.DeleteFunc(slices.Clone(asked[:max(i, 0)]), func(s string) bool { return !strings.HasSuffix(s, askLoad) }); len(loads) != 2 {
		t.Errorf("asked %q", asked)
	}
}
