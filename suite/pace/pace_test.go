package pace

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func plan(t *testing.T, scenarios ...string) suite.Plan {
	t.Helper()
	f := madeup.Basic(1, 3000)
	f.Scenarios = scenarios
	p, err := f.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func took(p suite.Plan, i int, d time.Duration) results.Trial {
	t := p.Trials[i]
	return results.Trial{ID: t.ID, Scenario: t.Scenario, Broker: t.Broker, Arm: t.Arm, WallSeconds: d.Seconds()}
}

func TestATrialTakesAsLongAsSimilarOnes(t *testing.T) {
	p := plan(t, "throughput")
	pace := New(p, []results.Trial{took(p, 0, 10*time.Second), took(p, 0, 20*time.Second)})
	if got := pace.Trial(p.Trials[0]); got != 15*time.Second {
		t.Errorf("%s", got)
	}
	guess := pace.Trial(p.Trials[1])
	pace.Saw(took(p, 1, 3*time.Second))
	if got := pace.Trial(p.Trials[1]); got != 3*time.Second || guess == got {
		t.Errorf("%s, before it had run %s", got, guess)
	}
	if got := pace.Trials(p.Trials); got != 18*time.Second {
		t.Errorf("%s", got)
	}
}

// A scenario's guess is corrected by the error for others.
func TestAGuessIsCorrectedByWhatRan(t *testing.T) {
	p := plan(t, "throughput", "io")
	var first, other suite.Trial
	for _, x := range p.Trials {
		if x.Scenario == "throughput" {
			first = x
		} else {
			other = x
		}
	}
	pace := New(p, nil)
	before, guess := pace.Trial(other), pace.Trial(first)
	pace.Saw(results.Trial{Scenario: first.Scenario, Broker: first.Broker, Arm: first.Arm, WallSeconds: 2 * guess.Seconds()})
	if got := pace.Trial(other).Seconds() / before.Seconds(); got < 1.99 || got > 2.01 {
		t.Errorf("the guess of another scenario became %.2f times as long", got)
	}
}

func TestATrialThatDidNotRunSaysNothing(t *testing.T) {
	p := plan(t, "throughput")
	pace := New(p, nil)
	before := pace.Trial(p.Trials[0])
	x := took(p, 0, time.Hour)
	x.Reason = "the broker did not start"
	pace.Saw(x)
	if got := pace.Trial(p.Trials[0]); got != before {
		t.Errorf("%s, and before %s", got, before)
	}
}

// Every scenario has a plausible guess.
func TestEveryScenarioHasAGuess(t *testing.T) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := suite.NewPlan(suite.Options{Scenarios: all, Brokers: []string{"redis"}, Usual: []string{madeup.Baseline, madeup.Candidate}, Blocks: 1, Scale: 0.1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	pace := New(p, nil)
	for _, x := range p.Trials {
		if got := pace.Trial(x); got < 2*time.Second || got > 5*time.Minute {
			t.Errorf("%s: %s", x.Scenario, got)
		}
	}
}

// ownPlan is of a user's own task: 5000 tasks at once, 2000 at 50 per second, 2000 at once, on workers that hold 20.
func ownPlan(t *testing.T) suite.Plan {
	t.Helper()
	own, err := suite.OwnScenario(suite.Own{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{own}, Brokers: []string{"redis"}, Contenders: []string{madeup.Baseline, madeup.Candidate},
		Blocks: 1, Scale: 0.1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A user's task may take any time, which a warm-up shows.
func TestAWarmUpCorrectsTheGuessForAUsersTask(t *testing.T) {
	p := ownPlan(t)
	const short = 4*time.Second + 500*time.Millisecond + 4*time.Second + 200*time.Millisecond
	for rate, want := range map[float64]time.Duration{
		0: short, -1: short,
		1000: 4*time.Second + 20*time.Millisecond + 500*time.Millisecond + 4*time.Second + 200*time.Millisecond,
		2:    4*time.Second + 10*time.Second + 250*time.Second + 100*time.Second + 100*time.Second,
		// Each drain ends at its limit of ten minutes.
		0.1: 4*time.Second + 200*time.Second + 600*time.Second + 604*time.Second + 600*time.Second,
	} {
		pace := New(p, nil)
		pace.Warmed(p.Trials[0].Key(), rate)
		for _, x := range p.Trials { // the other side has the same task
			if got := pace.Trial(x); got != want {
				t.Errorf("at %g tasks/s, %s takes %s, want %s", rate, x.Arm, got, want)
			}
		}
	}
	x := took(p, 0, 200*time.Second)
	x.Warmup = results.Warmup{Tasks: 20, Seconds: 10}
	pace := New(p, []results.Trial{x})
	if got, guess := pace.Trial(p.Trials[1]), 464.0; got.Seconds() < 0.5*guess-1 || got.Seconds() > 0.5*guess+1 {
		t.Errorf("after a trial with a slow warm-up, the other side takes %s", got)
	}

	ours := plan(t, "throughput")
	pace = New(ours, nil)
	before := pace.Trial(ours.Trials[0])
	pace.Warmed(ours.Trials[0].Key(), 0.1)
	if got := pace.Trial(ours.Trials[0]); got != before {
		t.Errorf("one of the suite's takes %s, and before %s", got, before)
	}
}
