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

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// Version is the version of the JSON form.
const Version = 3

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
	// Rounds is how often each of those that are compared takes its turn: twice at least.
	Rounds int
	// Scale is the share of the usual number of messages.
	Scale float64
	// Seconds is how long each rate of the schedule is kept, all rounds together.
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
	if r.Schedule, err = checkSchedules(ctx, c, o); err != nil {
		return r, err
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
