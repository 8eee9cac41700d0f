package analysis

import (
	"cmp"
	"maps"
	"slices"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/suite/pace"
)

// price estimates how long the blocks would take that each open comparison lacks, at the pace of those that ran.
func price(all []Comparison, trials []results.Trial) {
	each := secondsEach(trials)
	for i := range all {
		c := &all[i]
		if c.NeedBlocks <= c.Blocks {
			continue
		}
		base, cand := each[suite.KeyOf(c.Scenario, c.Broker, c.Baseline.Arm)], each[suite.KeyOf(c.Scenario, c.Broker, c.Candidate.Arm)]
		if base > 0 && cand > 0 {
			c.NeedSeconds = float64(c.NeedBlocks-c.Blocks) * (base + cand)
		}
	}
}

// cellPrices estimates how long a trial of each cell takes that has none.
func cellPrices(all []Cell, plan suite.Plan, trials []results.Trial) {
	like := pace.New(plan, trials)
	for i := range all {
		if c := &all[i]; c.Reason.Code == ReasonNotBegun {
			c.Reason.Seconds = like.Trial(suite.Trial{Scenario: c.Scenario, Broker: c.Broker, Arm: c.Arm}).Seconds()
		}
	}
}

// blockPrices estimates how long a block of each choice's sides takes.
func blockPrices(all []Choice, trials []results.Trial) {
	each := secondsEach(trials)
	// In one order, as another order of a sum may round otherwise.
	keys := slices.SortedFunc(maps.Keys(each), func(a, b suite.Key) int {
		return cmp.Or(cmp.Compare(a.Scenario, b.Scenario), cmp.Compare(a.Broker, b.Broker), cmp.Compare(a.Arm, b.Arm))
	})
	for _, key := range keys {
		for i := range all {
			if all[i].Scenario == key.Scenario && all[i].Broker == key.Broker {
				all[i].BlockSeconds += each[key]
			}
		}
	}
}

// secondsEach is how long a trial of each side takes.
func secondsEach(trials []results.Trial) map[suite.Key]float64 {
	seconds, count := map[suite.Key]float64{}, map[suite.Key]float64{}
	for _, t := range trials {
		if key := (suite.KeyOf(t.Scenario, t.Broker, t.Arm)); t.WallSeconds > 0 && t.Done() {
			seconds[key] += t.WallSeconds
			count[key]++
		}
	}
	for key := range seconds {
		seconds[key] /= count[key]
	}
	return seconds
}
