package analysis

import "github.com/tqbench/tqbench/results"

// price tells of each comparison that is open how long the blocks would take that it lacks, at the pace of those that ran.
func price(all []Comparison, trials []results.Trial) {
	each := secondsEach(trials)
	for i := range all {
		c := &all[i]
		if c.NeedBlocks <= c.Blocks {
			continue
		}
		base, cand := each[curveKey{c.Scenario, c.Broker, c.Baseline.Arm}], each[curveKey{c.Scenario, c.Broker, c.Candidate.Arm}]
		if base > 0 && cand > 0 {
			c.NeedSeconds = float64(c.NeedBlocks-c.Blocks) * (base + cand)
		}
	}
}

// blockPrices tells of each choice how long a block of its sides takes.
func blockPrices(all []Choice, trials []results.Trial) {
	each := secondsEach(trials)
	for key, s := range each {
		for i := range all {
			if all[i].Scenario == key.scenario && all[i].Broker == key.broker {
				all[i].BlockSeconds += s
			}
		}
	}
}

// secondsEach is how long a trial of each side takes.
func secondsEach(trials []results.Trial) map[curveKey]float64 {
	seconds, count := map[curveKey]float64{}, map[curveKey]float64{}
	for _, t := range trials {
		if key := (curveKey{t.Scenario, t.Broker, t.Arm}); t.WallSeconds > 0 && t.Done() {
			seconds[key] += t.WallSeconds
			count[key]++
		}
	}
	for key := range seconds {
		seconds[key] /= count[key]
	}
	return seconds
}
