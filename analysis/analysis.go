// Package analysis turns the trials of a run into comparisons with intervals and verdicts.
//
// Its one opinion: the unit is the trial, never the task. Tasks within a trial share workers, a broker and a
// moment, so thousands of them are one observation of a contender. Contenders are compared block by block, since
// the trials of one block ran next to each other.
package analysis

import (
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/tqbench/tqbench/internal/regular"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// Version is the version of analysis.json.
const Version = 2

// Analysis is analysis.json: everything that a report shows.
type Analysis struct {
	Version int         `json:"version"`
	Run     results.Run `json:"run"`
	Method  Method      `json:"method"`
	// Scenarios are what was asked, in the plan's order.
	Scenarios []Scenario `json:"scenarios"`
	// Cells has each arm on each broker in each scenario, whether it could be measured or not.
	Cells       []Cell       `json:"cells"`
	Comparisons []Comparison `json:"comparisons"`
	// Alone are the figures of the arms that nothing is compared with, by place and arm. Analyses that were written before there were any
	// have none.
	Alone []Alone `json:"alone"`
	// Orders are the orders of finish where three sides or more were compared, Choices what they come to.
	Orders  []Order  `json:"orders"`
	Choices []Choice `json:"choices"`
	Claims  []Claim  `json:"claims"`
	// Sweeps follow each arm along the points of a scenario. No verdict is made of them.
	Sweeps []Sweep `json:"sweeps"`
	// Levels say where the spread of throughput comes from, and Drifts whether the machine changed over the run.
	Levels []Levels `json:"levels"`
	Drifts []Drift  `json:"drifts"`
	// Sizings are for an estimate of how many workers hold a latency.
	Sizings []Sizing `json:"sizings"`
	// Scalings follow the throughput of each arm along numbers of workers. Analyses that were written before there were any have none.
	Scalings []Scaling  `json:"scalings"`
	Trials   []TrialRow `json:"trials"`
	Curves   []Curve    `json:"curves"`
	Harness  Harness    `json:"harness"`
	// Planned is how many trials the plan has; Trials may be fewer when a run was cut short.
	Planned int `json:"planned"`
	// Ended is why the run ended, one of the words of results.End; empty where that isn't known, as of a run that was killed.
	Ended string `json:"ended,omitempty"`
	// Command is what makes this run again; "" if no command does without files of the user, and if several machines need several.
	Command string `json:"command"`
	// DaggerCommand makes it again in the image that it ran in; "" if it ran in none, or had files of the user.
	DaggerCommand string `json:"dagger_command,omitempty"`
}

// Scenario is what a scenario asks, and why.
type Scenario struct {
	Name     string `json:"name"`
	Title    string `json:"title"`
	Question string `json:"question"`
	Why      string `json:"why"`
	// Of and At are the sweep and the point that the scenario is, empty for one that is whole.
	Of          string `json:"of,omitempty"`
	At          string `json:"at,omitempty"`
	Processes   int    `json:"processes,omitempty"`
	Concurrency int    `json:"concurrency,omitempty"`
	// Definitions have by broker what was asked there, setting by setting: trials of two runs can be compared where
	// these are the same. Runs that were analysed before there were any have none.
	Definitions map[string]map[string]string `json:"definitions,omitempty"`
	// LeftOut are the phases that the plan leaves out, and why.
	LeftOut []suite.PhaseOmission `json:"left_out,omitempty"`
}

// Method states the rules that the verdicts follow.
type Method struct {
	// Confidence of every interval, 0.95.
	Confidence float64 `json:"confidence"`
	// Margin is the relative difference below which two results count as equivalent, 0.05.
	Margin float64 `json:"margin"`
	// Resamples is the number of bootstrap resamples.
	Resamples int    `json:"resamples"`
	Seed      uint64 `json:"seed"`
	// Family is how many deciding comparisons the p-values are corrected for.
	Family int `json:"family"`
	// Rule says in words when a verdict is given.
	Rule string `json:"rule"`
	// Growth is when blocks were added; nil where their number was fixed before the run.
	Growth *suite.Growth `json:"growth,omitempty"`
}

// The verdicts. All speak of the candidate against the baseline. "Faster" and "slower" mean better and worse
// where the metric is no speed (CPU, memory).
const (
	Faster     = "faster"
	Slower     = "slower"
	Equivalent = "equivalent"
	Undecided  = "undecided"
	// NoData means that one side, or both, has no value.
	NoData = "no data"
)

// The grades of a verdict.
const (
	// GradeSure: the verdict holds whatever the noise of the machine did.
	GradeSure = "sure"
	// GradeHere: it holds for the figures as they were measured here. On a quiet machine they might be others.
	GradeHere = "here"
)

// Comparison is one metric of one scenario on one broker, candidate against baseline.
type Comparison struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Metric   string `json:"metric"`
	Title    string `json:"title"`
	Unit     string `json:"unit"`
	// HigherIsBetter tells which direction is an improvement.
	HigherIsBetter bool `json:"higher_is_better"`
	// Deciding is true for the metrics that the scenario's answer is made of.
	Deciding bool `json:"deciding"`
	// NotCounted is why a metric that would decide doesn't: what the two sides promise, where that differs.
	NotCounted Promises `json:"not_counted,omitzero"`
	Defaults   bool     `json:"defaults"`
	Baseline   Estimate `json:"baseline"`
	Candidate  Estimate `json:"candidate"`
	// Ratio is candidate over baseline: the geometric mean of the ratios by block, with Student's interval. One block has
	// the ratio and no interval: its confidence is 0.
	Ratio stats.Interval `json:"ratio"`
	// Bracketed is the interval at both ends of each block's bracket: where the ratio lies whatever stolen CPU time, other
	// programs and a late generator did.
	Bracketed stats.Interval   `json:"bracketed"`
	Intervals []stats.Interval `json:"intervals"`
	Tests     []stats.Test     `json:"tests"`
	Effects   []stats.Effect   `json:"effects"`
	// CorrectedP is the paired test's p-value, for all looks of the run and after Holm's correction over the family.
	// BracketedP is the same at the less favourable end of the brackets.
	CorrectedP float64 `json:"corrected_p"`
	BracketedP float64 `json:"bracketed_p"`
	Verdict    string  `json:"verdict"`
	// Grade is one of the Grade constants where the verdict is faster, slower or equivalent.
	Grade string `json:"grade,omitempty"`
	// Blocks is how many blocks have a ratio. In Noisy of them stolen CPU time, other programs or a late generator may have
	// changed a value by more than 2 %; in Disturbed other programs ran during a trial.
	Blocks    int `json:"blocks"`
	Noisy     int `json:"noisy"`
	Disturbed int `json:"disturbed"`
	// NoiseUnknown is one of the Noise constants where the noise of a part of the run can't be known. Noisy and Disturbed are then of the rest, and a
	// verdict holds as measured here at most.
	NoiseUnknown string `json:"noise_unknown,omitempty"`
	// NeedBlocks is how many blocks it would take to decide, where the verdict is undecided; 0 if unknown. NeedSeconds is
	// how long the blocks that are missing would take at the pace of those that ran.
	NeedBlocks  int     `json:"need_blocks,omitempty"`
	NeedSeconds float64 `json:"need_seconds,omitempty"`
	// Ratios are the ratios by block, in block order.
	Ratios []BlockRatio `json:"ratios"`
	Flags  []Flagged    `json:"flags"`
}

// BlockRatio is candidate over baseline within one block, both in the metric's unit. Low and High are the ends of the ratio's
// bracket.
type BlockRatio struct {
	Block     int     `json:"block"`
	Baseline  float64 `json:"baseline"`
	Candidate float64 `json:"candidate"`
	Ratio     float64 `json:"ratio"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// Estimate is one side of a comparison: the median over its trials and an interval for it, in the metric's unit.
type Estimate struct {
	Contender string `json:"contender"`
	Arm       string `json:"arm"`
	// Estimate, Low and High are of Values; where there are none, they are of Spoiled.
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	// Values has one entry a trial that counts, in block order, and Spoiled one a trial that a flag keeps out of the metric.
	Values  []float64 `json:"values"`
	Spoiled []float64 `json:"spoiled"`
	// CV is the coefficient of variation of Values.
	CV float64 `json:"cv"`
}

// Ran is how many trials ran, as opposed to having been given up before their load.
func (a Analysis) Ran() int {
	n := 0
	for _, t := range a.Trials {
		if t.Done() {
			n++
		}
	}
	return n
}

// Flagged is a flag of a trial that kept it out of a comparison, or that is only noted.
type Flagged struct {
	Trial    int    `json:"trial"`
	Block    int    `json:"block"`
	Arm      string `json:"arm"`
	Code     string `json:"code"`
	Detail   string `json:"detail"`
	Excluded bool   `json:"excluded"`
	results.Fact
}

// Claim is a published figure or target and what became of it in this run. Its figures are in Unit.
type Claim struct {
	Text      string  `json:"text"`
	Source    string  `json:"source"`
	Scenario  string  `json:"scenario"`
	Broker    string  `json:"broker"`
	Contender string  `json:"contender"`
	Metric    string  `json:"metric"`
	Claimed   float64 `json:"claimed"`
	Measured  float64 `json:"measured"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Unit      string  `json:"unit"`
	// Bound says in words what is claimed of the figure, such as "at least 5000"; it is empty where nothing is checked.
	Bound string `json:"bound,omitempty"`
	// Trials is how many trials, or for two sides blocks, the measured figure rests on.
	Trials int    `json:"trials,omitempty"`
	Note   string `json:"note,omitempty"`
	// Defaults tells that the sides ran as installed, and not matched.
	Defaults bool `json:"defaults,omitempty"`
	// Outcome is one of the Claim constants, or Undecided: the interval is too wide, or as Reason says.
	Outcome string      `json:"outcome"`
	Reason  ClaimReason `json:"reason,omitzero"`
	// Stated is the sentence of an analysis of version 1, which has no reason.
	Stated string `json:"sentence,omitempty"`
}

// What may become of a claim. The first three are for figures that were published as measured, the next two for targets.
const (
	ClaimReproduced = "reproduced"
	ClaimHigher     = "higher"
	ClaimLower      = "lower"
	ClaimHolds      = "holds"
	ClaimFails      = "does not hold"
	// ClaimNotMeasured: this run has nothing to check it with.
	ClaimNotMeasured = "not measured"
	// ClaimNotMeasurable: no run has.
	ClaimNotMeasurable = "not measurable"
)

// Checked tells whether the run had anything to check the claim with.
func (c Claim) Checked() bool {
	return c.Outcome != ClaimNotMeasured && c.Outcome != ClaimNotMeasurable
}

// Sweep is one arm along the points of a scenario, in the plan's order.
type Sweep struct {
	Scenario       string `json:"scenario"`
	Broker         string `json:"broker"`
	Metric         string `json:"metric"`
	Title          string `json:"title"`
	Unit           string `json:"unit"`
	HigherIsBetter bool   `json:"higher_is_better"`
	Arm            string `json:"arm"`
	Defaults       bool   `json:"defaults"`
	// Ordered is true where the points are sizes of one thing, and not kinds of things.
	Ordered bool         `json:"ordered"`
	Points  []SweepPoint `json:"points"`
}

// SweepPoint is one point of a sweep.
type SweepPoint struct {
	At          string `json:"at"`
	Processes   int    `json:"processes"`
	Concurrency int    `json:"concurrency"`
	// Estimate has no values where no trial is valid.
	Estimate Estimate `json:"estimate"`
	// Ratio is this point over the first: the geometric mean of the ratios by block, with Student's interval. It is nil
	// for the first point, and where fewer than two blocks are valid on both.
	Ratio *stats.Interval `json:"ratio,omitempty"`
	// Blocks is how many blocks the ratio rests on.
	Blocks int `json:"blocks,omitempty"`
}

// TrialRow is one trial as the report lists it.
type TrialRow struct {
	results.Trial
	// Metrics by name; a metric that the trial doesn't have is absent. Brackets are there for those that noise can have
	// changed.
	Metrics    map[string]float64 `json:"metrics"`
	Brackets   map[string]Bracket `json:"brackets,omitempty"`
	Steadiness []Steadiness       `json:"steadiness"`
}

// Curve is a line of a chart for one arm, made of its valid trials.
type Curve struct {
	// Kind is CurveLatency (x: quantile 0..1, y: ms), CurveCompletions (x: seconds since release, y: tasks done) or
	// CurveDepth (x: seconds since release, y: tasks that the broker holds).
	Kind     string  `json:"kind"`
	Scenario string  `json:"scenario"`
	Broker   string  `json:"broker"`
	Phase    string  `json:"phase"`
	Arm      string  `json:"arm"`
	Defaults bool    `json:"defaults"`
	Points   []Point `json:"points"`
}

// Point is a point of a curve: the median over trials, and their smallest and largest value.
type Point struct {
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Trials is how many trials are behind the point.
	Trials int `json:"trials"`
}

// Harness is what tqbench itself used and how well it kept its schedule, the worst over the trials. A CPU share of 0.05 is
// 5 % of one core.
type Harness struct {
	MaxPSSMiB      float64 `json:"max_pss_mib"`
	MaxCPUShare    float64 `json:"max_cpu_share"`
	MedianCPUShare float64 `json:"median_cpu_share"`
	LateP50Ms      float64 `json:"late_p50_ms"`
	LateP99Ms      float64 `json:"late_p99_ms"`
	LateMaxMs      float64 `json:"late_max_ms"`
}

// Path is where analysis.json is below an output folder.
func Path(out string) string { return filepath.Join(out, "analysis.json") }

// Write writes analysis.json.
func Write(out string, a Analysis) error {
	a.Version = Version
	return results.WriteSealed(Path(out), a)
}

// Read reads the analysis.json of an output folder.
func Read(out string) (Analysis, error) { return ReadFile(Path(out)) }

// Largest is how large an analysis.json may be, in bytes. A trial takes some thousand.
const Largest = 512 << 20

// ReadFile reads an analysis.json that may be anywhere, under any name.
func ReadFile(path string) (Analysis, error) {
	data, err := regular.Read(path, regular.Limit{Kind: "an analysis", Bytes: Largest})
	if err != nil {
		return Analysis{}, fmt.Errorf("read %s: %w", path, err)
	}
	return Decode(path, data)
}

// Decode reads the content of an analysis.json that was read from path.
func Decode(path string, data []byte) (Analysis, error) {
	a, err := decode(path, data)
	if err != nil {
		return Analysis{}, err
	}
	return a, results.CheckSeal(path, data)
}

// decode decodes without a look at the checksum.
func decode(path string, data []byte) (Analysis, error) {
	var a Analysis
	if err := json.Unmarshal(data, &a); err != nil {
		return Analysis{}, fmt.Errorf("read %s: %w: %v", path, results.ErrFormat, err)
	}
	return a, readable(path, a.Version)
}
