// Package crash strikes tqbench itself in the middle of a short real run - it is killed, interrupted, its disk is full or
// can't be written to - and looks at what is left: does a resumed run end with the same trials, and does nothing stay
// behind?
//
// Its one opinion: what a framework loses is its own, and what the harness loses is a bug, so the two are counted apart.
package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/suite"
)

// Version is the version of the JSON form.
const Version = 1

// Report is the outcome.
type Report struct {
	Version int    `json:"version"`
	Seed    uint64 `json:"seed"`
	// Seconds is how long an undisturbed run takes: the moments are drawn from it.
	Seconds float64 `json:"undisturbed_seconds"`
	Rows    []Row   `json:"faults"`
}

// Row is one kind of fault.
type Row struct {
	Fault string `json:"fault"`
	Times int    `json:"times"`
	// NotChecked is why it was not had here, empty where it was.
	NotChecked string `json:"not_checked,omitempty"`
	// Struck is how often the run was still under way, and ended by it: a moment may be that of the run's last words.
	Struck int `json:"struck"`
	// Sent, LostByFramework and Duplicates are tasks of the trials that stood in the results in the end, by the raw rows.
	Sent            int64 `json:"tasks_sent"`
	LostByFramework int64 `json:"lost_by_framework"`
	Duplicates      int64 `json:"duplicates"`
	// LostByUs are tasks of the plan that the results know nothing of.
	LostByUs int64 `json:"lost_by_us"`
	// Leftovers are processes, ports, folders and files that were there when all had ended.
	Leftovers int `json:"leftovers"`
	// Wrong says what was, with the moment, so that it can be had again.
	Wrong []string `json:"wrong,omitempty"`
}

// Sound reports whether nothing of ours went wrong.
func (r Report) Sound() bool {
	for _, row := range r.Rows {
		if row.LostByUs != 0 || row.Leftovers != 0 || len(row.Wrong) > 0 {
			return false
		}
	}
	return true
}

// Options say what to disturb and how often.
type Options struct {
	// Program is tqbench, Environ its environment.
	Program string
	Environ []string
	// Times is how often each fault comes, each time at another moment, drawn from Seed.
	Times int
	Seed  uint64
	// Log receives progress.
	Log func(format string, args ...any)
}

// load is small: what matters is that each kind of phase is there to be cut short.
const load = `
id: 90
name: short
title: A short run
question: What is left of it?
why: It is struck.
task: noop
processes: 2
concurrency: 10
warmup: {limit: 500ms}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 300}
  - {name: paced, arrivals: open, producer: wire, tasks: 100, rate: 200}
decide: [throughput]
limit: 20s
`

// ErrPlain marks an undisturbed run that already went wrong: nothing can be said of others then.
var ErrPlain = errors.New("the undisturbed run went wrong")

// bench is where the runs are made.
type bench struct {
	Options
	// dir is a temporary folder that goes with us.
	dir  string
	plan suite.Plan
	rng  *rand.Rand
	// whole is how long an undisturbed run takes, and size how many bytes of a disk its results need.
	whole time.Duration
	size  int64
	runs  int
}

// strike is one way to disturb a run: it runs the plan in out with the fault in the middle, and resumes it. where tells of
// the moment.
type strike struct {
	name string
	// missing is why it can't be had here.
	missing string
	run     func(ctx context.Context, b *bench, out string) (a attempt, where string, err error)
}

// Run strikes as often as the options say, each fault in turn.
func Run(ctx context.Context, o Options) (Report, error) {
	r := Report{Version: Version, Seed: o.Seed}
	var err error
	b := &bench{Options: o, rng: rand.New(rand.NewPCG(o.Seed, 0x6372_6173_6800_0000))}
	var keeper *process.Group
	if keeper, b.dir, err = process.Folder(ctx, "tqbench-crash-"); err != nil {
		return r, fmt.Errorf("make a folder for the runs: %w", err)
	}
	defer keeper.Stop(syscall.SIGKILL, 0)
	// Servers and workers that run as other users must get through it.
	if err := os.Chmod(b.dir, 0o711); err != nil {
		return r, fmt.Errorf("make a folder for the runs: %w", err)
	}
	scenario, err := suite.Parse("the short load", []byte(load))
	if err != nil {
		return r, err
	}
	b.plan, err = suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{scenario}, Brokers: []string{"redis"},
		Contenders: contenders.Light(), Blocks: 1, Scale: 1, Seed: o.Seed})
	if err != nil {
		return r, err
	}
	// A disk that is mounted over an output folder hides the plan in it.
	if err := suite.WritePlan(b.dir, b.plan); err != nil {
		return r, err
	}
	if err := b.undisturbed(ctx); err != nil {
		return r, err
	}
	r.Seconds = b.whole.Seconds()
	for _, s := range strikes() {
		row := Row{Fault: s.name, NotChecked: s.missing}
		for range o.Times {
			if s.missing != "" {
				break
			}
			if err := b.one(ctx, s, &row); err != nil {
				return r, fmt.Errorf("%s: %w", s.name, err)
			}
			o.Log("%s, %d of %d: %d tasks sent, %d lost by us, %d left over", s.name, row.Times, o.Times, row.Sent, row.LostByUs, row.Leftovers)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

// undisturbed runs the plan once as it should be.
func (b *bench) undisturbed(ctx context.Context) error {
	out, err := b.folder()
	if err != nil {
		return err
	}
	began := time.Now()
	a, err := b.start(ctx, []string{b.Program, "run", "--out", out})
	if err != nil {
		return err
	}
	if err := a.end(ctx); err != nil {
		return err
	}
	b.whole = time.Since(began)
	var row Row
	b.judge(&row, a, out, "")
	if b.size, err = diskSize(filepath.Join(out, "results")); err != nil {
		return err
	}
	if len(row.Wrong) > 0 {
		return fmt.Errorf("%w: %s", ErrPlain, row.Wrong[0])
	}
	b.Log("an undisturbed run takes %s", b.whole.Round(time.Millisecond))
	return os.RemoveAll(out)
}

// folder makes an output folder with the plan in it.
func (b *bench) folder() (string, error) {
	b.runs++
	out := filepath.Join(b.dir, fmt.Sprintf("out-%d", b.runs))
	if err := os.Mkdir(out, 0o755); err != nil {
		return "", fmt.Errorf("make an output folder: %w", err)
	}
	return out, suite.WritePlan(out, b.plan)
}

// one causes one fault and adds the result to the row.
func (b *bench) one(ctx context.Context, s strike, row *Row) error {
	out, err := b.folder()
	if err != nil {
		return err
	}
	a, where, err := s.run(ctx, b, out)
	if err != nil {
		return err
	}
	row.Times++
	b.judge(row, a, out, where)
	return os.RemoveAll(out)
}

// signalled is a strike by a signal at a moment of an undisturbed run's time. Resuming is the next command's task.
func signalled(name string, sig syscall.Signal) strike {
	return strike{name: name, run: func(ctx context.Context, b *bench, out string) (attempt, string, error) {
		moment := time.Duration(b.rng.Int64N(int64(b.whole)))
		where := fmt.Sprintf("%s after %s", name, moment.Round(time.Microsecond))
		first, err := b.start(ctx, []string{b.Program, "run", "--out", out})
		if err != nil {
			return first, where, err
		}
		if err := first.strike(ctx, moment, sig); err != nil {
			return first, where, err
		}
		a, err := b.start(ctx, []string{b.Program, "run", "--resume", "--out", out})
		if err != nil {
			return a, where, err
		}
		err = a.end(ctx)
		a.before = &first
		return a, where, err
	}}
}
