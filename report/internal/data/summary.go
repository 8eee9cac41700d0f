package data

import (
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/suite"
)

// SummaryVersion is the version of summary.json.
const SummaryVersion = 1

// Summary is summary.json: the verdicts of a run, small enough for a badge, a dashboard or a bot. All else is in
// analysis.json.
type Summary struct {
	Version int `json:"version"`
	// Answer is the run's answer.
	Answer   string `json:"answer"`
	Run      string `json:"run"`
	PlanHash string `json:"plan_hash"`
	Seed     uint64 `json:"seed"`
	Command  string `json:"command"`
	Planned  int    `json:"planned"`
	Ran      int    `json:"ran"`
	NotRun   int    `json:"not_run"`
	Flagged  int    `json:"flagged"`
	Excluded int    `json:"excluded"`
	// Noted is how many trials carry a note, which keeps them out of nothing.
	Noted    int       `json:"noted"`
	Verdicts []Verdict `json:"verdicts"`
	// Noise is a sentence on what noise cost the run, empty where that isn't known.
	Noise string `json:"noise,omitempty"`
	// Figures are what each arm gave, whether it could be compared or not.
	Figures []ArmFigure `json:"figures"`
	// Cells is each arm on each broker in each scenario, whether it could be compared or not.
	Cells  []Standing `json:"cells"`
	Claims []Outcome  `json:"claims"`
}

// Verdict is one comparison's result.
type Verdict struct {
	Scenario  string  `json:"scenario"`
	Broker    string  `json:"broker"`
	Product   string  `json:"product"`
	Defaults  bool    `json:"defaults"`
	Metric    string  `json:"metric"`
	Baseline  string  `json:"baseline"`
	Candidate string  `json:"candidate"`
	Deciding  bool    `json:"deciding"`
	Verdict   string  `json:"verdict"`
	Ratio     float64 `json:"ratio"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	Blocks    int     `json:"blocks"`
	Sentence  string  `json:"sentence"`
	// Grade is sure where the verdict holds whatever noise did, here where it holds only as measured here, and else empty.
	Grade string `json:"grade,omitempty"`
	// BracketedLow and BracketedHigh bound the ratio whatever noise did; both are 0 where that isn't known.
	BracketedLow  float64 `json:"bracketed_low"`
	BracketedHigh float64 `json:"bracketed_high"`
	// Noisy is how many of the blocks are noisy. During Disturbed of them, other programs ran.
	Noisy     int `json:"noisy_blocks"`
	Disturbed int `json:"disturbed_blocks"`
	// NeedBlocks and NeedSeconds are what it would take to decide, 0 where that is unknown or done.
	NeedBlocks  int     `json:"need_blocks,omitempty"`
	NeedSeconds float64 `json:"need_seconds,omitempty"`
	// NotCounted says why a verdict that would decide doesn't.
	NotCounted string `json:"not_counted,omitempty"`
}

// ArmFigure is one metric of one arm: the median over its trials, with its interval.
type ArmFigure struct {
	Scenario string  `json:"scenario"`
	Broker   string  `json:"broker"`
	Product  string  `json:"product"`
	Defaults bool    `json:"defaults"`
	Arm      string  `json:"arm"`
	Metric   string  `json:"metric"`
	Unit     string  `json:"unit"`
	Estimate float64 `json:"estimate"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	// Trials is how many trials the figure is of. Where Spoiled is true, a flag keeps all of them out of every verdict.
	Trials  int  `json:"trials"`
	Spoiled bool `json:"spoiled"`
	// SpoiledTrials is how many trials a flag keeps out.
	SpoiledTrials int `json:"spoiled_trials"`
	// Alone is true of an arm that nothing is compared with. Confidence is the coverage of its interval; without one, as one trial has none,
	// it is 0, and Low and High are the estimate.
	Alone      bool    `json:"alone,omitempty"`
	Confidence float64 `json:"confidence,omitempty"`
}

// Standing is what became of one arm on one broker in one scenario.
type Standing struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Product  string `json:"product"`
	Arm      string `json:"arm"`
	Status   string `json:"status"`
	Reason   string `json:"reason,omitempty"`
	Delivery string `json:"delivery"`
	Caveat   string `json:"caveat,omitempty"`
	// Failed of Sent tasks of the user's own application failed; both are 0 if none did. Followed tasks were enqueued by its tasks, those of
	// the warm-up included. The counts are sums over all trials that ran.
	Failed   int64 `json:"failed,omitempty"`
	Sent     int64 `json:"sent,omitempty"`
	Followed int64 `json:"followed,omitempty"`
}

// Outcome is one claim's result.
type Outcome struct {
	Text    string `json:"text"`
	Source  string `json:"source"`
	Outcome string `json:"outcome"`
}

func Summarise(r *view.Report) Summary {
	a, t := r.Analysis, r.Tally
	s := Summary{
		Version: SummaryVersion, Answer: r.Headline, Run: a.Run.ID, PlanHash: a.Run.PlanHash, Seed: a.Run.Seed,
		Command: a.Command, Planned: a.Planned, Ran: t.Ran, NotRun: t.NotRun, Flagged: t.Flagged, Excluded: t.Excluded,
		Noted: t.Noted, Noise: r.Noise, Verdicts: []Verdict{}, Figures: []ArmFigure{}, Cells: []Standing{}, Claims: []Outcome{},
	}
	known := r.Products
	for _, c := range a.Comparisons {
		s.Verdicts = append(s.Verdicts, Verdict{
			Scenario: c.Scenario, Broker: c.Broker, Product: known.Name(c.Broker), Defaults: c.Defaults, Metric: c.Metric,
			Baseline: view.ArmName(c.Baseline), Candidate: view.ArmName(c.Candidate), Deciding: c.Deciding, Verdict: c.Verdict,
			Ratio: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High, Blocks: c.Blocks, Sentence: view.SentenceOf(c),
			NotCounted: view.Uncounted(c), Grade: c.Grade, BracketedLow: c.Bracketed.Low, BracketedHigh: c.Bracketed.High,
			Noisy: c.Noisy, Disturbed: c.Disturbed, NeedBlocks: c.NeedBlocks, NeedSeconds: c.NeedSeconds,
		})
	}
	for _, f := range r.Figures {
		s.Figures = append(s.Figures, ArmFigure{
			Scenario: f.Scenario, Broker: f.Broker, Product: known.Name(f.Broker), Defaults: f.Defaults, Arm: view.ArmName(f.Estimate), Metric: f.Metric,
			Unit: f.Unit, Estimate: f.Estimate.Estimate, Low: f.Low, High: f.High, Trials: len(view.Shown(f.Estimate)), Spoiled: view.Spoiled(f.Estimate),
			SpoiledTrials: len(f.Spoiled), Alone: f.IsAlone(), Confidence: f.Confidence(),
		})
	}
	for _, c := range a.Cells {
		at := Standing{
			Scenario: c.Scenario, Broker: c.Broker, Product: known.Name(c.Broker), Arm: c.Arm, Status: c.Status,
			Reason: view.WhyOf(a, c), Delivery: c.Delivery, Caveat: c.Caveat,
		}
		for _, own := range r.Own {
			if own.Key == suite.KeyOf(c.Scenario, c.Broker, c.Arm) {
				at.Failed, at.Sent, at.Followed = own.Failed, own.Sent, own.Followed
			}
		}
		s.Cells = append(s.Cells, at)
	}
	for _, c := range a.Claims {
		s.Claims = append(s.Claims, Outcome{c.Text, c.Source, c.Outcome})
	}
	return s
}
