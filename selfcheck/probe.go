package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Probe is what a record costs a worker.
type Probe struct {
	Framework string `json:"framework"`
	// NsPerTask is the time of a record and of the two readings of the clock in it.
	NsPerTask Figure `json:"ns_per_task"`
	// With and Without are the tasks per second of one worker process that runs a task that does nothing, from a backlog, with
	// the probe and the look for tasks that others sent, and without both.
	With    Figure `json:"with"`
	Without Figure `json:"without"`
	// Gain is the rate without over the one with, Share NsPerTask in percent of a task's time without.
	Gain  Figure `json:"gain"`
	Share Figure `json:"share_percent"`
}

const (
	// probeGoal is the most that the probe may take of the time of a task that does nothing, in percent.
	probeGoal = 1
	// drainLimit bounds how long a worker may take for what it is given, and drainPoll is how often the broker is asked
	// whether it is done.
	drainLimit = 2 * time.Minute
	drainPoll  = 2 * time.Millisecond
	// emptyPolls in a row must find nothing: a task that its framework has taken from the list, and not yet noted as held, is
	// nowhere for an instant.
	emptyPolls = 10
	stopGrace  = 15 * time.Second
)

// drained are how many tasks a worker runs in a turn, and before it to warm up.
func drained(o Options) (warm, n int) {
	return int(math.Ceil(500 * o.Scale)), int(math.Ceil(5000 * o.Scale))
}

// checkProbe measures what a framework's worker loses by its probe, and what it costs us to watch it, on Redis: of all
// brokers, it leaves a task the least time of its own.
func checkProbe(ctx context.Context, c *clock.Clock, k contender.Contender, o Options) (Probe, []Observer, error) {
	out := Probe{Framework: k.Framework()}
	env, err := o.Builder.Build(ctx, k.Framework())
	if err != nil {
		return out, nil, err
	}
	o.Log("cost of a record with %s", k.Framework())
	ns, err := timeRecords(ctx, env.Python, env.Environ(nil), o.Rounds)
	if err != nil {
		return out, nil, fmt.Errorf("time a record: %w", err)
	}
	out.NsPerTask = medianOf(ns)
	var observers []Observer
	err = onBroker(ctx, c, k, contender.Target{Env: env, Broker: "redis"}, o, func(p *pair) error {
		if err := p.paired(ctx, &out, o); err != nil {
			return err
		}
		o.Log("cost of watching %s", k.Framework())
		observers, err = p.observers(ctx, o)
		return err
	})
	return out, observers, err
}

// paired lets a worker with the probe and one without take turns.
func (p *pair) paired(ctx context.Context, out *Probe, o Options) error {
	rates := make([][]float64, 2) // with, without
	rng := rand.New(rand.NewPCG(2, 1))
	for round := range o.Rounds {
		o.Log("worker of %s with and without the probe, round %d of %d", out.Framework, round+1, o.Rounds)
		for _, i := range rng.Perm(2) {
			rate, err := p.drainRate(ctx, i == 1, o)
			if err != nil {
				return fmt.Errorf("run a worker (without the probe: %v): %w", i == 1, err)
			}
			rates[i] = append(rates[i], rate)
		}
	}
	gain, err := over(rates[1], rates[0])
	if err != nil {
		return fmt.Errorf("compare with and without the probe: %w", err)
	}
	out.With, out.Without, out.Gain = medianOf(rates[0]), medianOf(rates[1]), gain.atMost(1+probeGoal/100.)
	share := make([]float64, len(out.NsPerTask.Values))
	for i, ns := range out.NsPerTask.Values {
		share[i] = 100 * ns / (1e9 / out.Without.Value)
	}
	out.Share = medianOf(share).atMost(probeGoal)
	return nil
}

// drainRate is how many tasks a second a fresh worker takes from a backlog, from its release until the broker holds none.
func (p *pair) drainRate(ctx context.Context, bare bool, o Options) (rate float64, err error) {
	warm, n := drained(o)
	err = p.withWorker(ctx, bare, warm, func(g *process.Group, dir string) error {
		if err := g.Hold(ctx); err != nil {
			return err
		}
		if _, err := p.backlog(ctx, n); err != nil {
			g.Release()
			return fmt.Errorf("queue the tasks: %w", err)
		}
		began := p.clock.Now()
		g.Release()
		ended, err := p.awaitEmpty(ctx, g, dir)
		if err != nil {
			return err
		}
		rate = float64(n) / (float64(ended-began) / 1e9)
		return checkRecords(dir, bare, warm+n)
	})
	return rate, err
}

// checkRecords makes sure that each task left a record, or none did: else the two kinds of workers were not what they are
// called.
func checkRecords(dir string, bare bool, tasks int) error {
	files, err := glob.In(dir, "*.probe")
	if err != nil {
		return err
	}
	var size int64
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return fmt.Errorf("count the records: %w", err)
		}
		size += info.Size()
	}
	want := tasks
	if bare {
		want = 0
	}
	if got := int(size / results.ProbeSize); got != want {
		return fmt.Errorf("%d tasks left %d records, %d were expected", tasks, got, want)
	}
	return nil
}

// withWorker starts a worker, lets it run some tasks, and lets use work with it. dir has its logs and its probe files.
func (p *pair) withWorker(ctx context.Context, bare bool, warm int, use func(g *process.Group, dir string) error) (err error) {
	group, dir, user, err := process.FolderApart(ctx, "tqbench-probe-")
	if err != nil {
		return fmt.Errorf("make the worker's folder: %w", err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	// Remove the leftovers after any outcome.
	defer func() {
		err = errors.Join(err, p.broker.Purge(context.WithoutCancel(ctx), slices.Concat(p.setup.Places, p.setup.Leftovers)))
	}()
	if err := p.prepare(ctx); err != nil {
		return err
	}
	environ := map[string]string{"TQBENCH_PROBE_DIR": dir, "HOME": dir, "TMPDIR": dir}
	for k, v := range p.setup.Environ {
		environ[k] = v
	}
	if bare {
		// Python imports a module of this name before anything else.
		if err := os.WriteFile(filepath.Join(dir, "sitecustomize.py"), []byte("import tqbench.bare\n"), 0o644); err != nil {
			return fmt.Errorf("take the probe off: %w", err)
		}
		environ["PYTHONPATH"] = dir + string(os.PathListSeparator) + p.target.Env.Path()
	}
	var commands []process.Command
	for i, argv := range p.setup.Commands {
		commands = append(commands, process.Command{Argv: argv, Env: p.target.Env.Environ(environ), Dir: dir, User: user, Log: workerLog(dir, i)})
	}
	if err := group.Run(ctx, commands); err != nil {
		return fmt.Errorf("start the worker: %w", err)
	}
	if _, err := p.backlog(ctx, warm); err != nil {
		return fmt.Errorf("queue the warm-up: %w", err)
	}
	if _, err := p.awaitEmpty(ctx, group, dir); err != nil {
		return fmt.Errorf("warm-up: %w", err)
	}
	if err := use(group, dir); err != nil {
		return err
	}
	group.StopCommands(syscall.SIGTERM, stopGrace)
	return nil
}

func workerLog(dir string, i int) string {
	return filepath.Join(dir, fmt.Sprintf("worker-%d.log", i+1))
}

// awaitEmpty waits until the broker holds none of the tasks, including those that workers hold, and returns the time.
func (p *pair) awaitEmpty(ctx context.Context, g *process.Group, dir string) (since int64, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, drainLimit, fmt.Errorf("the worker did not run its tasks within %s", drainLimit))
	defer cancel()
	tick := time.NewTicker(drainPoll)
	defer tick.Stop()
	for empty := 0; ; {
		depth, err := p.broker.Depth(ctx, p.setup.Places)
		if cause := context.Cause(ctx); cause != nil {
			return 0, cause
		}
		switch {
		case err != nil:
			return 0, err
		case depth > 0:
			empty = 0
		case empty == 0:
			since, empty = p.clock.Now(), 1
		default:
			empty++
		}
		if empty == emptyPolls {
			return since, nil
		}
		if exits, _ := g.Exits(); len(exits) > 0 {
			return 0, fmt.Errorf("the worker ended (%s): %s", exits[0], p.redact.String(process.LastWords(workerLog(dir, exits[0].Command))))
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// recordScript times records into a real file; the empty loop is taken off.
const recordScript = `
import os, sys, time
os.environ["TQBENCH_PROBE_DIR"] = sys.argv[1]
from tqbench import probe
n = 100_000
for _ in range(int(sys.argv[2])):
    t0 = time.perf_counter_ns()
    for i in range(n):
        probe.record(i, probe.now(), probe.now(), probe.OK)
    t1 = time.perf_counter_ns()
    for i in range(n):
        pass
    print((t1 - t0 - (time.perf_counter_ns() - t1)) / n)`

// timeRecords is how many ns a record takes, in each round.
func timeRecords(ctx context.Context, python string, environ []string, rounds int) (ns []float64, err error) {
	dir, done, err := scratch(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	cmd := exec.CommandContext(ctx, python, "-c", recordScript, dir, strconv.Itoa(rounds))
	cmd.Env, cmd.WaitDelay = environ, time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	return readTimes(string(out), rounds)
}

// readTimes reads one time a round.
func readTimes(out string, rounds int) (ns []float64, err error) {
	for _, word := range strings.Fields(out) {
		v, err := strconv.ParseFloat(word, 64)
		if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
			err = fmt.Errorf("%s is no time", word)
		}
		if err != nil {
			return nil, fmt.Errorf("read its times: %w", err)
		}
		ns = append(ns, v)
	}
	if len(ns) != rounds {
		return nil, fmt.Errorf("%d rounds were timed, not %d", len(ns), rounds)
	}
	return ns, nil
}
