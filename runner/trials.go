package runner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
	"github.com/tqbench/tqbench/trial"
)

// trials runs them in order. One that did not run is kept with its reason and the next is tried. If none of the first block ran, the rest
// is not tried.
func (s *session) trials(ctx context.Context, todo []suite.Trial) error {
	before, err := results.ReadTrials(s.Out)
	if err != nil {
		return err
	}
	s.pace, s.said = pace.New(s.plan, before), map[suite.Key]bool{}
	began := time.Now()
	if s.Within > 0 {
		s.deadline = began.Add(s.Within)
	}
	begun := s.Begun
	// Trials from before a resumption show that trials can run.
	ran, left := len(todo) < len(s.plan.Trials), 0
	failed := map[string]bool{}
	var reason string
	for i := 0; i < len(todo); {
		side := sameBlock(todo[i:])
		if begins(todo, i) && s.late(s.pace.Trials(todo[i:i+side])) {
			left += side
			i += side
			continue
		}
		if begins(todo, i) && begun && s.pauses() {
			return fmt.Errorf("%w: %d of %d trials are left", ErrPaused, len(todo)-i+left, len(s.plan.Trials))
		}
		turns := s.turns(todo[i : i+side])
		if turns == 0 {
			side = 1
		}
		sides, at := todo[i:i+side], time.Now()
		report := func(k int, p trial.Progress) {
			if s.Progress == nil {
				return
			}
			slower := s.warmed(sides[k], p.Pace, todo[i:])
			now := Progress{Slower: slower, Index: i + k + 1, Total: len(todo), Trial: sides[k], Progress: p, Elapsed: time.Since(began)}
			now.Left = max(s.pace.Trials(sides)-time.Since(at), 0) + s.pace.Trials(todo[i+side:])
			if !s.deadline.IsZero() {
				now.Left = min(now.Left, max(time.Until(s.deadline), 0))
			}
			s.Progress(now)
		}
		var all []outcome
		if turns > 0 {
			all = s.sides(ctx, sides, turns, report)
		} else {
			res, why, err := s.one(ctx, sides[0], nil, func(p trial.Progress) { report(0, p) })
			all = []outcome{{res, why, err}}
		}
		if err := ended(ctx, all); err != nil {
			return err
		}
		begun = true
		for k, o := range all {
			s.pace.Saw(o.Trial)
			ran = ran || o.Done()
			if !o.Done() {
				reason = o.Reason
				// A trial that is impossible on this broker says nothing about the others.
				if !errors.Is(o.why, broker.ErrNoRestart) && !errors.Is(o.why, broker.ErrNoPause) {
					failed[o.Arm] = true
				}
			}
			if s.Progress != nil {
				s.Progress(Progress{Index: i + k + 1, Total: len(todo), Trial: sides[k], NotRun: o.Reason, Result: &all[k].Trial, Elapsed: time.Since(began),
					Over: s.over(s.pace.Trials(todo[i+k+1:]))})
			}
		}
		i += side
		if !ran && len(failed) == len(s.plan.Arms) {
			return fmt.Errorf("%w: no side's first trial ran: %s", ErrInvalid, reason)
		}
	}
	return s.timeOver(left, len(before) > 0 || begun)
}

// timeOver is the error of a run that left out trials, if it did; some tells whether the run has any.
func (s *session) timeOver(left int, some bool) error {
	switch {
	case left == 0:
		return nil
	case !some:
		return fmt.Errorf("%w: %w: no trial would have ended within %s: allow more time, or name fewer scenarios, brokers or contenders",
			ErrInvalid, ErrTimeOver, s.Within)
	}
	return fmt.Errorf("%w: %d trials would not have ended in time", ErrTimeOver, left)
}

// pauses reports whether the time to pause has come.
func (s *session) pauses() bool { return !s.PauseAt.IsZero() && !time.Now().Before(s.PauseAt) }

// over is how far a task of this length would exceed the deadline.
func (s *session) over(takes time.Duration) time.Duration {
	if s.deadline.IsZero() {
		return 0
	}
	return max(takes-time.Until(s.deadline), 0)
}

// late reports whether a task of this length would end after the deadline.
func (s *session) late(takes time.Duration) bool {
	return s.over(takes) > 0
}

// begins reports whether trial i is the first of its comparison in its block: when one side has run, the others follow, as one alone is
// useless.
func begins(todo []suite.Trial, i int) bool {
	return i == 0 || !together(todo[i-1], todo[i])
}

// sameBlock is how many of the first trials are sides of one comparison in one block.
func sameBlock(todo []suite.Trial) int {
	n := 1
	for n < len(todo) && together(todo[n-1], todo[n]) {
		n++
	}
	return n
}

func together(a, b suite.Trial) bool {
	return a.Block == b.Block && a.Scenario == b.Scenario && a.Broker == b.Broker
}
