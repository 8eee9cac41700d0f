package analysis

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// testdata/trend.py says where the values are from.
func TestTrendsAreThoseOfTheReference(t *testing.T) {
	data, err := os.ReadFile("testdata/trend.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref struct {
		Series []struct {
			Name  string    `json:"name"`
			X     []float64 `json:"x"`
			Y     []float64 `json:"y"`
			Tau   float64   `json:"tau"`
			P     float64   `json:"p"`
			Slope float64   `json:"slope"`
		} `json:"series"`
	}
	if err := json.Unmarshal(data, &ref); err != nil || len(ref.Series) < 8 {
		t.Fatalf("%d series (%v)", len(ref.Series), err)
	}
	c := checker{t: t}
	for _, s := range ref.Series {
		tau, p := kendall(s.Y)
		c.near(s.Name+": tau", tau, s.Tau)
		c.near(s.Name+": p", p, s.P)
		c.near(s.Name+": slope", theilSen(s.X, s.Y), s.Slope)
	}
	if tau, p := kendall([]float64{2, 2, 2}); tau != 0 || p != 1 {
		t.Errorf("a constant has tau %g, p %g", tau, p)
	}
}

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
	const runs = 2000
	arms := []suite.Arm{{Name: "a"}, {Name: "b"}}
	rng := rand.New(rand.NewPCG(5, 6))
	alarms := 0
	for range runs {
		if d, _ := driftOf(drifting(rng, 7, 0, 0.05), "s", "redis", "throughput", arms); d.P < alpha {
			alarms++
		}
	}
	if float64(alarms) > atMost(alpha, runs) || alarms == 0 {
		t.Errorf("%d of %d runs without drift drift", alarms, runs)
	}
}
