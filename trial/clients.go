package trial

import (
	"context"
	"fmt"
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
	// program is the contender's client, if it is a program; it sends before once the workers are ready, to get warm. timer keeps its schedule: a
	// late call would count as the framework's latency.
	program *program
	before  *span
	timer   loadgen.Timer
}

// start starts the client if a phase has one, and returns what it sends before it is ready: nothing if the tasks are the user's, as
// readiness tasks would wait for them, for however long they take.
func (c *clients) start(ctx context.Context) ([]*span, error) {
	phases := c.sender.scenario.Phases
	i := slices.IndexFunc(phases, func(p suite.Phase) bool { return p.Producer == suite.Client })
	if i < 0 {
		return nil, nil
	}
	if c.program != nil {
		c.before = c.sender.span(clientWarmUp, clientWarm, false)
		return []*span{c.before}, nil
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
// accepted, or at its time. A client that can says itself when it sent each, as those in Python do: one that can't has the way of each to the
// harness in its times. All of tqbench's own can.
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
	task := func(i int) ([]byte, error) {
		k := kinds[c.sender.pick(s, i)]
		return lines.Append(nil, &none, contender.Task{Name: k.Task, Seq: s.first + int64(i), Args: k.Args})
	}
	switch _, outside := contender.Outside(c.sender.contender); {
	case c.program.alone && rate == 0:
		return c.sendAlone(ctx, s, task)
	case !c.program.alone && !outside:
		return fmt.Errorf("%w is one of tqbench's own, and can't say when it sends a task", errClient)
	}
	for i := range s.sends {
		due := c.sender.clock.Now()
		if rate > 0 {
			due = start + int64(i)*int64(time.Second)/int64(rate)
			if err := c.timer.SleepUntil(ctx, due); err != nil {
				return orCause(ctx, err)
			}
		}
		body, err := task(i)
		if err != nil {
			return err
		}
		if c.program.alone {
			times, err := c.program.sendAlone(ctx, c.sender.clock.Now, [][]byte{body})
			if err != nil {
				return err
			}
			s.record(i, due, times[0][0], times[0][1])
			continue
		}
		sent := c.sender.clock.Now()
		if _, err := c.program.Publish(ctx, []broker.Message{{Body: body}}); err != nil {
			return err
		}
		s.record(i, due, sent, c.sender.clock.Now())
	}
	return nil
}

// sendAlone lets a client that is a program enqueue the span by itself: each task is due when it is sent, which is when the one before was
// accepted. It gets as many at a time as it takes a moment for, so that the way to the harness is in few of the gaps.
func (c *clients) sendAlone(ctx context.Context, s *span, task func(i int) ([]byte, error)) error {
	n := 1
	for i := 0; i < s.sends; {
		var tasks [][]byte
		for size := 0; len(tasks) < n && i+len(tasks) < s.sends && size < aloneBytes; {
			body, err := task(i + len(tasks))
			if err != nil {
				return err
			}
			tasks = append(tasks, body)
			size += len(body)
		}
		times, err := c.program.sendAlone(ctx, c.sender.clock.Now, tasks)
		if err != nil {
			return err
		}
		for k, t := range times {
			s.record(i+k, t[0], t[0], t[1])
		}
		i += len(times)
		took := times[len(times)-1][1] - times[0][0]
		n = min(max(int(int64(aloneOver)*int64(len(times))/max(took, 1)), 1), aloneMost)
	}
	return nil
}

// ready waits until the started client is connected and warm.
func (c *clients) ready(ctx context.Context) error {
	switch {
	case c.started != nil:
		return c.started.Ready(ctx)
	case c.before != nil:
		return c.sendByProgram(ctx, 0, c.before, &loaded{})
	}
	return nil
}

// stop ends the started client.
func (c *clients) stop() {
	if c.started != nil {
		c.started.Stop()
	}
}
