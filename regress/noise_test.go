package regress

import (
	"testing"

	"github.com/tqbench/tqbench/results"
)

// Trials with a note of noise count, and the comparison says how many they are; those that a flag keeps out are not noisy but out.
func TestNoisyTrialsCountAndAreCounted(t *testing.T) {
	t.Parallel()
	old, new := made(1, 7, 1), made(2, 7, 1)
	arm := new.Trials[0].Arm
	noted, out := 0, map[Cell]int{}
	for i := range new.Trials {
		x := &new.Trials[i]
		if x.Arm != arm {
			continue
		}
		switch i % 3 {
		case 0:
			x.Flags = []results.Flag{{Code: results.FlagThrottled}, {Code: results.FlagDisturbed}}
			noted++
		case 1:
			x.Flags = []results.Flag{{Code: results.FlagThrottled, Metrics: []string{"*"}}}
			out[Cell{x.Scenario, x.Broker, x.Arm}]++
		}
	}
	c := compared(t, old, new)
	if c.Old[0].Noisy != 0 || c.New[0].Noisy != noted || noted == 0 || c.New[0].Trials != len(new.Trials) {
		t.Errorf("old %+v, new %+v; want %d noisy", c.Old, c.New, noted)
	}
	for _, r := range c.Rows {
		if want := r.New.Trials - out[r.Cell]; len(r.New.Values) != want {
			t.Errorf("%s of %s: %d of %d trials count, want %d", r.Metric, r.Cell, len(r.New.Values), r.New.Trials, want)
		}
	}
}
