// Package runner runs the trials of a plan one after another, keeps each as soon as it is whole, and goes on where an
// earlier run was cut short.
package runner

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/machine"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
	"github.com/tqbench/tqbench/workers"
)

// ErrInput marks what the user can mend: another folder, another option.
var ErrInput = errors.New("can't run")

// ErrInvalid marks a run whose trials can't answer anything.
var ErrInvalid = errors.New("measured but not valid")

// ErrTimeOver marks a run that left out trials which would not have ended before its deadline.
var ErrTimeOver = errors.New("the time is over")

// Options are how a plan is run.
type Options struct {
	// Out is the output folder, which has plan.json.
	Out string
	// Resume goes on with the trials that are missing.
	Resume bool
	// Given leaves trials that did not run as they are, instead of trying them again.
	Given bool
	// Within is how long the trials may take: those of a comparison that would not end in time, by what is known of such trials,
	// don't begin. What comes before the first trial doesn't count. 0 is without end.
	Within time.Duration
	// URLs attach to the user's brokers, by their names.
	URLs map[string]string
	// Owned says that brokers on other machines are the user's to load.
	Owned bool
	// Command is noted in run.json; it must not contain a URL.
	Command []string
	// Builder makes the workers' environments.
	Builder *workers.Builder
	// Progress is told what is going on; it may be nil.
	Progress func(Progress)
	// Look is told what happens in a trial's phases while they run, never at the same time; it may be nil.
	Look func(suite.Trial, trial.Look)
}

// Progress is where a run stands.
type Progress struct {
	// Index counts the trials of this run that began, from 1; Total is how many there are to run.
	Index, Total int
	Trial        suite.Trial
	trial.Progress
	// NotRun is why the trial did not run, told once when it is over.
	NotRun string
	// Result is what came of the trial, told once when it is over.
	Result *results.Trial
	// Elapsed is since the first trial began, Left how long the rest is expected to take, at most until the deadline.
	Elapsed, Left time.Duration
	// Over comes with each result: how far beyond the deadline the rest would go, 0 where it fits.
	Over time.Duration
}

// session is a run under way.
type session struct {
	Options
	plan  suite.Plan
	envs  map[string]workers.Env
	clock *clock.Clock
	info  results.Run
	cpus  []int
	// profile is what the plan asks for, nil without.
	profile *trial.Profile
	// orms has the packages for scenarios with a database, where the plan has such.
	orms workers.Env
	disk disk
	// deadline is when the trials' time is over, zero without one.
	deadline time.Time
	// execute runs a trial, which writes its files into dir.
	execute func(ctx context.Context, t suite.Trial, dir string, turn *trial.Turn, report func(trial.Progress)) (results.Trial, error)
}

// Run runs what the plan in the output folder asks for.
func Run(ctx context.Context, o Options) error {
	plan, err := suite.ReadPlan(o.Out)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	unlock, err := Lock(o.Out)
	if err != nil {
		return err
	}
	defer unlock()
	s := &session{Options: o, plan: plan, envs: map[string]workers.Env{}, disk: realDisk{}}
	s.execute = s.onBroker
	todo, err := s.todo()
	if err != nil {
		return err
	}
	if len(todo) == 0 {
		return s.tidy() // it may have been killed over its last trial
	}
	if s.clock, err = clock.New(); err != nil {
		return err
	}
	if err := CheckURLs(plan.Brokers, o.URLs, o.Owned); err != nil {
		return err
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	if err := results.RemoveEnd(o.Out); err != nil {
		return fmt.Errorf("go on in %s: %w", o.Out, err)
	}
	err = s.trials(ctx, todo)
	noted := s.noteEnd(err)
	if err != nil {
		return err
	}
	return noted
}

// noteEnd notes how the run ended and which trials it has. An error of the run goes before one of the note: without it, what is
// missing is merely not explained.
func (s *session) noteEnd(err error) error {
	trials, readErr := results.ReadTrials(s.Out)
	if readErr != nil {
		return readErr
	}
	e := results.End{Run: s.info.ID, Why: results.EndComplete}
	switch {
	case errors.Is(err, context.Canceled):
		e.Why = results.EndInterrupted
	case errors.Is(err, ErrTimeOver):
		e.Why = results.EndTimeOver
	case err != nil:
		e.Why = results.EndFailed
	}
	for _, t := range trials {
		e.Trials = append(e.Trials, t.ID)
	}
	if err := results.WriteEnd(s.Out, e); err != nil {
		return fmt.Errorf("note how the run ended: %w", err)
	}
	return nil
}

// CheckURLs refuses, before anything connects, URLs that can't be read, and those that lead off this machine unless they
// are owned: a benchmark is a load that others may suffer from.
func CheckURLs(brokers []string, urls map[string]string, owned bool) error {
	for _, name := range brokers {
		if urls[name] == "" {
			continue
		}
		host, err := broker.Elsewhere(name, urls[name])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		if host != "" && !owned {
			return fmt.Errorf("%w: the %s of the URL is not on this machine but at %s: if it is yours to load, say so with --i-own-this-broker",
				ErrInput, name, host)
		}
	}
	return nil
}

// Lock keeps an output folder with a plan to ourselves until unlock is called. The lock goes with the process.
func Lock(out string) (unlock func(), err error) {
	l := flock.New(suite.PlanPath(out), flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK))
	// Whoever only looks with Busy has the lock for an instant.
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	ok, err := l.TryLockContext(ctx, lockPatience/50)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w: lock %s: %w", ErrInput, out, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: another tqbench is running in %s: wait for it, or name another folder with --out", ErrInput, out)
	}
	return func() { _ = l.Close() }, nil
}

// lockPatience is how long Lock tries.
const lockPatience = time.Second

// Busy tells whether a tqbench is at work in the folder whose open plan.json this is.
func Busy(plan *os.File) (bool, error) {
	err := unix.Flock(int(plan.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the lock of %s: %w", plan.Name(), err)
	}
	if err := unix.Flock(int(plan.Fd()), unix.LOCK_UN); err != nil {
		return false, fmt.Errorf("unlock %s: %w", plan.Name(), err)
	}
	return false, nil
}

// todo lists the trials that have no result yet. A folder that already has some is only taken with Resume.
func (s *session) todo() ([]suite.Trial, error) {
	done, err := results.ReadTrials(s.Out)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if len(done) > 0 && !s.Resume {
		return nil, fmt.Errorf("%w: %s already has %d of %d trials: add --resume to run the rest, or name another folder with --out",
			ErrInput, s.Out, len(done), len(s.plan.Trials))
	}
	have := map[int]bool{}
	for _, t := range done {
		if !s.plan.Has(suite.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}) {
			return nil, fmt.Errorf("%w: trial %d in %s isn't one of its plan: the folder mixes two runs", ErrInput, t.ID, s.Out)
		}
		have[t.ID] = s.Given || t.Done()
	}
	var todo []suite.Trial
	for _, t := range s.plan.Trials {
		if !have[t.ID] {
			todo = append(todo, t)
		}
	}
	return todo, nil
}

// prepare builds the workers, tries each broker once and writes run.json.
func (s *session) prepare(ctx context.Context) error {
	s.cpus = workerCPUs(runtime.NumCPU())
	info := results.Run{
		ID: newID(), Began: time.Now().UTC(),
		Command: s.Command, Tqbench: self(), Machine: machine.Describe(), Seed: s.plan.Seed,
		Software:  []results.Software{{Name: "go", Version: runtime.Version()}},
		Placement: placement(s.cpus),
	}
	var err error
	if info.PlanHash, err = s.plan.Hash(); err != nil {
		return err
	}
	before, err := s.begun()
	if err != nil {
		return err
	}
	if before != nil {
		info.ID = before.ID // queues on an attached broker are named after it
	}
	urls := map[string]string{} // of servers that may be gone: for what depends on a URL's form
	for _, name := range s.plan.Brokers {
		b, err := broker.Open(ctx, name, broker.Options{URL: s.URLs[name]})
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		d, err := b.Describe(ctx)
		urls[name] = b.URL()
		if err == nil && s.plan.RTT > 0 {
			_, err = broker.Address(name, b.URL())
		}
		if err = errors.Join(err, b.Close()); err != nil {
			return err
		}
		info.Brokers = append(info.Brokers, d)
	}
	s.info = info
	if s.plan.Profile != "" {
		env, err := s.Builder.Build(ctx, "profile")
		if err != nil {
			return err
		}
		s.profile = &trial.Profile{Of: s.plan.Profile, Env: env}
	}
	if err := s.prepareDatabase(ctx, &info); err != nil {
		return err
	}
	for _, arm := range s.plan.Arms {
		if err := s.prepareArm(ctx, arm, urls, &info); err != nil {
			return err
		}
	}
	if err := s.tidy(); err != nil {
		return err
	}
	if before != nil {
		if why := different(*before, info); why != "" {
			return fmt.Errorf("%w: %s was begun with another %s, and trials of both can't be compared: use another folder with --out",
				ErrInput, s.Out, why)
		}
		info.Began, info.Command, info.Machine = before.Began, before.Command, before.Machine
	}
	s.info = info
	return s.disk.WriteRun(s.Out, info)
}

// newID is a run's id. Two that begin at once, perhaps on one broker, have different ones.
func newID() string {
	random := make([]byte, 4)
	_, _ = rand.Read(random) // never fails
	return time.Now().UTC().Format("20060102-150405") + "-" + hex.EncodeToString(random)
}

// space is what everything of a run is named after on a broker that isn't ours alone.
func space(id string) string { return "tqbench-" + id }

// begun is the run.json of the run that is resumed, nil where there is none.
func (s *session) begun() (*results.Run, error) {
	if !s.Resume {
		return nil, nil
	}
	r, err := results.ReadRun(s.Out)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	return &r, nil
}

// different names what keeps two beginnings of a run apart, or nothing.
func different(a, b results.Run) string {
	switch {
	case a.PlanHash != b.PlanHash:
		return "plan"
	case !machine.Same(a.Machine, b.Machine):
		return "machine"
	case a.Tqbench != b.Tqbench:
		return "version of tqbench"
	case !slices.Equal(a.Software, b.Software):
		return "set of packages"
	}
	return ""
}

// unrun is a trial of which nothing is known but that it was to run.
func unrun(t suite.Trial) results.Trial {
	return results.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}
}

// withBroker opens the trial's broker, a private one anew for each trial, and closes it.
func (s *session) withBroker(ctx context.Context, t suite.Trial, use func(broker.Broker, time.Duration) (results.Trial, error)) (results.Trial, error) {
	began := time.Now()
	b, err := broker.Open(ctx, t.Broker, broker.Options{URL: s.URLs[t.Broker], Space: space(s.info.ID)})
	if err != nil {
		return unrun(t), fmt.Errorf("%w: %w", trial.ErrNotRun, err)
	}
	took := time.Since(began)
	res, err := use(b, took)
	if err != nil && ctx.Err() == nil && !errors.Is(err, trial.ErrOccupied) {
		// A broker that ended takes its trial with it, not the run.
		asked, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		if _, gone := b.Describe(asked); gone != nil {
			err = fmt.Errorf("%w: the broker stopped answering (%w): %w", trial.ErrNotRun, gone, err)
		}
	}
	return res, errors.Join(err, b.Close())
}

// answerLimit bounds how long a broker may take to say what it is after a trial that failed.
const answerLimit = 5 * time.Second

// workerCPUs keeps workers off the first two CPUs where there are enough, so that broker and harness have them; nil
// means all.
func workerCPUs(n int) []int {
	if n < 4 {
		return nil
	}
	var cpus []int
	for i := 2; i < n; i++ {
		cpus = append(cpus, i)
	}
	return cpus
}

func placement(cpus []int) string {
	if cpus == nil {
		return fmt.Sprintf("%d CPUs shared by workers, broker and harness, on both sides alike", runtime.NumCPU())
	}
	return fmt.Sprintf("workers of both sides on CPUs %d-%d, broker and harness free to use all", cpus[0], cpus[len(cpus)-1])
}

// self is this build of tqbench: the commit it was built from, where that is known.
func self() results.Software {
	s := results.Software{Name: "tqbench", Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return s
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		s.Version = v
	}
	return s
}
