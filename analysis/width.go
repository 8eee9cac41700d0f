package analysis

import "github.com/tqbench/tqbench/stats"

// Wide is a deciding comparison whose interval is wider than was asked for.
type Wide struct {
	Scenario, Broker, Metric, Candidate string
	// Half is the interval's half-width: how far its worse end is from the estimate, as a share: 0.07 is 7 %. It is 0 where
	// there is no interval, as of fewer than two blocks.
	Half float64
}

// TooWide lists the deciding comparisons whose interval reaches further than until from its estimate, until being a share
// as well. A comparison of an arm that can't run there is in no list: no number of blocks would help it.
//
// How often verdicts are wrong of runs that were stopped so is simulated, see docs/method.md.
func (a Analysis) TooWide(until float64) []Wide {
	var out []Wide
	for _, c := range a.Comparisons {
		if !c.Deciding || a.neverRuns(c) {
			continue
		}
		half := c.Ratio.HalfWidth()
		if c.Blocks < 2 {
			half = 0
		}
		if !stats.NarrowEnough(c.Ratio, c.Blocks, until) {
			out = append(out, Wide{Scenario: c.Scenario, Broker: c.Broker, Metric: c.Metric, Candidate: c.Candidate.Arm, Half: half})
		}
	}
	return out
}

// Open lists the deciding comparisons that further blocks may settle. Where an arm can't run, they can't.
func (a Analysis) Open() []Comparison {
	var out []Comparison
	for _, c := range a.Comparisons {
		if c.Deciding && !c.settled() && !a.neverRuns(c) {
			out = append(out, c)
		}
	}
	return out
}

// settled reports whether further blocks would change neither verdict nor grade. Where noise can't be known, no number of blocks gives a better grade.
func (c Comparison) settled() bool {
	return stats.Settled(stats.Grade(c.Grade), c.Blocks) || c.Grade == GradeHere && c.NoiseUnknown != ""
}

// neverRuns tells whether one of the sides has not run at all.
func (a Analysis) neverRuns(c Comparison) bool {
	for _, x := range a.Cells {
		if x.Ran == 0 && (x.has(c.Scenario, c.Broker, c.Baseline.Arm) || x.has(c.Scenario, c.Broker, c.Candidate.Arm)) {
			return true
		}
	}
	return false
}
