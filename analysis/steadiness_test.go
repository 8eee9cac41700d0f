package analysis

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats/steady"
	"github.com/tqbench/tqbench/suite"
)

// drain makes a trial whose backlog is drained at rates of so many tasks each, one after the other.
func drain(parts ...[2]float64) *measured {
	m := &measured{Trial: results.Trial{ID: 1, Block: 1, Scenario: "s", Broker: "redis", Arm: "a",
		Phases: []results.Phase{{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire}}}}
	at := 0.0
	for _, p := range parts {
		for range int(p[1]) {
			at += 1 / p[0]
			m.ends = append(m.ends, at)
		}
	}
	m.rates, m.window = steady.Rates(m.ends, steady.Tail)
	return m
}

func TestADrainThatSlowsDownIsFlaggedAndKept(t *testing.T) {
	t.Parallel()
	sc := suite.Scenario{Name: "s", Measure: suite.Load}
	m := drain([2]float64{2000, 6000}, [2]float64{1000, 7000})
	all := m.steadiness(sc)
	if len(all) != 1 || all[0].Class != steady.SlowDown || all[0].Of != SteadyThroughput {
		t.Fatalf("%+v", all)
	}
	// 6,000 tasks in 3 s and 7,000 in 7 s: from 30 to 31 % on it was at 1,000 of a geometric mean of 1,231.
	if r := all[0].SteadyOverAll; r < 0.75 || r > 0.87 {
		t.Errorf("the steady part is at %g of all", r)
	}
	flags := withFlags(nil, all)
	if len(flags) != 1 || flags[0].Code != results.FlagUnsteady || flags[0].Invalidates("throughput") ||
		flags[0].Check != results.CheckSlower || flags[0].Phase != "drain" || flags[0].Metric != SteadyThroughput ||
		len(flags[0].Changes) == 0 || flags[0].Changes[0] < 0.3 || flags[0].Changes[0] >= 0.4 {
		t.Errorf("%+v", flags)
	}
	if flags := withFlags(nil, drain([2]float64{1000, 9000}).steadiness(sc)); len(flags) > 0 {
		t.Errorf("a steady drain is flagged: %+v", flags)
	}
	never := drain([2]float64{1000, 8000}, [2]float64{100, 1500}).steadiness(sc)
	if len(never) != 1 || never[0].Class != steady.SlowDown && never[0].Class != steady.Never {
		t.Errorf("%+v", never)
	}
	sc.Measure = suite.Search
	if got := m.steadiness(sc); len(got) != 0 {
		t.Errorf("a search for a rate has a steadiness: %+v", got)
	}
}

// nested draws trials of two arms from a nested model with known deviations.
func nested(rng *rand.Rand, trials, windows int, block, trial, window float64) (a, b []series) {
	for i := range trials {
		shared := block * rng.NormFloat64()
		for _, to := range []*[]series{&a, &b} {
			level := 7 + shared + trial*rng.NormFloat64()
			s := series{block: i + 1, seconds: 0.5, overhead: 8}
			for range windows {
				s.logs = append(s.logs, level+window*rng.NormFloat64())
			}
			*to = append(*to, s)
		}
	}
	return a, b
}

func TestEachLevelGetsItsOwnSpread(t *testing.T) {
	t.Parallel()
	a, b := nested(rand.New(rand.NewPCG(1, 2)), 4000, 20, 0.08, 0.04, 0.10)
	l := levelsOf(a, [][]series{b})
	for _, x := range []struct {
		name      string
		got, want float64
	}{{"block", l.Block, 0.08}, {"trial", l.Trial, 0.04}, {"window", l.Window, 0.10}} {
		if math.Abs(x.got/x.want-1) > 0.05 {
			t.Errorf("%s: %.4f, want %.2f", x.name, x.got, x.want)
		}
	}
	// Kalibera and Jones: the root of (8 s / 0.5 s) * (0.10 / 0.04)^2 is 10.
	if l.BestWindows < 9 || l.BestWindows > 11 {
		t.Errorf("%d windows are best, want 10", l.BestWindows)
	}
	// The formula's point: at equal cost, no other number of windows gives a narrower interval.
	cost := func(windows float64) float64 {
		return (l.Trial*l.Trial + l.Window*l.Window/windows) * (l.Overhead + windows*l.WindowSeconds)
	}
	for w := 1; w < 200; w++ {
		if cost(float64(w)) < 0.98*cost(float64(l.BestWindows)) {
			t.Errorf("%d windows are better than %d", w, l.BestWindows)
		}
	}
}

func TestSpreadOfWindowsAloneIsNoSpreadOfTrials(t *testing.T) {
	t.Parallel()
	a, b := nested(rand.New(rand.NewPCG(7, 8)), 4000, 10, 0, 0, 0.1)
	if l := levelsOf(a, [][]series{b}); l.Trial > 0.01 || l.Block > 0.01 || math.Abs(l.Window-0.1) > 0.005 {
		t.Errorf("%+v", l)
	}
	// One arm can't tell its blocks from its trials.
	a, _ = nested(rand.New(rand.NewPCG(9, 8)), 2000, 10, 0.1, 0, 0.1)
	if l := levelsOf(a, nil); math.Abs(l.Trial-0.1) > 0.01 || l.Block != 0 {
		t.Errorf("%+v", l)
	}
}
