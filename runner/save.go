package runner

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/trial"
)

// disk is the run's access to its output folder. Each of its calls may be the last: a run that is cut short anywhere resumes to the same
// trials.
type disk interface {
	MkdirAll(dir string) error
	// MkdirTemp makes a folder whose name begins with this.
	MkdirTemp(dir, begin string) (string, error)
	// Show lets others read a folder that MkdirTemp has made.
	Show(dir string) error
	Rename(from, to string) error
	RemoveAll(path string) error
	WriteTrial(dir string, t results.Trial) error
	WriteRun(out string, r results.Run) error
}

// realDisk is the machine's.
type realDisk struct{}

func (realDisk) MkdirAll(dir string) error                    { return os.MkdirAll(dir, 0o755) }
func (realDisk) MkdirTemp(dir, begin string) (string, error)  { return os.MkdirTemp(dir, begin) }
func (realDisk) Show(dir string) error                        { return os.Chmod(dir, 0o755) }
func (realDisk) Rename(from, to string) error                 { return os.Rename(from, to) }
func (realDisk) RemoveAll(path string) error                  { return os.RemoveAll(path) }
func (realDisk) WriteTrial(dir string, t results.Trial) error { return results.WriteTrial(dir, t) }
func (realDisk) WriteRun(out string, r results.Run) error     { return results.WriteRun(out, r) }

// tidy makes the results folder and removes leftovers of a killed run: the folder of its current trial, a replaced trial, a half-written
// file. No one else writes while we hold the lock.
func (s *session) tidy() error {
	if err := s.disk.MkdirAll(filepath.Join(s.Out, "results", "trials")); err != nil {
		return fmt.Errorf("make the results folder: %w", err)
	}
	for _, pattern := range [][]string{{"results", "trials", ".*"}, {"results", ".*.json.*"}, {".plan.json.*"}} {
		stale, err := glob.In(s.Out, pattern...)
		if err != nil {
			return fmt.Errorf("look for what a killed run left: %w", err)
		}
		for _, path := range stale {
			if err := s.disk.RemoveAll(path); err != nil {
				return fmt.Errorf("remove what a killed run left: %w", err)
			}
		}
	}
	return nil
}

// one runs a trial in a temporary folder, which gets its name when everything is written. why is the trial's reason if it did not run. turn
// is nil if sides run one after the other.
func (s *session) one(ctx context.Context, t suite.Trial, turn *trial.Turn, report func(trial.Progress)) (_ results.Trial, why, err error) {
	began := time.Now()
	if turn != nil {
		defer turn.Leave()
		if err := turn.Take(ctx); err != nil {
			return results.Trial{}, nil, err
		}
	}
	place := results.TrialDir(s.Out, t.ID)
	tmp, err := s.disk.MkdirTemp(filepath.Dir(place), "."+filepath.Base(place)+"-")
	if err != nil {
		return results.Trial{}, nil, fmt.Errorf("make the trial's folder: %w", err)
	}
	defer func() { err = errors.Join(err, s.disk.RemoveAll(tmp)) }()

	res, err := s.bounded(ctx, t, tmp, turn, report)
	switch {
	case ctx.Err() != nil:
		return res, nil, errors.Join(ctx.Err(), err)
	case errors.Is(err, trial.ErrOccupied):
		return res, nil, fmt.Errorf("%w: %w", ErrInput, err)
	case errors.Is(err, trial.ErrNotRun):
		why = err
		res.Reason = err.Error()
	case err != nil:
		return res, nil, fmt.Errorf("trial %d (%s): %w", t.ID, t.Arm, err)
	}
	res.WallSeconds = (time.Since(began) - turn.Waited()).Seconds()
	res.Run, res.Plan = s.info.ID, s.info.PlanHash
	if err := s.disk.WriteTrial(tmp, res); err != nil {
		return res, nil, err
	}
	if err := s.disk.Show(tmp); err != nil {
		return res, nil, fmt.Errorf("keep trial %d: %w", t.ID, err)
	}
	if err := s.place(tmp, place); err != nil {
		return res, nil, fmt.Errorf("keep trial %d: %w", t.ID, err)
	}
	return res, why, nil
}

// place moves a folder to its place. A trial that did not run is first moved away as a whole: in the middle of its removal it would be
// unreadable.
func (s *session) place(tmp, place string) error {
	old := tmp + "-before"
	switch err := s.disk.Rename(place, old); {
	case errors.Is(err, fs.ErrNotExist):
		return s.disk.Rename(tmp, place)
	case err != nil:
		return err
	}
	return errors.Join(s.disk.Rename(tmp, place), s.disk.RemoveAll(old))
}

// onBroker runs a trial on its own broker.
func (s *session) onBroker(ctx context.Context, t suite.Trial, dir string, turn *trial.Turn, report func(trial.Progress)) (results.Trial, error) {
	sc, _ := s.plan.Scenario(t.Scenario)
	sc = s.sending(sc.For(t.Broker))
	name, _ := s.plan.Contender(t.Arm)
	c, err := s.catalog.Find(name)
	if err != nil {
		return unrun(t), fmt.Errorf("%w: %w", ErrInput, err)
	}
	return s.withBroker(ctx, t, func(b broker.Broker, took time.Duration) (results.Trial, error) {
		delay, url, err := s.delayed(ctx, sc, t.Broker, b.URL())
		if err != nil {
			return unrun(t), err
		}
		if delay != nil {
			defer delay.Close()
		}
		var look func(trial.Look)
		if s.Look != nil {
			look = func(l trial.Look) { s.Look(t, l) }
		}
		return trial.Run(ctx, trial.Config{
			Trial: t, Scenario: sc, Contender: c, Target: s.target(s.envs[environment(c)], sc, t.Arm, t.Broker, url, t.ID),
			Hosts: s.Hosts, Delay: delay, RTT: time.Duration(s.plan.RTT), Profile: s.profile, ORMs: s.orms,
			Broker: b, Left: s.left(t.Broker), BrokerSeconds: took.Seconds(), Clock: s.clock, Dir: dir, WorkerCPUs: s.cpus, Wait: s.plan.WaitOf(t), Turn: turn, Progress: report, Look: look,
		})
	})
}
