package runner

import (
	"time"

	"github.com/tqbench/tqbench/suite"
)

// Slower is what the rate of a warm-up says about the length of a run of the user's own tasks.
type Slower struct {
	// Pace is how many tasks the workers ended per second.
	Pace float64
	// Expected is how long the trial was expected to take, Takes how long it and All how long it and all later ones do now.
	Expected, Takes, All time.Duration
	// Trials is how many those are, Fit how many of them end within the run's time.
	Trials, Fit int
}

// A trial takes far longer than expected if it takes slowerFactor times as long, and slowerLeast longer.
const (
	slowerFactor = 1.5
	slowerLeast  = 30 * time.Second
)

// warmed takes the rate of a trial's warm-up, once it is known, and returns what to say about it, once. left has the trial and all later
// ones.
func (s *session) warmed(t suite.Trial, pace float64, left []suite.Trial) *Slower {
	if pace <= 0 {
		return nil
	}
	s.slow.Lock()
	defer s.slow.Unlock()
	expected := s.pace.Trial(t)
	s.pace.Warmed(t.Key(), pace)
	takes := s.pace.Trial(t)
	if takes < expected+slowerLeast || float64(takes) < slowerFactor*float64(expected) || s.said[t.Key()] {
		return nil
	}
	s.said[t.Key()] = true
	out := &Slower{Pace: pace, Expected: expected, Takes: takes, Trials: len(left), Fit: len(left)}
	for i, later := range left {
		out.All += s.pace.Trial(later)
		// The first one runs in any case.
		if i > 0 && out.Fit == len(left) && s.late(out.All) {
			out.Fit = i
		}
	}
	return out
}
