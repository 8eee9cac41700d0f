package trial

import (
	"context"
	"path/filepath"
	"slices"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/suite"
)

// clients are the framework's own clients, which enqueue as an application does.
type clients struct {
	sender *sender
	box    *sandbox
	// app is the module of the tasks that they enqueue.
	app string
	// started is a client that waits for orders, nil if no phase has one.
	started *Running
	// program is the contender's client, if it is a program. timer keeps its schedule: a late call would count as the framework's latency.
	program *program
	timer   loadgen.Timer
}

// start starts the client if a phase has one, and returns what it sends before it is ready: nothing if the tasks are the user's, as
// readiness tasks would wait for them, for however long they take.
func (c *clients) start(ctx context.Context) ([]*span, error) {
	phases := c.sender.scenario.Phases
	i := slices.IndexFunc(phases, func(p suite.Phase) bool { return p.Producer == suite.Client })
	if i < 0 || c.program != nil {
		return nil, nil
	}
	var warm []*span
	first := int64(0)
	n := clientWarm
	if c.sender.scenario.Own != nil {
		n = 0
	} else {
		s := c.sender.span(clientWarmUp, n, false)
		warm, first = []*span{s}, s.first
	}
	own := Client{Python: c.box.target.Env.Python, Environ: c.box.environ(), App: c.app,
		Log: filepath.Join(c.box.folder, "client.log"), Redact: c.box.redact, User: c.box.user}
	var err error
	c.started, err = own.Start(ctx, c.sender.kinds(phases[i].Tasks), first, int64(n))
	return warm, err
}

// clientWarmUp is the name of what a client sends to get warm.
const clientWarmUp = "client warm-up"

// warm lets the started client send tasks of the warm-up.
func (c *clients) warm(ctx context.Context, n int) (*span, error) {
	s := c.sender.span(clientWarmUp, n, false)
	return s, c.order(ctx, 0, s, c.sender.clock.Now)
}

// send lets the framework's own client send the span.
func (c *clients) send(ctx context.Context, p suite.Phase, s *span, _ int64, out *loaded) error {
	if c.program != nil {
		return c.sendByProgram(ctx, p.Rate, s, out)
	}
	return c.order(ctx, p.Rate, s, func() int64 {
		out.Released = c.sender.clock.Now() + int64(clientLead)
		return out.Released
	})
}

// order lets the started client send a span.
func (c *clients) order(ctx context.Context, rate int, s *span, start func() int64) error {
	o := Order{First: s.first, Count: int64(s.sends), Rate: rate}
	if len(c.sender.kinds(s.sends)) > 1 {
		o.Kind = func(i int) int { return c.sender.pick(s, i) }
	}
	return c.started.Send(ctx, o, start, s.record)
}

// sendByProgram lets the client enqueue the span, one task at a time, as a client has one caller. Each is due when the previous one was
// accepted, or at its time.
func (c *clients) sendByProgram(ctx context.Context, rate int, s *span, out *loaded) error {
	lines, err := contender.Lines()
	if err != nil {
		return err
	}
	kinds := c.sender.kinds(s.sends)
	var none broker.Properties
	start := c.sender.clock.Now()
	if rate > 0 {
		start += int64(startLead)
	}
	out.Released = start
	for i := range s.sends {
		due := c.sender.clock.Now()
		if rate > 0 {
			due = start + int64(i)*int64(time.Second)/int64(rate)
			if err := c.timer.SleepUntil(ctx, due); err != nil {
				return orCause(ctx, err)
			}
		}
		k := kinds[c.sender.pick(s, i)]
		body, err := lines.Append(nil, &none, contender.Task{Name: k.Task, Seq: s.first + int64(i), Args: k.Args})
		if err != nil {
			return err
		}
		sent := c.sender.clock.Now()
		if _, err := c.program.Publish(ctx, []broker.Message{{Body: body}}); err != nil {
			return err
		}
		s.record(i, due, sent, c.sender.clock.Now())
	}
	return nil
}

// ready waits until the started client is connected and warm.
func (c *clients) ready(ctx context.Context) error {
	if c.started == nil {
		return nil
	}
	return c.started.Ready(ctx)
}

// stop ends the started client.
func (c *clients) stop() {
	if c.started != nil {
		c.started.Stop()
	}
}
