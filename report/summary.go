package report

import "github.com/tqbench/tqbench/analysis"

// SummaryVersion is the version of summary.json.
const SummaryVersion = 1

// Summary is summary.json: the verdicts of a run, small enough for a badge, a dashboard or a bot. All else is in
// analysis.json.
type Summary struct {
	Version int `json:"version"`
	// Answer is the run's answer in words.
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
	// NotCounted says why a verdict that would decide doesn't.
	NotCounted string `json:"not_counted,omitempty"`
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
}

// Outcome is one claim's result.
type Outcome struct {
	Text    string `json:"text"`
	Source  string `json:"source"`
	Outcome string `json:"outcome"`
}

func summarise(a analysis.Analysis) Summary {
	t := tallyTrials(a)
	s := Summary{
		Version: SummaryVersion, Answer: headline(a), Run: a.Run.ID, PlanHash: a.Run.PlanHash, Seed: a.Run.Seed,
		Command: a.Command, Planned: a.Planned, Ran: t.ran, NotRun: t.notRun, Flagged: t.flagged, Excluded: t.excluded,
		Noted: t.noted, Verdicts: []Verdict{}, Cells: []Standing{}, Claims: []Outcome{},
	}
	known := productsOf(a)
	for _, c := range a.Comparisons {
		s.Verdicts = append(s.Verdicts, Verdict{
			Scenario: c.Scenario, Broker: c.Broker, Product: known.name(c.Broker), Defaults: c.Defaults, Metric: c.Metric,
			Baseline: armName(c.Baseline), Candidate: armName(c.Candidate), Deciding: c.Deciding, Verdict: c.Verdict,
			Ratio: c.Ratio.Estimate, Low: c.Ratio.Low, High: c.Ratio.High, Blocks: c.Blocks, Sentence: c.Sentence,
			NotCounted: c.NotCounted,
		})
	}
	for _, c := range a.Cells {
		s.Cells = append(s.Cells, Standing{
			Scenario: c.Scenario, Broker: c.Broker, Product: known.name(c.Broker), Arm: c.Arm, Status: c.Status,
			Reason: whyOf(a, c), Delivery: c.Delivery, Caveat: c.Caveat,
		})
	}
	for _, c := range a.Claims {
		s.Claims = append(s.Claims, Outcome{c.Text, c.Source, c.Outcome})
	}
	return s
}
