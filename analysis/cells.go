package analysis

import (
	"cmp"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Cell is one arm on one broker in one scenario: what became of its trials, and what it promises there.
type Cell struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	// Planned trials; of them Ran, and of these Valid count for all of the scenario's deciding metrics. In Died of
	// those that ran, a worker ended by itself.
	Planned int `json:"planned"`
	Ran     int `json:"ran"`
	Valid   int `json:"valid"`
	Died    int `json:"died"`
	// Status is one of the Cell constants, Reason why it isn't CellMeasured.
	Status string `json:"status"`
	Reason Reason `json:"reason,omitzero"`
	// Delivery, Guarantee and Caveat are as in results.Setup.
	Delivery  string `json:"delivery"`
	Guarantee string `json:"guarantee"`
	Caveat    string `json:"caveat,omitempty"`
	// NoiseUnknown is one of the Noise constants where the noise of a part of the run can't be known.
	NoiseUnknown string `json:"noise_unknown,omitempty"`
}

// Why noise can't be known.
const (
	// NoiseAttached: the broker is a server that tqbench didn't start, so that its CPU time can't be distinguished from that of others.
	NoiseAttached = "attached"
	// NoiseMachines: workers and load ran on other machines, and stolen CPU time and other programs are read on the collector's machine alone.
	NoiseMachines = "machines"
)

// noiseUnknown is why noise can't be known on a broker of a run, one of the Noise constants; "" if it is known.
func noiseUnknown(plan suite.Plan, run results.Run, broker string) string {
	switch {
	case plan.Hosts != nil:
		return NoiseMachines
	case run.Attached(broker):
		return NoiseAttached
	}
	return ""
}

// What became of a cell.
const (
	// CellMeasured: every planned trial is valid.
	CellMeasured = "measured"
	// CellPartly: some are.
	CellPartly = "partly measured"
	// CellInvalid: trials ran, and none is valid.
	CellInvalid = "not valid"
	// CellNotRun: no trial ran.
	CellNotRun = "not run"
	// CellNotOffered: none was planned, since the contender doesn't offer what the scenario needs.
	CellNotOffered = "not offered"
)

// cellsOf sums up the cells of a plan.
func cellsOf(plan suite.Plan, run results.Run, rows []TrialRow) []Cell {
	out := []Cell{}
	at, planned := byPlace(rows), map[suite.Key]int{}
	for _, t := range plan.Trials {
		planned[t.Key()]++
	}
	for _, sc := range plan.Scenarios {
		for _, b := range plan.Brokers {
			if !sc.RunsOn(b) {
				continue
			}
			for _, arm := range plan.ArmsOf(sc) {
				c := Cell{Scenario: sc.Name, Broker: b, Arm: arm.Name, NoiseUnknown: noiseUnknown(plan, run, b)}
				if why := plan.Omits(sc.Name, b, arm.Name); why != "" {
					c.Status, c.Reason = CellNotOffered, Reason{Code: ReasonNotOffered, Detail: why}
					out = append(out, c)
					continue
				}
				if s, ok := setupOf(run, c); ok {
					c.Delivery, c.Guarantee, c.Caveat = s.Delivery, s.Guarantee, s.Caveat
				}
				c.Planned = planned[c.key()]
				c.count(at[suite.At(sc.Name, b)], sc.Decide)
				out = append(out, c)
			}
		}
	}
	return out
}

func (c *Cell) key() suite.Key { return suite.KeyOf(c.Scenario, c.Broker, c.Arm) }

func (c *Cell) has(scenario, broker, arm string) bool {
	return c.Scenario == scenario && c.Broker == broker && c.Arm == arm
}

// setupOf finds how the cell's arm was set up. Runs of before brokers had setups of their own have one for all.
func setupOf(run results.Run, c Cell) (results.Setup, bool) {
	for _, s := range run.Contenders {
		if s.Side() == c.Arm && (s.Broker == c.Broker || s.Broker == "") && (s.Scenario == c.Scenario || s.Scenario == "") {
			return s, true
		}
	}
	return results.Setup{}, false
}

// count goes through the trials and finds the status. The reason is the first trial's that has one.
func (c *Cell) count(rows []TrialRow, deciding []string) {
	notRun := ""
	var invalid, died results.Flag
	for _, r := range rows {
		if !c.has(r.Scenario, r.Broker, r.Arm) {
			continue
		}
		if !r.Done() {
			if notRun == "" {
				notRun = r.Reason
			}
			continue
		}
		c.Ran++
		valid := true
		for _, f := range r.Flags {
			for _, d := range deciding {
				if f.Invalidates(d) {
					valid = false
					if invalid.Code == "" {
						invalid = f
					}
				}
			}
			if f.Code == results.FlagWorkerDied {
				c.Died++
				died = f
			}
		}
		if valid {
			c.Valid++
		}
	}
	switch {
	case c.Ran == 0:
		c.Status, c.Reason = CellNotRun, Reason{Code: ReasonNotRun, Detail: notRun}
		if notRun == "" {
			c.Reason = Reason{Code: ReasonNotBegun}
		}
	case c.Valid == c.Planned:
		c.Status = CellMeasured
	default:
		c.Status = CellPartly
		if c.Valid == 0 {
			c.Status = CellInvalid
		}
		switch {
		case died.Code != "":
			c.Reason = Reason{Code: ReasonWorkerEnded, Count: c.Died, Of: c.Ran, Flag: &died}
		case invalid.Code != "":
			c.Reason = Reason{Code: ReasonKeptOut, Count: c.Valid, Of: c.Planned, Flag: &invalid}
		case notRun != "":
			c.Reason = Reason{Code: ReasonSomeNotRun, Count: c.Planned - c.Ran, Of: c.Planned, Detail: notRun}
		default:
			c.Reason = Reason{Code: ReasonCutShort, Count: c.Ran, Of: c.Planned}
		}
	}
}

// match notes what cells say of a comparison, before its verdict: whether noise is known there, and what its sides promise. It takes the comparison out of
// the scenario's answer where these promise different things: less work for one of them is no merit. As installed, the difference is what the user asked for.
func (c *Comparison) match(cells map[suite.Key]Cell) {
	base, cand := cells[suite.KeyOf(c.Scenario, c.Broker, c.Baseline.Arm)], cells[suite.KeyOf(c.Scenario, c.Broker, c.Candidate.Arm)]
	c.NoiseUnknown = cmp.Or(base.NoiseUnknown, cand.NoiseUnknown)
	if c.Defaults || !c.Deciding || base.Delivery == cand.Delivery {
		return
	}
	c.Deciding = false
	c.NotCounted = Promises{Baseline: base.Delivery, Candidate: cand.Delivery}
}
