package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// drifting makes the trials of two arms, one of which is four times as fast, in blocks of two, under a drift that adds
// so much from the first to the last.
func drifting(rng *rand.Rand, blocks int, drift, noise float64) []TrialRow {
	var rows []TrialRow
	for i := range 2 * blocks {
		name, level := "a", 1000.0
		if (i%2 == 0) == (rng.IntN(2) == 0) {
			name, level = "b", 4000
		}
		v := level * (1 + drift*float64(i)/float64(2*blocks-1)) * math.Exp(noise*rng.NormFloat64())
		rows = append(rows, TrialRow{Trial: results.Trial{ID: i + 1, Block: i/2 + 1, Scenario: "s", Broker: "redis", Arm: name},
			Metrics: map[string]float64{"throughput": v}})
	}
	return rows
}

func TestDriftIsFoundAndItsSizeTold(t *testing.T) {
	t.Parallel()
	arms := []suite.Arm{{Name: "a"}, {Name: "b"}}
	rng := rand.New(rand.NewPCG(3, 4))
	rows := drifting(rng, 20, 0.3, 0.03)
	d, ok := driftOf(rows, "s", "redis", "throughput", arms)
	if !ok || d.P > 0.001 || d.Tau < 0.5 || d.Percent < 20 || d.Percent > 40 || d.Trials != 40 {
		t.Errorf("%+v", d)
	}
	// One that a flag keeps out has no part in it.
	rows[39].Metrics["throughput"], rows[39].Flags = 1e-3, []results.Flag{{Code: results.FlagLost, Metrics: []string{"*"}}}
	if d, ok := driftOf(rows, "s", "redis", "throughput", arms); !ok || d.Trials != 39 {
		t.Errorf("%+v", d)
	}
	if d, ok := driftOf(rows[:5], "s", "redis", "throughput", arms); ok {
		t.Errorf("five trials drift: %+v", d)
	}
}

func TestWhatDoesNotDriftIsRarelySaidTo(t *testing.T) {
	t.Parallel()
	const runs = 2000
	arms := []suite.Arm{{Name: "a"}, {Name: "b"}}
	rng := rand.New(rand.NewPCG(5, 6))
	alarms := 0
	for range runs {
		if d, _ := driftOf(drifting(rng, 7, 0, 0.05), "s", "redis", "throughput", arms); d.P < stats.Alpha {
			alarms++
		}
	}
	if float64(alarms) > atMost(stats.Alpha, runs) || alarms == 0 {
		t.Errorf("%d of %d runs without drift drift", alarms, runs)
	}
}
