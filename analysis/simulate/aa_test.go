package simulate

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// aaRun is a run of a contender against itself with log-normal noise of 4 % a trial, its second side ratio times the first.
func aaRun(blocks int, ratio float64) analysis.Analysis {
	rng := rand.New(rand.NewPCG(12, 21))
	side := analysis.Estimate{Contender: "a/x", Arm: "a/x"}
	c := analysis.Comparison{Scenario: "throughput", Broker: "redis", Metric: "throughput", Deciding: true, Baseline: side, Candidate: side}
	for i := range blocks {
		c.Ratios = append(c.Ratios, analysis.BlockRatio{Block: i + 1, Ratio: ratio * math.Exp(0.04*(rng.NormFloat64()-rng.NormFloat64()))})
	}
	other := c
	other.Candidate.Contender = "b/y"
	told := c
	told.Deciding = false
	return analysis.Analysis{Comparisons: []analysis.Comparison{other, told, c}}
}

func TestAnAARunTellsItsNoiseItsAlarmsAndItsPower(t *testing.T) {
	t.Parallel()
	aa, err := OfAA(t.Context(), aaRun(40, 1), 6, 500, 1)
	if err != nil || len(aa.Metrics) != 1 {
		t.Fatalf("%+v (%v)", aa, err)
	}
	m := aa.Metrics[0]
	if m.Blocks != 40 || m.Noise < 0.03 || m.Noise > 0.05 || m.Reports.Runs != 6 || aa.Alarms != m.Reports || m.Redrawn.Runs != 500 {
		t.Errorf("%+v", m)
	}
	if m.Redrawn.Of() > 0.08 || m.Verdict == analysis.Faster || m.Verdict == analysis.Slower {
		t.Errorf("false alarms: %+v, all blocks say %s", m.Redrawn, m.Verdict)
	}
	found := map[float64]map[int]float64{}
	for _, p := range m.Power {
		if found[p.Ratio] == nil {
			found[p.Ratio] = map[int]float64{}
		}
		found[p.Ratio][int(p.Blocks)] = p.Found.Of()
	}
	if found[1.5][5] != 0 || found[1.5][20] < 0.99 || found[1.2][20] < found[1.05][20] || found[1.1][20] < found[1.1][10] {
		t.Errorf("found %v", found)
	}
}

// Where the sides do differ, it says so: a rate that can't rise would prove nothing.
func TestAnAARunOfUnequalSidesRaisesAlarms(t *testing.T) {
	t.Parallel()
	aa, err := OfAA(t.Context(), aaRun(40, 1.4), 6, 200, 1)
	if err != nil || aa.Alarms.Count < 5 || aa.Metrics[0].Verdict != analysis.Faster {
		t.Errorf("%+v (%v)", aa, err)
	}
}

func TestTooFewBlocksAreTold(t *testing.T) {
	t.Parallel()
	for _, a := range []analysis.Analysis{aaRun(5, 1), {}} {
		if _, err := OfAA(t.Context(), a, 6, 10, 1); !errors.Is(err, ErrFew) {
			t.Errorf("%v", err)
		}
	}
}
