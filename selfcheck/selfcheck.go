// Package selfcheck measures the harness itself on the machine at hand: whether it can outrun what it is to measure,
// how well it keeps a schedule, and what it costs to watch.
package selfcheck

import (
	"context"
	"fmt"
	"math"
	"slices"
	"syscall"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
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
	// Recording is what noting a task's sending costs, in ns.
	Recording Figure     `json:"recording_ns"`
	Probe     []Probe    `json:"probe"`
	Observers []Observer `json:"observers"`
	Pipeline  []Pipeline `json:"pipeline"`
	// Unfit says why numbers from this machine are not to be trusted; none is good.
	Unfit []string `json:"unfit"`
}

// Options size the check.
type Options struct {
	Builder *workers.Builder
	// Contenders are those that are enqueued for and whose workers are watched.
	Contenders []contender.Contender
	// Brokers are those to enqueue to; a private one of each is started.
	Brokers []string
	// Rounds is how often each of those that are compared takes its turn: twice at least.
	Rounds int
	// Scale is the share of the usual number of messages.
	Scale float64
	// Seconds is how long each rate of the schedule is kept, all rounds together.
	Seconds float64
	// Runs are the folders of finished runs whose time is summed up.
	Runs []string
	// Log receives progress; it may be nil.
	Log func(format string, args ...any)
}

// Usual are the options of a whole check on some brokers: the contenders of a run that names none, in as many rounds as a verdict needs.
func Usual(b *workers.Builder, brokers []string) (Options, error) {
	catalog, err := contender.NewCatalog()
	if err != nil {
		return Options{}, err
	}
	o := Options{Builder: b, Brokers: brokers, Rounds: suite.MinBlocks, Scale: 1, Seconds: 3}
	for _, name := range contenders.Usual() {
		c, err := catalog.Find(name)
		if err != nil {
			return Options{}, err
		}
		o.Contenders = append(o.Contenders, c)
	}
	return o, nil
}

// Run checks the machine with private brokers.
func Run(ctx context.Context, o Options) (Report, error) {
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	r := Report{Version: Version, Machine: machine.Describe(), Unfit: []string{}}
	for _, out := range o.Runs {
		p, err := checkPipeline(out)
		if err != nil {
			return r, fmt.Errorf("sum up a run's time: %w", err)
		}
		r.Pipeline = append(r.Pipeline, p)
	}
	before := process.ReadMachine()
	c, err := clock.New()
	if err != nil {
		return r, err
	}
	if r.Schedule, err = checkSchedules(ctx, c, o); err != nil {
		return r, err
	}
	r.Recording = checkRecording(c, o)
	for _, k := range o.Contenders {
		p, observers, err := checkProbe(ctx, c, k, o)
		if err != nil {
			return r, fmt.Errorf("check what it costs to watch %s: %w", k.Name(), err)
		}
		r.Probe = append(r.Probe, p)
		r.Observers = append(r.Observers, observers...)
	}
	if r.Enqueue, err = checkBrokers(ctx, c, o); err != nil {
		return r, err
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
	// These are read without a system call.
	if !slices.Contains([]string{"tsc", "arch_sys_counter", "kvm-clock", "hyperv_clocksource_tsc_page", "unknown"}, r.Machine.Clocksource) {
		r.Unfit = append(r.Unfit, fmt.Sprintf("the clock source is %s, which is slow to read: tsc is wanted", r.Machine.Clocksource))
	}
}

// scratch makes a folder that is gone in the end, even where we are killed.
func scratch(ctx context.Context) (dir string, done func(), err error) {
	group, dir, err := process.Folder(ctx, "tqbench-selfcheck-")
	if err != nil {
		return "", nil, err
	}
	return dir, func() { group.Stop(syscall.SIGKILL, 0) }, nil
}
