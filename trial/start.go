package trial

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// aloneRuns bounds how often to time a part of a start, such as an import, separately.
const aloneRuns = 10

// coldStarts starts workers repeatedly.
type coldStarts struct {
	plain
	run *run
}

func (w *coldStarts) traits() traits { return traits{ownWorkers: true} }

func (w *coldStarts) measure(ctx context.Context) error {
	r := w.run
	r.box.cacheBytecode()
	err := errors.Join(w.starts(ctx, r.Scenario.Phases[0]), r.box.keepLogs())
	r.rec.result.Failure = r.box.firstFailure()
	return err
}

// starts measures the phase's starts and, separately, their parts.
func (w *coldStarts) starts(ctx context.Context, p suite.Phase) error {
	r := w.run
	r.collect.call(func(at **witness) { *at = newWitness() })
	clients, err := w.parts(ctx, min(p.Tasks, aloneRuns))
	if err != nil {
		return err
	}
	// One worker is enough to compile what all will read. It also runs what the clients enqueued.
	warm := r.ledger.open("bytecode", 1, false)
	if _, err := w.coldStart(ctx, r.fleet.commands()[:1], warm, 0, clients, 1); err != nil {
		return err
	}

	s := r.ledger.open(p.Name, p.Tasks, true)
	r.watch.begin(s.tally, p)
	out := newLoaded(p, s)
	machine, self, ours, began := process.ReadMachine(), process.Self(), process.Ours(), r.Clock.Now()
	brokerBegan, brokerOurs := r.Broker.Usage()
	var first, all, stop, pss []float64
	var used time.Duration
	for i := range p.Tasks {
		r.rec.tell(p.Name, int64(i), out.Count)
		c, err := w.coldStart(ctx, r.fleet.commands(), s, i, nil, r.setup.Probing)
		if err != nil {
			return fmt.Errorf("start %d of %d: %w", i+1, p.Tasks, err)
		}
		first, all = append(first, ms(c.first-c.began)), append(all, ms(c.all-c.began))
		stop, pss = append(stop, c.stop.Seconds()*1000), append(pss, float64(c.pss)/(1<<20))
		used += c.usage.CPU
		out.Workers.Processes = max(out.Workers.Processes, c.usage.Processes)
	}
	over := r.Clock.Now()
	out.stretches = []stretch{{began, over}}
	wall := float64(over-began) / 1e9
	brokerEnded, _ := r.Broker.Usage()
	ended := process.ReadMachine()
	since := ended.Since(machine)
	self, ours = process.Self()-self, process.Ours()-ours
	out.Workers = results.Usage{Measured: true, CPUSeconds: used.Seconds(), WallSeconds: wall, PSSMiB: median(pss), Processes: out.Workers.Processes}
	out.BrokerUsage = usageOf(brokerBegan, brokerEnded, r.Broker.PSS(), wall, brokerOurs)
	out.HarnessUsage = results.Usage{Measured: true, CPUSeconds: self.Seconds(), WallSeconds: wall, PSSMiB: float64(process.PSS(os.Getpid())) / (1 << 20), Processes: 1}
	if brokerOurs {
		// Each start has its own processes and guard, whose time no usage includes.
		processes := p.Tasks*(out.Workers.Processes+1) + brokerEnded.Processes
		out.Others = others(since, ours, processes)
		var c crowd
		c.note(began, machine, 0)
		c.note(over, ended, ours)
		out.Crowded, out.Beside = min(float64(c.crowded)/float64(over-began), results.MostStill), float64(c.beside)/float64(over-began)
	}
	out.Drained = s.lastFinished()
	r.watch.end(out.Phase)
	r.rec.keep(out)
	r.rec.result.Startup.WorkerSeconds, r.rec.result.Startup.StopSeconds = median(all)/1000, median(stop)/1000
	r.rec.value(metric.StartFirst, median(first))
	r.rec.value(metric.StartAll, median(all))
	r.rec.value(metric.StartStop, median(stop))
	r.prober.witnessed()
	return nil
}

// cold is the observation of one start. Times are in ns of CLOCK_MONOTONIC.
type cold struct {
	began int64
	// first is when the waiting task had ended, all when the last process had ended its first task.
	first, all int64
	stop       time.Duration
	pss        int64
	usage      process.Usage
}

// coldStart queues the span's task i, starts the workers, waits until it has ended and that many processes have run a task, and stops the
// workers. It also waits for tasks of also, which may be nil.
func (w *coldStarts) coldStart(ctx context.Context, commands []process.Command, s *span, i int, also *span, processes int) (_ cold, err error) {
	r := w.run
	limit := time.Duration(r.Scenario.Limit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit,
		NotRun("not every worker process had run a task within %s of the start", limit))
	defer cancel()
	if err := r.prober.send(ctx, s, i, contender.Task{Name: r.Scenario.Task}); err != nil {
		return cold{}, fmt.Errorf("send: %w", orCause(ctx, err))
	}
	done := s.done.Load() + 1
	if err := r.fleet.start(commands); err != nil {
		return cold{}, err
	}
	defer r.fleet.group.Stop(syscall.SIGKILL, 0)
	if err := r.waiter.until(ctx, func() bool {
		return s.done.Load() >= done && (also == nil || also.done.Load() == int64(len(also.tasks)))
	}); err != nil {
		return cold{}, err
	}
	c := cold{began: r.fleet.own.Began(), first: s.tasks[i].finished}
	seen := map[int32]int64{s.tasks[i].pid: c.first}
	// Always send one round: it proves the clock more tightly than a task that waited for the start.
	for round := 1; round == 1 || len(seen) < processes; round++ {
		if err := w.seeProcesses(ctx, seen, processes); err != nil {
			return cold{}, err
		}
	}
	for _, finished := range seen {
		c.all = max(c.all, finished)
	}
	c.pss = r.fleet.group.PSS()
	processesNow := r.fleet.group.Usage().Processes
	began := time.Now()
	killed := r.fleet.group.StopCommands(syscall.SIGTERM, stopGrace)
	c.stop = time.Since(began)
	// By now, the guard has the usage of ended processes.
	c.usage = r.fleet.group.Usage()
	c.usage.Processes = processesNow
	if killed > 0 {
		r.rec.result.Startup.Killed += killed
		r.rec.addFlag(results.FlagKilled, metric.StartStop, results.Fact{Check: results.CheckStop, Count: int64(killed), Limit: stopGrace.Seconds()})
	}
	return c, nil
}

// seeProcesses sends a round of readiness tasks and notes when each process ended its first one.
func (w *coldStarts) seeProcesses(ctx context.Context, seen map[int32]int64, processes int) error {
	r := w.run
	s := r.ledger.open("ready", readyRound*processes, false)
	if err := r.prober.round(ctx, s); err != nil {
		return fmt.Errorf("send readiness tasks: %w", orCause(ctx, err))
	}
	if err := r.waiter.until(ctx, func() bool { return s.done.Load() == int64(len(s.tasks)) }); err != nil {
		return err
	}
	for i := range s.tasks {
		e := &s.tasks[i]
		if at, ok := seen[e.pid]; !ok || e.finished < at {
			seen[e.pid] = e.finished
		}
	}
	return nil
}

// parts times the parts of a start, that many times each: the interpreter, the import of the application, and the first enqueue by the
// framework's own client in a new process. It returns the tasks that these enqueued.
func (w *coldStarts) parts(ctx context.Context, runs int) (*span, error) {
	r := w.run
	python := r.Target.Env.Python
	clients := r.ledger.open("connect", runs+1, true)
	r.watch.begin(clients.tally, suite.Phase{Name: clients.name, Arrivals: suite.Cold, Producer: suite.Client})
	var interpreter, imported, connect []float64
	for i := range runs + 1 {
		r.rec.tell("parts", int64(i), int64(runs+1))
		bare, err := r.box.timed(ctx, []string{python, "-c", "pass"})
		if err != nil {
			return nil, fmt.Errorf("start the interpreter: %w", err)
		}
		app, err := r.box.timed(ctx, []string{python, "-c", "import " + r.setup.App})
		if err != nil {
			return nil, fmt.Errorf("import %s: %w", r.setup.App, err)
		}
		first, err := w.connect(ctx, clients, i)
		if err != nil {
			return nil, fmt.Errorf("enqueue through the framework's own client: %w", err)
		}
		if i == 0 {
			continue // it compiled
		}
		interpreter, imported, connect = append(interpreter, bare), append(imported, app), append(connect, first)
	}
	r.rec.value(metric.StartInterpreter, median(interpreter))
	r.rec.value(metric.StartImport, median(imported)-median(interpreter))
	r.rec.value(metric.StartConnect, median(connect))
	return clients, nil
}

// connect lets a new process enqueue the span's task i and returns the time in ms, from before it connected.
func (w *coldStarts) connect(ctx context.Context, s *span, i int) (float64, error) {
	r := w.run
	path := filepath.Join(r.box.folder, "connect.out")
	sent := r.Clock.Now()
	if _, err := r.box.timed(ctx, []string{r.Target.Env.Python, "-m", "tqbench.connect", r.setup.App, r.Scenario.Task,
		strconv.FormatInt(s.first+int64(i), 10), path}); err != nil {
		return 0, err
	}
	s.record(i, sent, sent, r.Clock.Now())
	data, err := regular.ReadUnlinked(path, regular.Limit{Kind: "a number", Bytes: 4 << 10})
	if err != nil {
		return 0, fmt.Errorf("read its time: %w", err)
	}
	ns, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read its time: %w", err)
	}
	return ms(ns), nil
}

// ms are nanoseconds in milliseconds.
func ms(ns int64) float64 { return float64(ns) / 1e6 }

// median is the middle value, or the mean of the two middle ones.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
