// Package runner runs a plan's trials in order, keeps each as soon as it is complete, and continues an interrupted run.
package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/broker/brokername"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
	"github.com/tqbench/tqbench/trial"
	"github.com/tqbench/tqbench/workers"
)

// ErrInput marks what the user can fix: another folder, another option.
var ErrInput = errors.New("can't run")

// ErrInvalid marks a run whose trials answer nothing.
var ErrInvalid = errors.New("measured but not valid")

// ErrTimeOver marks a run that left out trials which would not have ended before its deadline.
var ErrTimeOver = errors.New("the time is up")

// ErrPaused marks a run that stopped because it was to pause, and has trials left.
var ErrPaused = errors.New("paused")

// Options are how to run a plan.
type Options struct {
	// Out is the output folder, which has plan.json.
	Out string
	// Lock is the caller's reservation of the folder; nil reserves it while the run lasts.
	Lock *Lock
	// Resume continues with the missing trials.
	Resume bool
	// Given keeps trials that did not run, instead of retrying them.
	Given bool
	// Within is how long the trials may take. A comparison whose trials would probably not end in time doesn't begin. Time before the first
	// trial doesn't count. 0 is without a limit.
	Within time.Duration
	// PauseAt is when to pause, at the end of a comparison in its block. Zero is never. A call runs one of them at least before it pauses,
	// unless Begun tells that an earlier call of the same part did.
	PauseAt time.Time
	Begun   bool
	// URLs attach to the user's brokers, by name.
	URLs map[string]string
	// Bins are folders with the programs of brokers that are started, by name.
	Bins map[string]string
	// Hosts run the workers and send the load of a plan that has other machines, which reach a started broker at the IP BrokerHost.
	Hosts      trial.Hosts
	BrokerHost string
	// AppEnv are variables of the user's own application. They may hold secrets.
	AppEnv map[string]string
	// SideEnv are variables of single sides' applications in addition, by arm.
	SideEnv map[string]map[string]string
	// Owned says that the user may load brokers on other machines.
	Owned bool
	// Command is noted in run.json; it must not contain a URL.
	Command []string
	// Builder makes the workers' environments.
	Builder *workers.Builder
	// Progress receives progress; it may be nil.
	Progress func(Progress)
	// Look receives what happens in a trial's phases while they run, never concurrently; it may be nil.
	Look func(suite.Trial, trial.Look)
}

// Progress is a run's progress.
type Progress struct {
	// Index counts this run's trials that have begun, from 1; Total is how many there are.
	Index, Total int
	Trial        suite.Trial
	trial.Progress
	// NotRun is why the trial did not run, set once when it is over.
	NotRun string
	// Result is the trial's result, set once when it is over.
	Result *results.Trial
	// Elapsed is since the first trial began, Left the expected rest, at most until the deadline.
	Elapsed, Left time.Duration
	// Slower comes once in a trial, with the rate of its warm-up, if the trial will take far longer than expected.
	Slower *Slower
	// Over comes with each result: how far the rest would exceed the deadline, 0 if it fits.
	Over time.Duration
}

// session is a run under way.
type session struct {
	Options
	plan suite.Plan
	// catalog has the plan's contenders.
	catalog *contender.Catalog
	envs    map[string]workers.Env
	// apps are the user's own applications, by appKey, and byClient is why the frameworks' clients send all of their tasks, or "".
	apps     map[string]trial.Application
	byClient string
	clock    *clock.Clock
	info     results.Run
	cpus     []int
	// profile is the plan's, nil without.
	profile *trial.Profile
	// orms has the packages for scenarios with a database, if the plan has any.
	orms workers.Env
	disk disk
	// pace knows how long trials take.
	pace *pace.Pace
	// slow guards said, the cells whose length was corrected in a warm-up.
	slow sync.Mutex
	said map[suite.Key]bool
	// leftOn is what trials left on the user's brokers, by name. continued says that another process began the run: it may have left more.
	leftOn    map[string]*trial.Left
	continued bool
	// deadline is when the trials' time is over, zero without one.
	deadline time.Time
	// execute runs a trial, which writes its files into dir.
	execute func(ctx context.Context, t suite.Trial, dir string, turn *trial.Turn, report func(trial.Progress)) (results.Trial, error)
}

// Run runs what the plan in the output folder asks for.
func Run(ctx context.Context, o Options) error {
	if o.Lock == nil {
		lock, err := LockFolder(o.Out)
		if err != nil {
			return err
		}
		defer lock.Release()
	}
	plan, err := suite.ReadPlan(o.Out)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	catalog, err := contender.NewCatalog(plan.Paths()...)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
	}
	if (plan.Hosts == nil) != (o.Hosts == nil) {
		return hostsWanted(plan)
	}
	s := &session{Options: o, plan: plan, catalog: catalog, envs: map[string]workers.Env{}, disk: realDisk{}}
	s.execute = s.onBroker
	todo, err := s.todo()
	if err != nil {
		return err
	}
	if len(todo) == 0 {
		return errors.Join(s.tidy(), s.noteMissingEnd()) // it may have been killed in its last trial, or right after it
	}
	if err := plan.CheckRun(suite.PlanPath(o.Out)); err != nil {
		return fmt.Errorf("%w: %w", ErrInput, err)
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

// noteMissingEnd notes the end of a run that has all of its trials, if it was killed before it did so itself.
func (s *session) noteMissingEnd() error {
	if _, ended, err := results.ReadEnd(s.Out); err != nil || ended {
		return err
	}
	var err error
	if s.info, err = results.ReadRun(s.Out); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return s.noteEnd(nil)
}

// noteEnd notes how the run ended and which trials it has. An error of the run takes precedence over one of the note: without the note,
// missing trials are merely unexplained.
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
	case errors.Is(err, ErrPaused):
		e.Why = results.EndPaused
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

// CheckURLs refuses, before any connection, URLs that can't be read, and those of other machines unless they are owned: a benchmark is a
// load that others may suffer from.
func CheckURLs(brokers []string, urls map[string]string, owned bool) error {
	return EachURL(brokers, urls, func(name, host string) error {
		if host != "" && !owned {
			return fmt.Errorf("%w: %w: the %s of the URL is not on this machine but at %s: if it is yours to load, say so with --i-own-this-broker",
				ErrInput, broker.ErrURL, name, host)
		}
		return nil
	})
}

// EachURL calls check for each broker that has a URL, with the host of another machine that it leads to; "" is this one.
func EachURL(brokers []string, urls map[string]string, check func(name, host string) error) error {
	for _, name := range brokers {
		if urls[name] == "" {
			continue
		}
		host, err := broker.Elsewhere(name, urls[name])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		if err := check(name, host); err != nil {
			return err
		}
	}
	return nil
}

// CheckPrograms refuses brokers whose programs are missing, and two names for one server, such as mysql and mariadb where MySQL isn't
// installed: their difference would be chance.
func CheckPrograms(ctx context.Context, brokers []string, urls, bins map[string]string) error {
	of := map[string]string{}
	for _, name := range brokers {
		if u := urls[name]; u != "" {
			if bins[name] != "" {
				return fmt.Errorf("%w: %s has a URL and a folder of programs: give one of them", ErrInput, name)
			}
			if other, ok := of[u]; ok && brokername.Quorum(other) == brokername.Quorum(name) {
				return fmt.Errorf("%w: %s and %s have the same URL: leave one of them out", ErrInput, other, name)
			}
			of[u] = name
			continue
		}
		server, err := broker.Server(ctx, name, bins[name])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrInput, err)
		}
		if other, ok := of[server]; ok && server != "" && brokername.Quorum(other) == brokername.Quorum(name) {
			return fmt.Errorf("%w: %s and %s are the same server here, %s: leave one of them out, or name the folder of the other's programs with --broker-bin",
				ErrInput, other, name, server)
		}
		of[server] = name
	}
	return nil
}

// todo lists the trials without a result. A folder that has results needs Resume.
func (s *session) todo() ([]suite.Trial, error) {
	done, err := results.ReadTrials(s.Out)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInput, err)
	}
	if !s.Resume {
		if err := CheckBegun(s.Out, len(done), len(s.plan.Trials)); err != nil {
			return nil, err
		}
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

// CheckBegun refuses a folder that already has some of a plan's trials: a run that isn't resumed needs one without.
func CheckBegun(out string, done, planned int) error {
	if done == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s already has %d of %d trials: add --resume to run the rest, or name another folder with --out", ErrInput, out, done, planned)
}

// unrun is a planned trial about which nothing else is known.
func unrun(t suite.Trial) results.Trial {
	return results.Trial{ID: t.ID, Block: t.Block, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm}
}

// withBroker opens the trial's broker, a new private one for each trial, and closes it.
func (s *session) withBroker(ctx context.Context, t suite.Trial, use func(broker.Broker, time.Duration) (results.Trial, error)) (results.Trial, error) {
	began := time.Now()
	o, err := s.brokerOptions(t.Broker)
	if err != nil {
		return unrun(t), err
	}
	o.Space = space(s.info.ID)
	b, err := broker.Open(ctx, t.Broker, o)
	if err != nil {
		return unrun(t), trial.NotRun("%w", err)
	}
	took := time.Since(began)
	res, err := use(b, took)
	if err != nil && ctx.Err() == nil && !errors.Is(err, trial.ErrOccupied) {
		// A broker that ended costs its trial, not the run.
		asked, cancel := context.WithTimeout(ctx, answerLimit)
		defer cancel()
		if _, gone := b.Describe(asked); gone != nil {
			err = trial.NotRun("the broker stopped answering (%w): %w", gone, err)
		}
	}
	closed := b.Close()
	if closed != nil && err == nil && ctx.Err() == nil {
		return res, trial.NotRun("%w", closed)
	}
	return res, errors.Join(err, closed)
}

// left is what the trials left on a broker of the user's, nil for a private one, which goes with each trial.
func (s *session) left(broker string) *trial.Left {
	if s.URLs[broker] == "" {
		return nil
	}
	if s.leftOn == nil {
		s.leftOn = map[string]*trial.Left{}
	}
	if s.leftOn[broker] == nil {
		s.leftOn[broker] = &trial.Left{}
		if s.continued {
			s.leftOn[broker].Of = space(s.info.ID)
		}
	}
	return s.leftOn[broker]
}

// answerLimit bounds how long a broker may take to describe itself after a failed trial.
const answerLimit = 5 * time.Second
