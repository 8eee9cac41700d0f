package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/flame"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/trial"
)

// Enqueue compares ways of enqueueing a framework's no-op task, in tasks per second, over rounds in which all took turns.
type Enqueue struct {
	Broker string `json:"broker"`
	// Product is what the broker says that it is.
	Product   string `json:"product"`
	Contender string `json:"contender"`
	// Bytes is the size of a message's body.
	Bytes int `json:"bytes"`
	// Wire is the wire producer's rate, Client that of the framework's own.
	Wire   Figure `json:"wire"`
	Client Figure `json:"client"`
	// ToClient is the wire producer's rate over the client's.
	ToClient Figure `json:"to_client"`
	// Tools are the broker's own, which send messages of the same size.
	Tools []Tool `json:"tools"`
	// Codec is what making a message costs.
	Codec Codec `json:"codec"`
	// Hot is what the wire producer's CPU time went into, most of it first.
	Hot []Hot `json:"hot"`
	// Stacks are all that it went into, as a picture has it.
	Stacks *flame.Frame `json:"-"`
}

// Tool is what a broker's own load tool reached.
type Tool struct {
	Name string `json:"name"`
	// Command is its command line without addresses and secrets.
	Command string `json:"command"`
	// Input is the SQL in its file, or the headers of its messages.
	Input string `json:"input,omitempty"`
	// Rate is in tasks per second.
	Rate Figure `json:"rate"`
	// ToTool is the wire producer's rate over the tool's.
	ToTool Figure `json:"to_tool"`
	// Reason says why there is no rate.
	Reason string `json:"reason,omitempty"`
}

// The least that the wire producer's rate should be over the client's: a producer that shares the machine with workers must
// leave nearly all of it to them. On Redis, the broker itself costs least.
const (
	clientGoal      = 20
	clientGoalRedis = 100
)

// load is how many messages each way sends in a turn.
type load struct {
	wire, client, tool int
	// batched is the number for a tool that sends many in one transaction.
	batched int
}

// loads are chosen by broker, so that a turn takes no more than about three seconds on two CPUs: brokers that wait
// for the disk take fewer.
func loads(name string, scale float64) load {
	l := load{wire: 10_000, client: 1000, tool: 20_000}
	switch name {
	case "redis":
		l = load{wire: 100_000, client: 5000, tool: 100_000}
	case "postgres":
		l = load{wire: 50_000, client: 1000, tool: 10_000, batched: 50_000}
	case "mysql":
		l = load{wire: 30_000, client: 1000, tool: 10_000}
	case "sqs":
		l = load{wire: 20_000, client: 1000, tool: 20_000}
	}
	for _, n := range []*int{&l.wire, &l.client, &l.tool, &l.batched} {
		*n = int(math.Ceil(float64(*n) * scale))
	}
	return l
}

// pair is a contender that is set up for a private broker.
type pair struct {
	clock     *clock.Clock
	contender contender.Contender
	target    contender.Target
	setup     contender.Setup
	broker    broker.Broker
	load      load
	cache     string
	// sample is a message like those that are sent.
	sample broker.Message
	redact redact.Redactor
}

// checkBrokers measures each contender on each broker that it can use.
func checkBrokers(ctx context.Context, c *clock.Clock, o Options) ([]Enqueue, error) {
	out := []Enqueue{}
	for _, name := range o.Brokers {
		for _, k := range o.Contenders {
			if contender.Supports(k, name) != nil {
				continue
			}
			env, err := o.Builder.Build(ctx, k.Framework())
			if err != nil {
				return out, err
			}
			e, err := checkEnqueue(ctx, c, k, contender.Target{Env: env, Broker: name}, o)
			if err != nil {
				return out, fmt.Errorf("check enqueueing with %s on %s: %w", k.Name(), name, err)
			}
			out = append(out, e)
		}
	}
	return out, nil
}

// checkEnqueue measures all ways of enqueueing for one contender on one broker, which is started for it.
func checkEnqueue(ctx context.Context, c *clock.Clock, k contender.Contender, target contender.Target, o Options) (e Enqueue, err error) {
	err = onBroker(ctx, c, k, target, o, func(p *pair) error {
		if e, err = p.measure(ctx, o); err != nil {
			return err
		}
		if e.Codec, err = p.codec(ctx, o); err != nil {
			return err
		}
		e.Hot, e.Stacks, err = p.profile(ctx, o)
		return err
	})
	return e, err
}

// onBroker lets use work with a contender on a private broker, which is there for it alone.
func onBroker(ctx context.Context, c *clock.Clock, k contender.Contender, target contender.Target, o Options, use func(*pair) error) (err error) {
	o.Log("starting %s for %s", target.Broker, k.Name())
	b, err := broker.Open(ctx, target.Broker, broker.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	p := &pair{clock: c, contender: k, target: target, broker: b, load: loads(target.Broker, o.Scale), cache: o.Builder.Cache}
	if err := p.setUp(ctx); err != nil {
		return err
	}
	if err = use(p); err != nil {
		// What a framework's own program said may be in it.
		err = masked{err, p.redact.String(err.Error())}
	}
	return err
}

// setUp fills the pair with what its broker and its contender tell.
func (p *pair) setUp(ctx context.Context) error {
	d, err := p.broker.Describe(ctx)
	if err != nil {
		return err
	}
	t := &p.target
	p.redact = redact.New(redact.Password(p.broker.URL())...)
	t.URL, t.Product, t.Queue, t.Processes, t.Concurrency, t.CPUs = p.broker.URL(), d.Product, "tqbench", 1, 1, 1
	if p.setup, err = p.contender.Setup(*t); err != nil {
		return err
	}
	enc, err := p.contender.Encoder(*t)
	if err != nil {
		return err
	}
	p.sample.Destination = enc.Destination()
	p.sample.Body, err = enc.Append(nil, &p.sample.Properties, contender.Task{Name: "noop", Seq: int64(p.load.wire), At: time.Now()})
	return err
}

// way is one way of enqueueing.
type way struct {
	name string
	// rates collects what rate measures.
	rates *[]float64
	rate  func(ctx context.Context) (float64, error)
	// leaves are places that it fills in addition to the contender's own.
	leaves []broker.Place
	// reason takes the error of a way that others can do without.
	reason *string
}

// measure lets all ways take turns, in another order each round.
func (p *pair) measure(ctx context.Context, o Options) (Enqueue, error) {
	e := Enqueue{Broker: p.target.Broker, Product: p.target.Product, Contender: p.contender.Name(), Bytes: len(p.sample.Body), Tools: []Tool{}}
	tools := p.tools(ctx, o.Log)
	rates := make([][]float64, 2+len(tools)) // the ways point into it
	reasons := make([]string, len(tools))
	ways := []way{
		{name: "the wire producer", rates: &rates[0], rate: p.wireRate},
		{name: "the client", rates: &rates[1], rate: p.clientRate},
	}
	for i, t := range tools {
		if reasons[i] = t.reason; t.reason == "" {
			ways = append(ways, way{name: t.name, rates: &rates[2+i], rate: t.rate, leaves: t.leaves, reason: &reasons[i]})
		}
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(p.sample.Body))))
	for round := range o.Rounds {
		o.Log("enqueueing as %s on %s, round %d of %d", e.Contender, e.Product, round+1, o.Rounds)
		for _, i := range rng.Perm(len(ways)) {
			if w := ways[i]; w.reason == nil || *w.reason == "" {
				if err := p.turn(ctx, w); err != nil {
					return e, fmt.Errorf("%s: %w", w.name, err)
				}
			}
		}
	}
	e.Wire, e.Client = medianOf(rates[0]), medianOf(rates[1])
	ratio, err := over(rates[0], rates[1])
	if err != nil {
		return e, fmt.Errorf("compare with the client: %w", err)
	}
	goal := float64(clientGoal)
	if e.Broker == "redis" {
		goal = clientGoalRedis
	}
	e.ToClient = ratio.atLeast(goal)
	for i, t := range tools {
		row := Tool{Name: t.name, Command: t.shown, Input: t.input, Reason: reasons[i]}
		if row.Reason == "" {
			if ratio, err = over(rates[0], rates[2+i]); err != nil {
				return e, fmt.Errorf("compare with %s: %w", t.name, err)
			}
			row.Rate, row.ToTool = medianOf(rates[2+i]), ratio.atLeast(t.goal)
		}
		e.Tools = append(e.Tools, row)
	}
	return e, nil
}

// turn measures one way once, on a broker that is as it was before.
func (p *pair) turn(ctx context.Context, w way) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	rate, err := w.rate(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil && w.reason == nil:
		return err
	case err != nil:
		*w.reason, *w.rates = p.redact.String(err.Error()), nil
	default:
		*w.rates = append(*w.rates, rate)
	}
	return p.broker.Purge(ctx, slices.Concat(p.setup.Places, p.setup.Leftovers, w.leaves))
}

// prepare makes what must be on the broker before a message comes, as a trial does.
func (p *pair) prepare(ctx context.Context) error {
	for _, argv := range p.setup.Prepare {
		if _, err := (command{argv: argv, environ: p.environ()}).output(ctx); err != nil {
			return fmt.Errorf("prepare the broker: %w", err)
		}
	}
	return p.broker.Declare(ctx, p.setup.Places)
}

func (p *pair) environ() []string { return p.target.Env.Environ(p.setup.Environ) }

// wireRate is the wire producer's.
func (p *pair) wireRate(ctx context.Context) (float64, error) { return p.backlog(ctx, p.load.wire) }

// backlog queues n tasks with the wire producer and returns the rate per second.
func (p *pair) backlog(ctx context.Context, n int) (float64, error) {
	l := loadgen.Load{N: n, Publisher: p.broker, Record: func(int, int64, int64, int64) {},
		NewEncode: func() (loadgen.Encode, error) {
			noop := func(int) contender.Kind { return contender.Kind{Task: "noop"} }
			return contender.Stream(p.contender, p.target, noop, 0, rand.New(rand.NewPCG(1, 2)))
		},
	}
	began := p.clock.Now()
	if _, err := loadgen.Backlog(ctx, p.clock, l); err != nil {
		return 0, err
	}
	return float64(l.N) / (float64(p.clock.Now()-began) / 1e9), nil
}

// clientRate is that of the framework's own client.
func (p *pair) clientRate(ctx context.Context) (_ float64, err error) {
	dir, done, err := scratch(ctx)
	if err != nil {
		return 0, err
	}
	defer done()
	const warm = 100
	client := trial.Client{Python: p.target.Env.Python, Environ: p.environ(), App: p.setup.App,
		Log: filepath.Join(dir, "client.log"), Redact: p.redact}
	first, last := int64(math.MaxInt64), int64(0)
	running, err := client.Start(ctx, []contender.Kind{{Task: "noop"}}, 0, warm)
	if err != nil {
		return 0, err
	}
	defer running.Stop()
	order := trial.Order{First: warm, Count: int64(p.load.client)}
	err = running.Send(ctx, order, p.clock.Now, func(_ int, _, sent, acked int64) {
		first, last = min(first, sent), max(last, acked)
	})
	return float64(order.Count) / (float64(last-first) / 1e9), err
}
