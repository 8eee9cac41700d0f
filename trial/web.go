package trial

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// webStarts is how many starts of the application are timed. An uncounted one before leaves the bytecode, including that of the first
	// enqueue's imports.
	webStarts = 3
	// webLimit bounds a start of the application.
	webLimit = 60 * time.Second
	// webPoll is how often to look for the application's address; no time depends on it.
	webPoll = 2 * time.Millisecond
	// webIdle is how long to keep a connection, less than the 5 s after which uvicorn closes it.
	webIdle = 3 * time.Second
	// webUnderLoad is how long the application is under load before it is stopped, and webAfter how long the load continues at most: longer
	// than any stop should take.
	webUnderLoad, webAfter = time.Second, 5 * time.Second
	// webWarm is how long the application enqueues before the measurement: its first requests connect, a thread each, and later ones wait
	// for them.
	webWarm = 2 * time.Second
	// webLatencies are the metrics that a late generator spoils.
	webLatencies = metric.WebPlainP50 + " " + metric.WebPlainP99 + " " + metric.WebDispatchP50 + " " + metric.WebDispatchP99
)

// webApp is a web application that enqueues tasks, in a separate process. It is a publisher: a message is a request, written as its method
// and its path.
type webApp struct {
	group *process.Group
	// url includes the application's secret path.
	url    string
	client *http.Client
}

// Publish sends the requests, one after another.
func (a *webApp) Publish(ctx context.Context, messages []broker.Message) (int, error) {
	for i, m := range messages {
		method, path, _ := strings.Cut(string(m.Body), " ")
		if err := a.request(ctx, method, path); err != nil {
			return i, err
		}
	}
	return len(messages), nil
}

// request sends one request and reads the answer.
func (a *webApp) request(ctx context.Context, method, path string) error {
	req, err := http.NewRequestWithContext(ctx, method, a.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: the application answered %s", method, path, resp.Status)
	}
	return nil
}

// web measures a web application that enqueues tasks.
type web struct {
	plain
	run *run
	app *webApp
}

// measure starts the application, loads it with requests that enqueue nothing and with requests that do, and stops it under load.
func (w *web) measure(ctx context.Context) error {
	r := w.run
	r.box.cacheBytecode()
	var startups, firsts []float64
	for i := range webStarts + 1 {
		r.rec.tell("app", int64(i), webStarts+1)
		app, startup, err := w.startApp(ctx)
		if err != nil {
			return fmt.Errorf("start the web application: %w", err)
		}
		first, err := w.firstDispatch(ctx, app)
		if err == nil && i == webStarts {
			w.app = app
		} else {
			app.client.CloseIdleConnections()
			app.group.Stop(syscall.SIGTERM, stopGrace)
		}
		if err != nil {
			return fmt.Errorf("enqueue the web application's first task: %w", err)
		}
		if i > 0 {
			startups, firsts = append(startups, startup), append(firsts, first)
		}
	}
	defer w.app.group.Stop(syscall.SIGKILL, 0)
	defer w.app.client.CloseIdleConnections()
	r.rec.value(metric.WebStartup, median(startups))
	r.rec.value(metric.WebFirst, median(firsts))
	plain, dispatch := r.Scenario.Phases[0], r.Scenario.Phases[1]
	if err := w.warmApp(ctx, dispatch); err != nil {
		return fmt.Errorf("warm the web application up: %w", err)
	}
	if err := w.plainPhase(ctx, plain); err != nil {
		return fmt.Errorf("phase %s: %w", plain.Name, err)
	}
	if err := w.dispatchPhase(ctx, dispatch); err != nil {
		return fmt.Errorf("phase %s: %w", dispatch.Name, err)
	}
	if err := w.stopUnderLoad(ctx, dispatch); err != nil {
		return fmt.Errorf("stop the web application: %w", err)
	}
	return nil
}

// startApp starts the application and waits for its first answer; it returns the time in ms.
func (w *web) startApp(ctx context.Context) (_ *webApp, took float64, err error) {
	r := w.run
	limited, cancel := context.WithTimeoutCause(ctx, webLimit,
		NotRun("the web application of %s did not answer within %s", r.Contender.Name(), webLimit))
	defer cancel()
	address, log := filepath.Join(r.box.folder, "web-address"), filepath.Join(r.box.folder, "web.log")
	if err := os.RemoveAll(address); err != nil {
		return nil, 0, err
	}
	secret := "/" + rand.Text()
	env := append(r.box.environ(), "TQBENCH_WEB_TASKS="+r.setup.App, "TQBENCH_WEB_TASK="+r.Scenario.Task, "TQBENCH_WEB_PREFIX="+secret)
	group, err := process.Start(ctx, []process.Command{{Argv: []string{r.Target.Env.Python, "-m", "tqbench.web", r.setup.Web, address},
		Env: env, Dir: r.box.folder, CPUs: r.WorkerCPUs, User: r.box.user, Log: log}})
	if err != nil {
		return nil, 0, NotRun("%w", err)
	}
	a := &webApp{group: group, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000, IdleConnTimeout: webIdle,
		DisableCompression: true}}}
	defer func() {
		if err != nil {
			a.client.CloseIdleConnections()
			group.Stop(syscall.SIGKILL, 0)
		}
	}()
	dead := func() error {
		exits, _ := group.Exits()
		if len(exits) == 0 {
			return nil
		}
		return NotRun("the web application of %s ended before it answered (%s): %s", r.Contender.Name(), exits[0], r.box.lastWords(log))
	}
	tick := time.NewTicker(webPoll)
	defer tick.Stop()
	for a.url == "" {
		_, changed := group.Exits()
		if data, err := regular.ReadUnlinked(address, regular.Limit{Kind: "an address", Bytes: 4 << 10}); err == nil {
			a.url = "http://" + strings.TrimSpace(string(data)) + secret
			break
		}
		if err := dead(); err != nil {
			return nil, 0, err
		}
		select {
		case <-limited.Done():
			return nil, 0, context.Cause(limited)
		case <-changed:
		case <-tick.C:
		}
	}
	// It listens already, so the answer comes as soon as possible.
	if err := a.request(limited, http.MethodGet, "/plain"); err != nil {
		if limited.Err() != nil {
			return nil, 0, context.Cause(limited)
		}
		// A process that ends cuts the connection first.
		ended, cancel := context.WithTimeout(limited, time.Second)
		defer cancel()
		_, _ = group.Wait(ended)
		if err := dead(); err != nil {
			return nil, 0, err
		}
		return nil, 0, NotRun("%w: %s", err, r.box.lastWords(log))
	}
	return a, ms(r.Clock.Now() - group.Began()), nil
}

// requests are the span's tasks as requests to the application.
func (w *web) requests(s *span, encode loadgen.Encode) loadgen.Load {
	return loadgen.Load{N: s.sends, Publisher: w.app, Record: s.record, Alone: true,
		NewEncode: func() (loadgen.Encode, error) { return encode, nil }}
}

// dispatching are requests that enqueue the span's tasks.
func (w *web) dispatching(s *span) loadgen.Load {
	return w.requests(s, func(dst []byte, _ *broker.Message, i int) ([]byte, error) {
		return strconv.AppendInt(append(dst, http.MethodPost+" /dispatch?seq="...), s.first+int64(i), 10), nil
	})
}

// firstDispatch lets an application enqueue its first task, and returns the request's time in ms.
func (w *web) firstDispatch(ctx context.Context, app *webApp) (float64, error) {
	r := w.run
	s := r.ledger.open("first of the app", 1, false)
	sent := r.Clock.Now()
	if err := app.request(ctx, http.MethodPost, "/dispatch?seq="+strconv.FormatInt(s.first, 10)); err != nil {
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		return 0, NotRun("%w: %s", err, r.box.lastWords(filepath.Join(r.box.folder, "web.log")))
	}
	s.record(0, sent, sent, r.Clock.Now())
	return ms(s.tasks[0].acked - sent), nil
}

// warmApp lets the application enqueue at the phase's rate for a while.
func (w *web) warmApp(ctx context.Context, p suite.Phase) error {
	r := w.run
	s := r.ledger.open("app warm-up", max(int(webWarm.Seconds()*float64(p.Rate)), 1), false)
	if _, err := loadgen.Paced(ctx, r.Clock, r.Clock.Now()+int64(startLead), &loadgen.Constant{Rate: uint64(p.Rate), Period: time.Second}, w.dispatching(s)); err != nil {
		return orCause(ctx, err)
	}
	return r.waiter.drain(ctx, s.name, func() (int64, int64) { return s.done.Load(), int64(len(s.tasks)) })
}

// plainPhase offers requests that enqueue nothing. They are no tasks, so the ledger doesn't have them.
func (w *web) plainPhase(ctx context.Context, p suite.Phase) error {
	r := w.run
	s := &span{tally: &tally{name: p.Name}, tasks: make([]entry, p.Tasks), sends: p.Tasks}
	l := w.requests(s, func(dst []byte, _ *broker.Message, _ int) ([]byte, error) {
		return append(dst, http.MethodGet+" /plain"...), nil
	})
	out, err := w.requestPhase(ctx, p, s, l)
	if err != nil {
		return err
	}
	r.rec.keep(out)
	w.answered(s, metric.WebPlainP50, metric.WebPlainP99)
	return nil
}

// dispatchPhase offers requests that each enqueue a task, and waits for the tasks.
func (w *web) dispatchPhase(ctx context.Context, p suite.Phase) error {
	r := w.run
	if err := r.driver.fits(p); err != nil {
		return err
	}
	s := r.ledger.open(p.Name, p.Tasks, true)
	used := w.app.group.Usage().CPU
	out, err := w.requestPhase(ctx, p, s, w.dispatching(s))
	if err != nil {
		return err
	}
	used = w.app.group.Usage().CPU - used
	if err := r.waiter.drain(ctx, p.Name, func() (int64, int64) { return s.done.Load(), out.Count }); err != nil {
		return err
	}
	r.rec.drained(s.tally, &out)
	r.rec.keep(out)
	w.answered(s, metric.WebDispatchP50, metric.WebDispatchP99)
	r.rec.value(metric.WebCPU, used.Seconds()/float64(p.Tasks)*1000)
	return nil
}

// requestPhase offers a span of requests on the phase's schedule.
func (w *web) requestPhase(ctx context.Context, p suite.Phase, s *span, l loadgen.Load) (loaded, error) {
	r := w.run
	out := newLoaded(p, s)
	r.rec.tell(p.Name, 0, out.Count)
	r.watch.begin(s.tally, p)
	m := r.meter.measure(s.tally)
	out.Released = r.Clock.Now() + int64(startLead)
	_, err := loadgen.Paced(ctx, r.Clock, out.Released, &loadgen.Constant{Rate: uint64(p.Rate), Period: time.Second}, l)
	m.end(&out)
	if err != nil {
		return out, orCause(ctx, err)
	}
	out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
	late := latenessOf(s)
	out.lateness(late)
	r.rec.late(p.Name, late, webLatencies)
	return out, nil
}

// answered sums up the times of the span's requests, each from its due time.
func (w *web) answered(s *span, p50, p99 string) {
	r := w.run
	var took []int64
	for i := range s.tasks {
		if e := &s.tasks[i]; e.acked > 0 {
			took = append(took, e.acked-e.intended)
		}
	}
	if missing := len(s.tasks) - len(took); missing > 0 {
		r.rec.addFlag(results.FlagRejected, "*", results.Fact{Check: results.CheckRequests, Phase: s.name, Count: int64(missing), Of: int64(len(s.tasks))})
	}
	if len(took) == 0 {
		return
	}
	slices.Sort(took)
	r.rec.value(p50, ms(results.NearestRank(took, 0.5)))
	r.rec.value(p99, ms(results.NearestRank(took, 0.99)))
}

// stopUnderLoad stops the application while requests come in, and checks that no task with an answered request is lost.
func (w *web) stopUnderLoad(ctx context.Context, p suite.Phase) error {
	r := w.run
	r.rec.tell("stop under load", 0, 0)
	loaded, cancel := context.WithCancel(ctx)
	defer cancel()
	s := r.ledger.open("stop under load", max(int((webUnderLoad+webAfter).Seconds()*float64(p.Rate)), 1), true)
	s.refusable = true
	r.watch.begin(s.tally, suite.Phase{Name: s.name, Arrivals: p.Arrivals, Producer: p.Producer})
	var failed error // once sent is closed
	sent := make(chan struct{})
	start := r.Clock.Now() + int64(startLead)
	go func() {
		defer close(sent)
		_, failed = loadgen.Paced(loaded, r.Clock, start, &loadgen.Constant{Rate: uint64(p.Rate), Period: time.Second}, w.dispatching(s))
	}()
	defer func() { // nothing writes into the span when this returns
		cancel()
		<-sent
	}()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(webUnderLoad + startLead):
	}
	began := r.Clock.Now()
	w.app.group.Signal(syscall.SIGTERM)
	grace, stop := context.WithTimeout(ctx, stopGrace)
	defer stop()
	exit, err := w.app.group.Wait(grace)
	took := r.Clock.Now() - began
	cancel()
	<-sent
	if failed != nil && !errors.Is(failed, context.Canceled) {
		return orCause(ctx, failed)
	}
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		r.rec.addFlag(results.FlagKilled, metric.WebShutdown, results.Fact{Check: results.CheckAppStop, Limit: stopGrace.Seconds()})
	case exit.Signal == 0 && exit.Code != 0, exit.Signal != 0 && exit.Signal != int(syscall.SIGTERM): // uvicorn ends by the signal it got
		r.rec.addFlagOf(results.FlagWorkerDied, metric.WebShutdown, r.box.lastWords(filepath.Join(r.box.folder, "web.log")),
			results.Fact{Check: results.CheckAppEnded, Exit: exit.String()})
	default:
		r.rec.value(metric.WebShutdown, ms(took))
	}
	return w.drainAnswered(ctx, s)
}

// drainAnswered waits until the broker has no tasks of a span. The span's last requests may be unanswered.
func (w *web) drainAnswered(ctx context.Context, s *span) error {
	r := w.run
	var answered int64
	for i := range s.tasks {
		if s.tasks[i].acked > 0 {
			answered++
		}
	}
	var empty emptiness
	return r.waiter.drain(ctx, s.name, func() (int64, int64) {
		done := s.done.Load()
		depth, err := r.Broker.Depth(ctx, r.setup.Places)
		if !empty.lasts(r.Clock.Now(), depth, err) && done >= answered {
			return done, done + 1
		}
		return done, answered
	})
}
