package analysis

import "github.com/tqbench/tqbench/results"

// price tells of each comparison that is open how long the blocks would take that it lacks, at the pace of those that ran.
func price(all []Comparison, trials []results.Trial) {
	seconds, count := map[curveKey]float64{}, map[curveKey]float64{}
	for _, t := range trials {
		if key := (curveKey{t.Scenario, t.Broker, t.Arm}); t.WallSeconds > 0 && t.Done() {
			seconds[key] += t.WallSeconds
			count[key]++
		}
	}
	for i := range all {
		c := &all[i]
		if c.NeedBlocks <= c.Blocks {
			continue
		}
		base, cand := curveKey{c.Scenario, c.Broker, c.Baseline.Arm}, curveKey{c.Scenario, c.Broker, c.Candidate.Arm}
		if count[base] > 0 && count[cand] > 0 {
			c.NeedSeconds = float64(c.NeedBlocks-c.Blocks) * (seconds[base]/count[base] + seconds[cand]/count[cand])
		}
	}
}
