package analysis

import (
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A latency that several clocks measured has a wider bracket, and one that is too short for them is none.
func TestLatenciesAreAsGoodAsTheirClocks(t *testing.T) {
	m := func(halfWidth int64) *measured {
		return &measured{latencies: []float64{1, 2, 3, 4}, Trial: results.Trial{Phases: []results.Phase{
			{Producer: suite.Wire, Arrivals: suite.Sustained, ClockHalfWidth: 1e12},
			{Producer: suite.Wire, Arrivals: suite.Open, ClockHalfWidth: halfWidth}}}}
	}
	for _, tt := range []struct {
		halfWidth int64
		ok        bool
		bracket   Bracket
	}{
		{0, true, Bracket{2.5, 2.5}},
		{100_000, true, Bracket{2.4, 2.6}},
		{250_000, true, Bracket{2.25, 2.75}},
		{260_000, false, Bracket{}},
	} {
		c := latencyAt(0.5, 1)
		v, ok := c.of(m(tt.halfWidth), "")
		if v != 2.5 || ok != tt.ok {
			t.Errorf("%d ns: %v, %v", tt.halfWidth, v, ok)
		}
		if b := c.bracket(m(tt.halfWidth), "", v); tt.ok && b != tt.bracket {
			t.Errorf("%d ns: %+v, want %+v", tt.halfWidth, b, tt.bracket)
		}
		if _, ok := computations()["latency_mean"].of(m(tt.halfWidth), ""); ok != tt.ok {
			t.Errorf("%d ns: the mean is reported: %v", tt.halfWidth, ok)
		}
	}
	// A lower end is never below nothing.
	if b := (Bracket{0.5, 10}).widened(1); b.Low <= 0 || b.High != 11 {
		t.Errorf("%+v", b)
	}
}
