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
