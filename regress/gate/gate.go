// Package gate decides whether a change stays within thresholds, from one run that measured it next to its base.
//
// Its one idea: both sides share their blocks, so each threshold is a bound on the ratio by block, looked at while blocks come in.
// The run ends as soon as each is decided.
package gate

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// Version is the version of gate.json.
const Version = 1

// Spoiled is the outcome of a threshold on data that can't be trusted: tasks were lost, workers died, or nothing was measured. The others
// are regress.Passes, regress.Fails and regress.CantTell.
const Spoiled = "spoiled"

// rule says how a threshold is decided.
const rule = "Base and change run in the same blocks. The change of a figure is the geometric mean of the ratios by block. A threshold fails where a paired " +
	"t-test shows that the ratio is beyond it (5 %, two-sided, for all looks of the run, after Holm's correction over all thresholds and cells) and the median block is, too. It passes " +
	"where a one-sided one shows at 5 % for all looks that it isn't. Passes need no correction, as only a " +
	"gate of which each threshold passes does. Otherwise the data can't tell. A decision holds whatever the noise of the machine did if it is the same at " +
	"both ends of each trial's bracket, with other programs running during no more than a fifth of the blocks; otherwise it holds as measured here. " +
	"So does each decision on a broker that tqbench didn't start, as noise can't be known there. " +
	"Data of trials that lost tasks or workers never pass."

// Gate is gate.json.
type Gate struct {
	Version int `json:"version"`
	// Run is the run's number, Began when it began, Tqbench what measured it.
	Run     string    `json:"run"`
	Began   time.Time `json:"began"`
	Tqbench string    `json:"tqbench"`
	Base    Side      `json:"base"`
	Change  Side      `json:"change"`
	Rule    string    `json:"rule"`
	// Outcome sums up the decisions: regress.Fails if any fails, else Spoiled if any is, else regress.CantTell if any can't be decided,
	// else regress.Passes.
	Outcome string `json:"outcome"`
	// Decisions are one for each threshold and cell, in the order of the thresholds.
	Decisions []Decision `json:"decisions"`
	// Blocks is how many blocks began, Seconds how long its trials took, Ended why it ended, one of the words of results.End.
	Blocks  int     `json:"blocks"`
	Seconds float64 `json:"seconds"`
	Ended   string  `json:"ended,omitempty"`
	// Within is how long the trials may take, in seconds; 0 is without a limit. MaxBlocks is the maximum of blocks.
	Within    float64 `json:"within"`
	MaxBlocks int     `json:"max_blocks"`
}

// Side is one of the two sides.
type Side struct {
	suite.GateSide
	Contender string `json:"contender"`
	// Version is the framework's release.
	Version string `json:"version,omitempty"`
}

// Decision is one threshold on one cell.
type Decision struct {
	// Cell is empty where the threshold covers nothing that was measured. Its arm is the contender, without a release.
	regress.Cell
	Threshold string `json:"threshold"`
	Metric    string `json:"metric"`
	Title     string `json:"title"`
	Unit      string `json:"unit"`
	// HigherIsBetter tells which direction is an improvement.
	HigherIsBetter bool `json:"higher_is_better"`
	// Limit is the threshold as a ratio of change over base. Above tells that it fails above it, and not below.
	Limit float64 `json:"limit"`
	Above bool    `json:"above"`
	// Outcome is regress.Passes, regress.Fails, regress.CantTell or Spoiled. Grade is analysis.GradeSure or analysis.GradeHere where it
	// passes or fails.
	Outcome string `json:"outcome"`
	Grade   string `json:"grade,omitempty"`
	// Base and Change are the medians over trials, in the unit. Ratio is change over base with its 95 % interval, and Bracketed the
	// interval whatever noise did; both are missing where no block has a ratio.
	Base      float64         `json:"base"`
	Change    float64         `json:"change"`
	Ratio     *stats.Interval `json:"ratio,omitempty"`
	Bracketed *stats.Interval `json:"bracketed,omitempty"`
	// FailP is the p-value of the ratio's not being beyond the limit, for all looks and corrected for the family; PassP that of its being
	// beyond, for all looks.
	FailP float64 `json:"fail_p"`
	PassP float64 `json:"pass_p"`
	// Blocks is how many blocks have a ratio; in Noisy of them noise may have changed a value by more than 2 %, in Disturbed other
	// programs ran.
	Blocks    int `json:"blocks"`
	Noisy     int `json:"noisy"`
	Disturbed int `json:"disturbed"`
	// NoiseUnknown is as in analysis.Comparison: where it says why, a threshold is decided as measured here at most.
	NoiseUnknown string `json:"noise_unknown,omitempty"`
	// NeedBlocks is about how many blocks would decide where the data can't tell, and NeedSeconds how long the missing ones would
	// take; 0 if unknown.
	NeedBlocks  int     `json:"need_blocks,omitempty"`
	NeedSeconds float64 `json:"need_seconds,omitempty"`
	// Why is what spoils the data, of the first trial that does; Trials is how many do. Where no trial does, most blocks have values without
	// a ratio, and Why is of the first of these.
	Why    *analysis.Flagged `json:"why,omitempty"`
	Trials int               `json:"trials,omitempty"`
}

// Path is where gate.json is below an output folder.
func Path(out string) string { return filepath.Join(out, "gate.json") }

// Write writes gate.json.
func Write(out string, g Gate) error { return atomicfile.WriteJSON(Path(out), g) }

// largest is the maximum size of gate.json in bytes.
const largest = 16 << 20

// Read reads the gate.json of an output folder.
func Read(out string) (Gate, error) {
	path := Path(out)
	data, err := regular.Read(path, regular.Limit{Kind: "a gate", Bytes: largest})
	if err != nil {
		return Gate{}, fmt.Errorf("read %s: %w", path, err)
	}
	var g Gate
	if err := json.Unmarshal(data, &g); err != nil {
		return Gate{}, fmt.Errorf("%w: read %s: %w", regress.ErrInput, path, err)
	}
	if g.Version != Version {
		return Gate{}, fmt.Errorf("%w: read %s: it has version %d, this tqbench reads version %d", regress.ErrInput, path, g.Version, Version)
	}
	return g, nil
}

// Check refuses thresholds that can't be tested with a plan, so that no slip passes, and counts the decisions: one for each threshold and cell.
func Check(p suite.Plan) (decisions int, err error) {
	all, err := thresholds(p)
	if err != nil {
		return 0, err
	}
	for _, t := range all {
		cells, err := checkScope(t, p)
		if err != nil {
			return 0, err
		}
		decisions += cells
	}
	return decisions, nil
}

// thresholds are a plan's.
func thresholds(p suite.Plan) ([]regress.Threshold, error) {
	if p.Gate == nil {
		return nil, fmt.Errorf("%w: the plan is of no gate: it has no base and change", regress.ErrInput)
	}
	var out []regress.Threshold
	for _, text := range p.Gate.FailIf {
		t, err := regress.ParseThreshold(text)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// Of decides the thresholds of a plan.
func Of(p suite.Plan, a analysis.Analysis) (Gate, error) {
	all, err := thresholds(p)
	if err != nil {
		return Gate{}, err
	}
	g := Gate{
		Version: Version, Run: a.Run.ID, Began: a.Run.Began, Tqbench: a.Run.Tqbench.Version, Rule: rule, Ended: a.Ended,
		Base: sideOf(p, a, suite.Base, p.Gate.Base), Change: sideOf(p, a, suite.Change, p.Gate.Change), Decisions: []Decision{},
	}
	if p.Growth != nil {
		g.Within, g.MaxBlocks = time.Duration(p.Growth.Within).Seconds(), p.Growth.Max
	}
	blocks := map[int]bool{}
	for _, t := range a.Trials {
		g.Seconds += t.WallSeconds
		blocks[t.Block] = true
	}
	g.Blocks = len(blocks)
	if err := g.decide(p, a, all); err != nil {
		return Gate{}, err
	}
	return g, nil
}

// Open lists the comparisons of which a threshold needs more blocks: none if data are spoiled, as no block repairs that.
func Open(p suite.Plan, a analysis.Analysis) ([]analysis.Comparison, error) {
	g, err := Of(p, a)
	if err != nil {
		return nil, err
	}
	var out []analysis.Comparison
	for _, d := range g.Decisions {
		if d.Outcome == Spoiled {
			return nil, nil
		}
		// Where noise can't be known, no number of blocks gives a better grade.
		if d.Outcome != regress.CantTell && (d.NoiseUnknown != "" || stats.Settled(stats.Grade(d.Grade), d.Blocks)) {
			continue
		}
		for _, c := range a.Comparisons {
			known := slices.ContainsFunc(out, func(o analysis.Comparison) bool {
				return o.Scenario == c.Scenario && o.Broker == c.Broker && o.Metric == c.Metric
			})
			if c.Scenario == d.Scenario && c.Broker == d.Broker && c.Metric == d.Metric && !known {
				c.NeedBlocks, c.NeedSeconds = d.NeedBlocks, d.NeedSeconds
				out = append(out, c)
			}
		}
	}
	return out, nil
}

// sideOf describes a side.
func sideOf(p suite.Plan, a analysis.Analysis, arm string, s suite.GateSide) Side {
	out := Side{GateSide: s}
	out.Contender, _ = p.Contender(arm)
	for _, c := range a.Run.Contenders {
		if c.Arm == arm {
			out.Version = c.Version
		}
	}
	return out
}

// decide places each threshold's ratio in each cell that it covers.
func (g *Gate) decide(p suite.Plan, a analysis.Analysis, all []regress.Threshold) error {
	of := map[string]string{}
	for _, s := range p.Scenarios {
		of[s.Name] = cmp.Or(s.Of, s.Name)
	}
	last := map[suite.Place]int{}
	for _, t := range p.Trials {
		at := suite.At(t.Scenario, t.Broker)
		last[at] = max(last[at], t.Block)
	}
	var bounds []stats.Bound
	var lack []int                       // how many blocks lack a ratio, which may be those of the faster trials
	scales := map[int]sequential.Scale{} // which take a while
	for _, t := range all {
		before := len(g.Decisions)
		for _, c := range a.Comparisons {
			cell := regress.Cell{Scenario: c.Scenario, Broker: c.Broker, Arm: armOf(p)}
			if c.Metric != t.Metric || !t.Covers(cell, of[c.Scenario]) {
				continue
			}
			blocks := last[suite.At(c.Scenario, c.Broker)]
			scale, ok := scales[blocks]
			if !ok {
				var err error
				if scale, err = scaleOf(p, blocks); err != nil {
					return err
				}
				scales[blocks] = scale
			}
			bounds = append(bounds, stats.Bound{Blocks: c.LogRatios(), Limit: t.Ratio(), Above: t.Above, Scale: scale})
			g.Decisions = append(g.Decisions, newDecision(t, cell, c))
			lack = append(lack, lacking(c))
		}
		without := unmeasured(t, p, a, of)
		if len(g.Decisions)+len(without) == before {
			// A threshold that tests nothing must not pass.
			without = []Decision{{Threshold: t.Text, Metric: t.Metric, Limit: t.Ratio(), Above: t.Above, Outcome: Spoiled}}
		}
		for _, d := range without {
			bounds = append(bounds, stats.Bound{Limit: t.Ratio(), Above: t.Above})
			lack = append(lack, 0)
			g.Decisions = append(g.Decisions, d)
		}
	}
	for i, placed := range stats.PlaceAll(bounds) {
		g.Decisions[i].take(placed, lack[i])
	}
	for i := range g.Decisions {
		d := &g.Decisions[i]
		if d.NeedBlocks > d.Blocks && d.Blocks > 0 {
			d.NeedSeconds = float64(d.NeedBlocks-d.Blocks) * secondsOf(a, *d)
		}
	}
	g.Outcome = outcome(g.Decisions)
	return nil
}

// armOf is how thresholds name what runs on both sides.
func armOf(p suite.Plan) string {
	i := slices.IndexFunc(p.Arms, func(a suite.Arm) bool { return a.Name == suite.Change })
	if i < 0 {
		return suite.Change
	}
	contender, _ := p.Arms[i].Release()
	return contender
}

// scaleOf is the scale of the looks at a cell that has blocks up to last.
func scaleOf(p suite.Plan, last int) (sequential.Scale, error) {
	scale, err := stats.BoundScale(p.LooksAt(last))
	if err != nil {
		return scale, fmt.Errorf("%w: %w", regress.ErrInput, err)
	}
	return scale, nil
}

// secondsOf is about how long a block of a decision's cell takes.
func secondsOf(a analysis.Analysis, d Decision) float64 {
	sum, blocks := 0.0, map[int]bool{}
	for _, t := range a.Trials {
		if t.Scenario == d.Scenario && t.Broker == d.Broker {
			sum += t.WallSeconds
			blocks[t.Block] = true
		}
	}
	return sum / float64(max(len(blocks), 1))
}

// outcome sums up decisions.
func outcome(all []Decision) string {
	for _, worst := range []string{regress.Fails, Spoiled, regress.CantTell} {
		if slices.ContainsFunc(all, func(d Decision) bool { return d.Outcome == worst }) {
			return worst
		}
	}
	return regress.Passes
}

// Count is how many decisions came out so.
func (g Gate) Count(outcome string) int {
	n := 0
	for _, d := range g.Decisions {
		if d.Outcome == outcome {
			n++
		}
	}
	return n
}

// Here is how many thresholds are decided as measured here alone.
func (g Gate) Here() int {
	n := 0
	for _, d := range g.Decisions {
		if d.Grade == analysis.GradeHere {
			n++
		}
	}
	return n
}
