package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/cluster/wire"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

const (
	// gatherFirst is how long to wait for all agents at first, gatherAgain before a later trial.
	gatherFirst = 10 * time.Minute
	gatherAgain = time.Minute
	// agentPatience is how long an agent may be without a connection before it is lost.
	agentPatience = 10 * time.Second
)

// Collector has agents run the workers and send the load of a run's trials.
type Collector struct {
	server *wire.Server
	plan   json.RawMessage
	hosts  suite.Hosts
	tell   func(format string, args ...any)
	// First is how long the agents may take to come at first.
	First time.Duration

	mu sync.Mutex
	// current is the trial under way, nil between trials.
	current *away
	// ready are the agents that have the plan, with what they said of themselves.
	ready map[*wire.Peer]described
}

// NewCollector makes a collector of a plan's agents, of one version. tell gets lines about them.
func NewCollector(plan suite.Plan, token []byte, build string, clk *clock.Clock, tell func(format string, args ...any)) (*Collector, error) {
	if plan.Hosts == nil {
		return nil, fmt.Errorf("%w: the plan is for one machine: plan again with --worker-hosts and --load-hosts, or as a swarm", ErrInput)
	}
	data, err := json.Marshal(plan)
	if err != nil {
		return nil, err
	}
	c := &Collector{plan: data, hosts: *plan.Hosts, tell: tell, First: gatherFirst, ready: map[*wire.Peer]described{}}
	c.server = &wire.Server{Token: token, Build: build, Now: clk.Now, Deliver: c.deliver, Patience: agentPatience, Tell: tell}
	c.server.Places = placesOf(*plan.Hosts)
	return c, nil
}

// placesOf are those of a plan's agents.
func placesOf(h suite.Hosts) (out []wire.Place) {
	places := func(role string, n int) {
		for i := range n {
			out = append(out, wire.Place{Role: role, Index: i})
		}
	}
	if h.Swarm {
		places(Swarm, h.Workers)
		return out
	}
	places(Worker, h.Workers)
	places(Load, h.Load)
	return out
}

// Serve takes agents until ctx ends.
func (c *Collector) Serve(ctx context.Context, l net.Listener) error { return c.server.Serve(ctx, l) }

// Dismiss ends all agents, with the reason.
func (c *Collector) Dismiss(why string) { c.server.Dismiss(why) }

// Gather waits until all agents are there and have made what the plan needs.
func (c *Collector) Gather(ctx context.Context) ([]*wire.Peer, error) {
	c.mu.Lock()
	limit, first := gatherAgain, len(c.ready) == 0
	if first {
		limit = c.First
		if c.hosts.Swarm {
			c.tell("waiting for %d agents of the swarm", c.hosts.Workers)
		} else {
			c.tell("waiting for %d worker and %d load agents", c.hosts.Workers, c.hosts.Load)
		}
	}
	c.mu.Unlock()
	if missing := c.server.Missing(); missing != "" && !first {
		c.tell("waiting up to %s for %s: start its agent again", limit, missing)
	}
	waiting, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("not all came within %s", limit))
	defer cancel()
	peers, err := c.server.Gather(waiting)
	if err != nil {
		return nil, err
	}
	var g errgroup.Group
	for _, p := range peers {
		g.Go(func() error { return c.prepare(ctx, p) })
	}
	return peers, g.Wait()
}

// prepare gives an agent the plan, once.
func (c *Collector) prepare(ctx context.Context, p *wire.Peer) error {
	c.mu.Lock()
	_, ready := c.ready[p]
	c.mu.Unlock()
	if ready {
		return nil
	}
	var d described
	if err := p.Call(ctx, askPlan, planned{Plan: c.plan}, &d); err != nil {
		return fmt.Errorf("%s: %w", p.Place, err)
	}
	c.mu.Lock()
	c.ready[p] = d
	c.mu.Unlock()
	c.tell("%s is ready, on %s", p.Place, d.Node)
	return nil
}

// Open begins a trial on all agents.
func (c *Collector) Open(ctx context.Context, j trial.Job) (trial.Away, error) {
	peers, err := c.Gather(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, trial.NotRun("%w", err)
	}
	if err := c.alike(peers, j.Target.Env); err != nil {
		return nil, trial.NotRun("%w", err)
	}
	a, err := newAway(c, j, peers)
	if err != nil {
		return nil, trial.NotRun("%w", err)
	}
	c.mu.Lock()
	if c.current != nil {
		c.mu.Unlock()
		a.watching()
		a.wg.Wait()
		return nil, errors.New("another trial is under way on the agents")
	}
	c.current = a
	c.mu.Unlock()
	processes := a.Processes()
	err = a.each(a.all, func(p *wire.Peer) error {
		target := j.Target
		if target.Processes = 0; runsWorkers(p.Place) && p.Place.Index < len(processes) {
			target.Processes = processes[p.Place.Index]
		}
		return p.Call(ctx, askOpen, opened{Trial: j.Trial, Scenario: j.Scenario.Name, Broker: j.Broker, Contender: j.Contender, Seed: j.Seed, Target: target}, nil)
	})
	if err != nil {
		a.Reports(context.WithoutCancel(ctx))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, trial.NotRun("%w", err)
	}
	return a, nil
}

// deliver passes bytes of a file on to its trial. Those of an earlier trial that was given up have no use.
func (c *Collector) deliver(from wire.Place, shipped string, offset int64, data []byte) error {
	of, name, err := fileOf(shipped)
	if err != nil {
		return err
	}
	c.mu.Lock()
	a := c.current
	c.mu.Unlock()
	if a == nil || a.job.Trial != of {
		return nil
	}
	return a.deliver(from, name, data)
}

// over ends the trial under way.
func (c *Collector) over(a *away) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == a {
		c.current = nil
	}
}

// describedOf is what an agent said of itself.
func (c *Collector) describedOf(p *wire.Peer) described {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready[p]
}
