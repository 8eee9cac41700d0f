package analysis

import (
	"testing"

	"github.com/tqbench/tqbench/results"
)

// Sums of many sides are the same to the bit each time: a bundle's analysis is derived again and compared.
func TestBlockPricesAreTheSameToTheBit(t *testing.T) {
	t.Parallel()
	var trials []results.Trial
	for i, arm := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"} {
		trials = append(trials, results.Trial{ID: i + 1, Scenario: "throughput", Broker: "redis", Arm: arm, WallSeconds: 1 / float64(3+i)})
	}
	var first float64
	for i := range 100 {
		all := []Choice{{Scenario: "throughput", Broker: "redis"}}
		blockPrices(all, trials)
		if i == 0 {
			first = all[0].BlockSeconds
		}
		if all[0].BlockSeconds != first || first == 0 {
			t.Fatalf("%v, and before %v", all[0].BlockSeconds, first)
		}
	}
}
