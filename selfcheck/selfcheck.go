// Package selfcheck measures the harness itself on the machine at hand: whether it can outrun what it is to measure,
// how well it keeps a schedule, and what the probe costs.
package selfcheck

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
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
	"github.com/tqbench/tqbench/workers"
)

// Version is the version of the JSON form.
const Version = 2

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
	// Brokers are those to enqueue to; a private one of each is started.
	Brokers []string
	// Rounds is how often each way of enqueueing takes its turn.
	Rounds int
	// Scale is the share of the usual number of messages.
	Scale float64
	// Seconds is how long each rate of the schedule is kept.
	Seconds float64
	// Log is told what is going on; it may be nil.
	Log func(format string, args ...any)
}

// Run checks the machine with private brokers.
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
	for _, k := range frameworks() {
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
	}
	if r.Enqueue, err = checkBrokers(ctx, c, o); err != nil {
		return r, err
	}
	spent := process.ReadMachine().Since(before)
	r.judge(float64(spent.Stolen) / math.Max(1, float64(spent.All)))
	return r, nil
}

// frameworks are the contenders that each framework's name alone means: the others differ in their workers.
func frameworks() []contender.Contender {
	var out []contender.Contender
	for _, k := range contender.All() {
		if !slices.ContainsFunc(out, func(o contender.Contender) bool { return o.Framework() == k.Framework() }) {
			out = append(out, k)
		}
	}
	return out
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
			return func(dst []byte, _ *broker.Message, _ int) ([]byte, error) { return dst, nil }, nil
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
