package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

const (
	// collectorFirst is how long to wait for a collector at first, collectorPatience how long once it was there.
	collectorFirst    = 10 * time.Minute
	collectorPatience = 30 * time.Second
	// waitingAfter is when an agent says that it waits.
	waitingAfter = 3 * time.Second
)

// AgentOptions are how to run an agent.
type AgentOptions struct {
	// Collector is the collector's HOST:PORT, Token what both know.
	Collector string
	Token     []byte
	// Role is Worker or Load, Index its number from 0.
	Role  string
	Index int
	// Build is this version of tqbench, Node the name of this machine.
	Build, Node string
	// Builder makes the workers' environments.
	Builder *workers.Builder
	// Tell gets lines about what the agent does.
	Tell func(format string, args ...any)
	// First and Patience replace the usual ones, if set.
	First, Patience time.Duration
}

// Agent does what a collector asks for.
type agent struct {
	AgentOptions
	clock  *clock.Clock
	outbox *wire.Outbox
	news   atomic.Uint32
	// life ends with the agent, and with it all that it started.
	life context.Context
	// waiting says that the agent waits, unless the collector asks for something soon.
	waiting *time.Timer

	mu      sync.Mutex
	plan    *suite.Plan
	catalog *contender.Catalog
	envs    map[string]workers.Env
	work    *work
}

// RunAgent runs an agent until its collector ends the run, without an error, or is gone.
func RunAgent(ctx context.Context, o AgentOptions) error {
	clk, err := clock.New()
	if err != nil {
		return err
	}
	a := &agent{AgentOptions: o, clock: clk, outbox: wire.NewOutbox(), life: ctx, envs: map[string]workers.Env{}}
	defer a.drop()
	a.waiting = time.AfterFunc(waitingAfter, func() { o.Tell("%s %d waits for the collector at %s", o.Role, o.Index, o.Collector) })
	defer a.waiting.Stop()
	w := wire.Agent{Address: o.Collector, Token: o.Token, Role: o.Role, Index: o.Index, Build: o.Build, Now: clk.Now, Handle: a.handle, Renew: a.drop,
		Outbox: a.outbox, News: &a.news, First: collectorFirst, Patience: collectorPatience}
	if o.First > 0 {
		w.First = o.First
	}
	if o.Patience > 0 {
		w.Patience = o.Patience
	}
	err = w.Run(ctx)
	switch {
	case errors.Is(err, wire.ErrEnded):
		o.Tell("%v", err)
		return nil
	case errors.Is(err, wire.ErrRefused), errors.Is(err, wire.ErrToken), errors.Is(err, wire.ErrNever), errors.Is(err, wire.ErrProtocol):
		return fmt.Errorf("%w: %w", ErrInput, err)
	case ctx.Err() != nil && a.busy():
		return fmt.Errorf("%w: %w", ErrSpoils, err)
	}
	return err
}

// busy reports whether a trial is under way.
func (a *agent) busy() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.work != nil
}

// drop ends the trial under way.
func (a *agent) drop() {
	a.mu.Lock()
	w := a.work
	a.work = nil
	a.mu.Unlock()
	if w != nil {
		w.close()
	}
}

// handle answers a request. No answer shows a secret of the broker's URL.
func (a *agent) handle(ctx context.Context, method string, params json.RawMessage) (any, error) {
	result, err := a.answer(ctx, method, params)
	a.mu.Lock()
	w := a.work
	a.mu.Unlock()
	if err != nil && w != nil {
		err = errors.New(redact.New(redact.Long(redact.Password(w.target.URL))...).String(err.Error()))
	}
	return result, err
}

func (a *agent) answer(ctx context.Context, method string, params json.RawMessage) (any, error) {
	switch method {
	case askPlan:
		return with(params, func(p planned) (any, error) { return a.take(ctx, p.Plan) })
	case askOpen:
		return with(params, func(o opened) (any, error) { return nil, a.open(o) })
	}
	a.mu.Lock()
	w := a.work
	a.mu.Unlock()
	if w == nil {
		return nil, errors.New("it has no trial")
	}
	switch method {
	case askLoad:
		return with(params, func(l loading) (any, error) { return nil, w.take(l) })
	case askSend:
		return with(params, func(s sending) (any, error) { return w.send(ctx, s.Start) })
	case askClose:
		report := w.report()
		a.drop()
		return report, nil
	}
	if w.site == nil {
		return nil, errors.New("it runs no workers")
	}
	return w.crew(ctx, method, params)
}

// with reads parameters.
func with[T any](params json.RawMessage, f func(T) (any, error)) (any, error) {
	var p T
	if err := json.Unmarshal(params, &p); err != nil {
		return nil, fmt.Errorf("%w: %v", wire.ErrProtocol, err)
	}
	return f(p)
}

// take takes a plan, and makes the environments of its workers.
func (a *agent) take(ctx context.Context, data []byte) (described, error) {
	a.waiting.Stop()
	plan, err := suite.DecodePlan("the collector's plan", data)
	if err != nil {
		return described{}, err
	}
	catalog, err := contender.NewCatalog()
	if err != nil {
		return described{}, err
	}
	d := described{Node: a.Node, Boot: bootID(), Machine: machine.Describe(), Online: machine.Online(), Environments: map[string]environment{}}
	for _, arm := range plan.Arms {
		c, err := catalog.Find(arm.Contender)
		if err != nil {
			return d, err
		}
		if _, made := d.Environments[c.Framework()]; made || a.Role == Load {
			continue
		}
		env, err := a.Builder.Build(ctx, c.Framework())
		if err != nil {
			return d, err
		}
		a.mu.Lock()
		a.envs[c.Framework()] = env
		a.mu.Unlock()
		d.Environments[c.Framework()] = environmentOf(env)
	}
	a.mu.Lock()
	a.plan, a.catalog = &plan, catalog
	a.mu.Unlock()
	a.Tell("%s %d has the plan of the collector at %s", a.Role, a.Index, a.Collector)
	return d, nil
}

// open begins a trial.
func (a *agent) open(o opened) error {
	a.drop()
	a.mu.Lock()
	plan, catalog := a.plan, a.catalog
	a.mu.Unlock()
	if plan == nil {
		return errors.New("it has no plan")
	}
	sc, ok := plan.Scenario(o.Scenario)
	if !ok {
		return fmt.Errorf("its plan has no scenario %q", o.Scenario)
	}
	c, err := catalog.Find(o.Contender)
	if err != nil {
		return err
	}
	a.mu.Lock()
	o.Target.Env = a.envs[c.Framework()]
	a.mu.Unlock()
	w, err := newWork(a, o, sc.For(o.Broker), c)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.work = w
	a.mu.Unlock()
	return nil
}

// NodeName is the name of this machine: that in TQBENCH_NODE, which a pod gets from its node, or the kernel's.
func NodeName() string {
	if node := os.Getenv("TQBENCH_NODE"); node != "" {
		return node
	}
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// bootID is what Linux calls the current start of this machine, "" elsewhere.
func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
