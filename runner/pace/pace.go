// Package pace tells how long trials take: from their scenarios before any has run, and from those that ran as soon as there
// are some.
package pace

import (
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Pace estimates the trials of a plan. It is for one goroutine.
type Pace struct {
	plan suite.Plan
	seen map[suite.Key]sum
	// guessed and took are what the trials that ran were expected to take from their scenarios alone, and what they took.
	guessed, took time.Duration
}

// arm is whose trials take about as long as each other.

type sum struct {
	took  time.Duration
	count int
}

// New estimates trials of a plan, of which those given have run.
func New(plan suite.Plan, ran []results.Trial) *Pace {
	p := &Pace{plan: plan, seen: map[suite.Key]sum{}}
	for _, t := range ran {
		p.Saw(t)
	}
	return p
}

// Saw takes in a trial that ran. One that didn't says nothing.
func (p *Pace) Saw(t results.Trial) {
	if !t.Done() || t.WallSeconds <= 0 {
		return
	}
	took := time.Duration(t.WallSeconds * float64(time.Second))
	a := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
	s := p.seen[a]
	p.seen[a] = sum{s.took + took, s.count + 1}
	p.guessed += p.guess(t.Scenario, t.Broker)
	p.took += took
}

// Trial is how long one is expected to take: as long as its like did, or what its scenario suggests, corrected by how right
// that was of others.
func (p *Pace) Trial(t suite.Trial) time.Duration {
	if s := p.seen[suite.KeyOf(t.Scenario, t.Broker, t.Arm)]; s.count > 0 {
		return s.took / time.Duration(s.count)
	}
	guess := p.guess(t.Scenario, t.Broker)
	if p.guessed > 0 {
		// A few trials of one scenario say little of another.
		factor := min(max(float64(p.took)/float64(p.guessed), 0.5), 3)
		guess = time.Duration(float64(guess) * factor)
	}
	return guess
}

// Trials is how long several take.
func (p *Pace) Trials(list []suite.Trial) time.Duration {
	var all time.Duration
	for _, t := range list {
		all += p.Trial(t)
	}
	return all
}

// What a trial takes beside its load, and what a task does in a backlog of a fixed number, as guesses before anything has run.
const (
	aroundLoad    = 4 * time.Second
	backlogTask   = time.Millisecond
	startOfWorker = 1500 * time.Millisecond
	// searchOffers is how many rates a search tries until it has the highest that holds.
	searchOffers = 12
	// recoveryRest is how long a recovery waits for what a fault left behind.
	recoveryRest = 15 * time.Second
)

// guess is what the scenario suggests.
func (p *Pace) guess(scenario, broker string) time.Duration {
	sc, ok := p.plan.Scenario(scenario)
	if !ok {
		return aroundLoad
	}
	sc = sc.For(broker)
	all := aroundLoad
	for i, ph := range sc.Phases {
		load, known := ph.Expected()
		switch {
		case sc.Measure == suite.Search || sc.Measure == suite.Soak && i == 0:
			load *= searchOffers
		case sc.Measure == suite.Start:
			load = time.Duration(ph.Tasks) * startOfWorker
		case sc.Measure == suite.Recovery:
			load += recoveryRest
		case !known:
			load = time.Duration(ph.Tasks) * backlogTask
		}
		all += load
	}
	return all
}
