package trial

import (
	"errors"
	"testing"

	"github.com/tqbench/tqbench/suite"
)

// Each scenario of the suite has a measure, by default load, and no other word has one.
func TestEachScenarioHasItsWayOfMeasuring(t *testing.T) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append(all, suite.Scenario{Name: "of no word"}) {
		r := &run{Config: Config{Scenario: s}}
		if w, err := newWay(r); err != nil || w == nil {
			t.Errorf("%s: %v, %v", s.Name, w, err)
		}
	}
	if _, err := newWay(&run{Config: Config{Scenario: suite.Scenario{Measure: "guess"}}}); !errors.Is(err, ErrNotRun) {
		t.Errorf("guess: %v", err)
	}
}

// Only a fault excuses silence, and only cold starts have no permanent workers.
func TestWaysDifferByTheirTraits(t *testing.T) {
	for word, of := range ways() {
		want := traits{ownWorkers: word == suite.Start, faulty: word == suite.Recovery}
		if got := of(&run{}).traits(); got != want {
			t.Errorf("%s: %+v", word, got)
		}
	}
}
