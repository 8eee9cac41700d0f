// Package pace estimates how long trials take: first from their scenarios, then from trials that ran.
package pace

import (
	"cmp"
	"sync"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Pace estimates the trials of a plan. Several may use it at once.
type Pace struct {
	plan suite.Plan
	mu   sync.Mutex
	// rates are how many of the user's own tasks per second a warm-up ran, and latest has each scenario's latest one.
	rates  map[suite.Key]float64
	latest map[string]float64
	seen   map[suite.Key]sum
	// guessed and took are the guessed and the real times of the trials that ran.
	guessed, took time.Duration
}

type sum struct {
	took  time.Duration
	count int
}

// New estimates a plan's trials, some of which have run.
func New(plan suite.Plan, ran []results.Trial) *Pace {
	p := &Pace{plan: plan, rates: map[suite.Key]float64{}, latest: map[string]float64{}, seen: map[suite.Key]sum{}}
	for _, t := range ran {
		p.Saw(t)
	}
	return p
}

// Saw takes a finished trial. One that didn't run says nothing.
func (p *Pace) Saw(t results.Trial) {
	if !t.Done() || t.WallSeconds <= 0 {
		return
	}
	if w := t.Warmup; w.Tasks > 0 && w.Seconds > 0 {
		p.Warmed(suite.KeyOf(t.Scenario, t.Broker, t.Arm), float64(w.Tasks)/w.Seconds)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	took := time.Duration(t.WallSeconds * float64(time.Second))
	a := suite.KeyOf(t.Scenario, t.Broker, t.Arm)
	s := p.seen[a]
	p.seen[a] = sum{s.took + took, s.count + 1}
	p.guessed += p.guess(a)
	p.took += took
}

// Warmed takes the rate of a trial's warm-up, in tasks per second. Of the suite's own tasks, the plan's numbers say enough. A user's may take
// any time.
func (p *Pace) Warmed(a suite.Key, rate float64) {
	sc, ok := p.plan.Scenario(a.Scenario)
	if !ok || sc.Own == nil || rate <= 0 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rates[a], p.latest[a.Scenario] = rate, rate
}

// Trial is the expected time of one trial: as long as similar ones took, or the scenario's guess, corrected by the error for others.
func (p *Pace) Trial(t suite.Trial) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	a := t.Key()
	if s := p.seen[a]; s.count > 0 {
		return s.took / time.Duration(s.count)
	}
	guess := p.guess(a)
	if p.guessed > 0 {
		// A few trials of one scenario say little about another.
		factor := min(max(float64(p.took)/float64(p.guessed), 0.5), 3)
		guess = time.Duration(float64(guess) * factor)
	}
	return guess
}

// Trials is the expected time of several.
func (p *Pace) Trials(list []suite.Trial) time.Duration {
	var all time.Duration
	for _, t := range list {
		all += p.Trial(t)
	}
	return all
}

// A trial's time besides its load, and a task's time in a backlog of a fixed number, as guesses before any trial has run.
const (
	aroundLoad    = 4 * time.Second
	backlogTask   = time.Millisecond
	startOfWorker = 1500 * time.Millisecond
	// searchOffers is how many rates a search tries until it finds the highest sustained one.
	searchOffers = 12
	// recoveryRest is how long a recovery waits for what a fault left behind.
	recoveryRest = 15 * time.Second
)

// guess is the scenario's guess.
func (p *Pace) guess(a suite.Key) time.Duration {
	sc, ok := p.plan.Scenario(a.Scenario)
	if !ok {
		return aroundLoad
	}
	sc = sc.For(a.Broker)
	rate := cmp.Or(p.rates[a], p.latest[a.Scenario])
	all := aroundLoad
	if rate > 0 {
		all += work(sc.Processes*sc.Concurrency, rate) // the warm-up
	}
	for i, ph := range sc.Phases {
		load, known := ph.Expected()
		switch {
		case sc.Measure == suite.Search || sc.Measure == suite.Soak && i == 0:
			load *= searchOffers
		case sc.Measure == suite.Start:
			load = time.Duration(ph.Tasks) * startOfWorker
		case sc.Measure == suite.Recovery:
			load += recoveryRest
		case rate > 0:
			// A drain ends at its limit.
			load = min(max(load, work(ph.Tasks, rate)), load+time.Duration(sc.Limit))
		case !known:
			load = time.Duration(ph.Tasks) * backlogTask
		}
		all += load
	}
	return all
}

// work is how long a number of tasks takes at a rate.
func work(tasks int, rate float64) time.Duration {
	return time.Duration(float64(tasks) / rate * float64(time.Second))
}
