package trial

import (
	"testing"

	"github.com/tqbench/tqbench/suite"
)

func TestSteadyRule(t *testing.T) {
	for name, tt := range map[string]struct {
		rates []float64
		want  bool
	}{
		"too few":            {[]float64{100, 100, 100}, false},
		"flat":               {[]float64{100, 100, 100, 100}, true},
		"rising":             {[]float64{50, 80, 110, 140}, false},
		"rose and is steady": {[]float64{10, 50, 95, 100, 105, 101}, true},
		"nothing moves":      {[]float64{0, 0, 0, 0}, false},
		"just within":        {[]float64{90, 100, 100, 110}, true},
		"just beyond":        {[]float64{89, 100, 100, 111}, false},
	} {
		if got := isSteady(tt.rates); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

// A user's tasks always have all slots, however slow they are; others have a queue.
func TestAWarmUpKeepsWorkersBusy(t *testing.T) {
	for _, tt := range []struct {
		own            bool
		first          int
		out, perWindow int64
		want           int64
	}{
		{false, 200, 200, 0, 0}, {false, 200, 100, 0, 0}, {false, 200, 99, 0, 100}, {false, 200, 299, 300, 300}, {false, 200, 300, 300, 0},
		{true, 20, 20, 0, 0}, {true, 20, 19, 0, 1}, {true, 20, 10, 3, 10}, {true, 20, 0, 0, 20}, {true, 20, 39, 40, 40}, {true, 20, 40, 40, 0},
		{true, 1, 0, 0, 1},
	} {
		w := &warmer{first: tt.first}
		if tt.own {
			w.clients = &clients{}
		}
		if got := w.helping(tt.out, tt.perWindow); got != tt.want {
			t.Errorf("%+v: %d", tt, got)
		}
	}
}

// Helpings of single tasks have each of a user's calls in turn.
func TestAWarmUpHasAllOfAUsersCalls(t *testing.T) {
	l := &ledger{}
	d := &sender{scenario: suite.Scenario{Own: &suite.Own{Calls: make([]suite.Call, 3)}}, ledger: l}
	for i := range 7 {
		if got := d.pick(l.open("warm-up", 1, false), 0); got != i%3 {
			t.Errorf("helping %d has call %d", i, got)
		}
	}
	if got := d.pick(l.open("load", 5, true), 4); got != 1 {
		t.Errorf("a load's fifth task is of call %d", got)
	}
}
