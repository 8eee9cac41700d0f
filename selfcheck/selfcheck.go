// Package selfcheck measures the harness itself on the machine at hand: whether it can outrun what it is to measure,
// how well it keeps a schedule, and what the probe costs.
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
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/trial"
	"github.com/tqbench/tqbench/workers"
)

// Version is the version of the JSON form.
const Version = 1

// Report is the outcome.
type Report struct {
	Version  int             `json:"version"`
	Machine  results.Machine `json:"machine"`
	Enqueue  []Enqueue       `json:"enqueue"`
	Schedule []Schedule      `json:"schedule"`
	Probe    []Probe         `json:"probe"`
	// Unfit says why numbers from this machine are not to be trusted; none is good.
	Unfit []string `json:"unfit"`
}

// Enqueue compares ways of enqueueing a framework's no-op task, in tasks per second: the medians over rounds in
// which all took turns.
type Enqueue struct {
	Broker    string `json:"broker"`
	Contender string `json:"contender"`
	// Bytes is the size of a message.
	Bytes         int       `json:"bytes"`
	Rate          float64   `json:"rate"`
	ClientRate    float64   `json:"client_rate"`
	ToolRate      float64   `json:"tool_rate"`
	RatioToClient float64   `json:"ratio_to_client"`
	RatioToTool   float64   `json:"ratio_to_tool"`
	Tool          string    `json:"tool"`
	Rates         []float64 `json:"rates"`
	ClientRates   []float64 `json:"client_rates"`
	ToolRates     []float64 `json:"tool_rates"`
}

// Schedule tells how late tasks were sent at a constant rate.
type Schedule struct {
	Rate       int     `json:"rate"`
	LateP50Us  float64 `json:"late_p50_us"`
	LateP99Us  float64 `json:"late_p99_us"`
	LateMaxUs  float64 `json:"late_max_us"`
	CPUPercent float64 `json:"cpu_percent"`
}

// Probe is what a record costs a worker.
type Probe struct {
	Framework string  `json:"framework"`
	NsPerTask float64 `json:"ns_per_task"`
}

// Options size the check.
type Options struct {
	Builder *workers.Builder
	// Rounds is how often each way of enqueueing takes its turn.
	Rounds int
	// Messages are sent by wire and by the broker's tool in a round, ClientMessages by the framework's client.
	Messages, ClientMessages int
	// Seconds is how long each rate of the schedule is kept.
	Seconds float64
	// Log is told what is going on; it may be nil.
	Log func(format string, args ...any)
}

// Run checks the machine with a private Redis.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	r := Report{Version: Version, Machine: machine.Describe(), Unfit: []string{}}
	before := process.ReadMachine()
	c, err := clock.New()
	if err != nil {
		return r, err
	}
	for _, rate := range []int{1000, 5000, 20000, 50000} {
		o.Log("schedule at %d per second", rate)
		s, err := checkSchedule(ctx, c, rate, int(float64(rate)*o.Seconds))
		if err != nil {
			return r, fmt.Errorf("check the schedule: %w", err)
		}
		r.Schedule = append(r.Schedule, s)
	}
	for _, k := range contender.All() {
		env, err := o.Builder.Build(ctx, k.Framework())
		if err != nil {
			return r, err
		}
		o.Log("cost of the probe with %s", k.Framework())
		p, err := checkProbe(ctx, env)
		if err != nil {
			return r, fmt.Errorf("check the probe: %w", err)
		}
		r.Probe = append(r.Probe, p)
		o.Log("enqueueing as %s", k.Name())
		e, err := checkEnqueue(ctx, c, k, env, o)
		if err != nil {
			return r, fmt.Errorf("check enqueueing with %s: %w", k.Name(), err)
		}
		r.Enqueue = append(r.Enqueue, e)
	}
	spent := process.ReadMachine().Since(before)
	r.judge(float64(spent.Stolen) / math.Max(1, float64(spent.All)))
	return r, nil
}

// judge says what makes the machine unfit.
func (r *Report) judge(steal float64) {
	if steal > 0.02 {
		r.Unfit = append(r.Unfit, fmt.Sprintf("the hypervisor withheld %.1f %% of the CPU time during the check: use a machine of your own", 100*steal))
	}
	if r.Machine.LoadBefore > float64(r.Machine.CPUs)/2 {
		r.Unfit = append(r.Unfit, fmt.Sprintf("the load was %.1f on %d CPUs before the check: end what else runs", r.Machine.LoadBefore, r.Machine.CPUs))
	}
	if !slices.Contains([]string{"tsc", "arch_sys_counter", "kvm-clock", "unknown"}, r.Machine.Clocksource) {
		r.Unfit = append(r.Unfit, fmt.Sprintf("the clock source is %s, which is slow to read: tsc is wanted", r.Machine.Clocksource))
	}
}

// nowhere takes messages and does nothing.
type nowhere struct{}

func (nowhere) Publish(_ context.Context, m []broker.Message) (int, error) { return len(m), nil }

func checkSchedule(ctx context.Context, c *clock.Clock, rate, n int) (Schedule, error) {
	late := make([]int64, n)
	load := loadgen.Load{N: n, Publisher: nowhere{},
		NewEncode: func() (loadgen.Encode, error) {
			return func(dst []byte, _ *broker.Properties, _ int) ([]byte, error) { return dst, nil }, nil
		},
		Record: func(i int, intended, sent, _ int64) { late[i] = sent - intended },
	}
	cpu, began := process.Self(), c.Now()
	if _, err := loadgen.Paced(ctx, c, c.Now()+int64(10*time.Millisecond), &loadgen.Constant{Rate: uint64(rate), Period: time.Second}, load); err != nil {
		return Schedule{}, err
	}
	used := float64(process.Self()-cpu) / float64(c.Now()-began)
	slices.Sort(late)
	us := func(q float64) float64 { return float64(late[int(q*float64(n-1))]) / 1e3 }
	return Schedule{Rate: rate, LateP50Us: us(0.5), LateP99Us: us(0.99), LateMaxUs: us(1), CPUPercent: 100 * used}, nil
}

// probeScript times records into a real file; the empty loop is taken off.
const probeScript = `
import os, sys, time
os.environ["TQBENCH_PROBE_DIR"] = sys.argv[1]
from tqbench import probe
n = 200_000
best = float("inf")
for _ in range(5):
    t0 = time.perf_counter_ns()
    for i in range(n):
        probe.record(i, probe.now(), probe.now(), probe.OK)
    t1 = time.perf_counter_ns()
    for i in range(n):
        pass
    best = min(best, (t1 - t0 - (time.perf_counter_ns() - t1)) / n)
print(best)`

func checkProbe(ctx context.Context, env workers.Env) (p Probe, err error) {
	dir, err := os.MkdirTemp("", "tqbench-probe-")
	if err != nil {
		return Probe{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cmd := exec.CommandContext(ctx, env.Python, "-c", probeScript, dir)
	cmd.Env = env.Environ(nil)
	out, err := cmd.Output()
	if err != nil {
		return Probe{}, err
	}
	ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	return Probe{Framework: env.Name, NsPerTask: ns}, err
}

func checkEnqueue(ctx context.Context, c *clock.Clock, k contender.Contender, env workers.Env, o Options) (e Enqueue, err error) {
	b, err := broker.Open(ctx, "redis", broker.Options{})
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	dir, err := os.MkdirTemp("", "tqbench-selfcheck-")
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	target := contender.Target{Env: env, Broker: "redis", URL: b.URL(), Queue: "tqbench", Processes: 1, Concurrency: 1}
	setup, err := k.Setup(target)
	if err != nil {
		return e, err
	}
	enc, err := k.Encoder(target)
	if err != nil {
		return e, err
	}
	sample, err := enc.Append(nil, &broker.Properties{}, contender.Task{Name: "noop", Seq: int64(o.Messages), At: time.Now()})
	if err != nil {
		return e, err
	}
	tool, err := newRedisBenchmark(b.URL(), o.Messages, len(sample))
	if err != nil {
		return e, err
	}
	e = Enqueue{Broker: "redis", Contender: k.Name(), Bytes: len(sample), Tool: tool.shown}
	client := trial.Client{Python: env.Python, Environ: env.Environ(setup.Environ), App: setup.App, Func: setup.Send("noop"),
		Log: filepath.Join(dir, "client.log")}
	ways := []struct {
		rates *[]float64
		rate  func() (float64, error)
	}{
		{&e.Rates, func() (float64, error) { return wireRate(ctx, c, k, target, b, o.Messages) }},
		{&e.ToolRates, func() (float64, error) { return tool.rate(ctx) }},
		{&e.ClientRates, func() (float64, error) { return clientRate(ctx, c, client, o.ClientMessages) }},
	}
	rng := rand.New(rand.NewPCG(1, uint64(len(sample))))
	for range o.Rounds {
		for _, i := range rng.Perm(len(ways)) {
			rate, err := ways[i].rate()
			if err == nil {
				err = b.Purge(ctx, append(append(slices.Clone(setup.Places), setup.Leftovers...), broker.Place{Key: tool.key}))
			}
			if err != nil {
				return e, err
			}
			*ways[i].rates = append(*ways[i].rates, rate)
		}
	}
	e.Rate, e.ToolRate, e.ClientRate = median(e.Rates), median(e.ToolRates), median(e.ClientRates)
	e.RatioToClient, e.RatioToTool = e.Rate/e.ClientRate, e.Rate/e.ToolRate
	return e, nil
}

func wireRate(ctx context.Context, c *clock.Clock, k contender.Contender, target contender.Target, b broker.Broker, n int) (float64, error) {
	enc, err := k.Encoder(target)
	if err != nil {
		return 0, err
	}
	load := loadgen.Load{N: n, Destination: enc.Destination(), Publisher: b, Record: func(int, int64, int64, int64) {},
		NewEncode: func() (loadgen.Encode, error) {
			return contender.Stream(k, target, "noop", 0, rand.New(rand.NewPCG(1, 2)))
		},
	}
	began := c.Now()
	if _, err := loadgen.Backlog(ctx, c, load); err != nil {
		return 0, err
	}
	return float64(n) / (float64(c.Now()-began) / 1e9), nil
}

func clientRate(ctx context.Context, c *clock.Clock, client trial.Client, n int) (float64, error) {
	first, last := int64(math.MaxInt64), int64(0)
	err := client.Send(ctx, trial.Order{WarmCount: 100, First: 100, Count: int64(n)}, c.Now, func(_ int, _, sent, acked int64) {
		first, last = min(first, sent), max(last, acked)
	})
	return float64(n) / (float64(last-first) / 1e9), err
}

// redisBenchmark is Redis's own load tool.
type redisBenchmark struct {
	argv  []string
	shown string
	key   string
}

func newRedisBenchmark(url string, n, size int) (redisBenchmark, error) {
	exe, err := exec.LookPath("redis-benchmark")
	if err != nil {
		return redisBenchmark{}, fmt.Errorf("%w: no redis-benchmark on PATH: install it (Debian: apt-get install redis-tools)", broker.ErrSetup)
	}
	port := url[strings.LastIndexByte(url, ':')+1 : strings.LastIndexByte(url, '/')]
	args := []string{"-P", "16", "-n", strconv.Itoa(n), "-d", strconv.Itoa(size), "-t", "lpush", "--csv"}
	return redisBenchmark{
		argv:  append([]string{exe, "-h", "127.0.0.1", "-p", port}, args...),
		shown: "redis-benchmark " + strings.Join(args, " "), key: "mylist",
	}, nil
}

// rate runs the tool and reads the requests per second of its LPUSH line.
func (b redisBenchmark) rate(ctx context.Context) (float64, error) {
	out, err := exec.CommandContext(ctx, b.argv[0], b.argv[1:]...).Output()
	if err != nil {
		return 0, fmt.Errorf("redis-benchmark: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) > 1 && strings.HasPrefix(fields[0], `"LPUSH`) {
			return strconv.ParseFloat(strings.Trim(fields[1], `"`), 64)
		}
	}
	return 0, fmt.Errorf("redis-benchmark printed no LPUSH line: %q", out)
}

// median of a non-empty list.
func median(values []float64) float64 {
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
