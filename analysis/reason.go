package analysis

import (
	"encoding/json"
	"fmt"

	"github.com/tqbench/tqbench/results"
)

// Reason is why a cell isn't simply measured: a code with its fields. Reports make sentences of it. The zero value is none.
type Reason struct {
	// Code is one of the constants from ReasonNotOffered on.
	Code string `json:"code"`
	// How many trials the codes that count mean, and out of how many.
	Count int `json:"count,omitempty"`
	Of    int `json:"of,omitempty"`
	// Seconds is about how long a trial takes that has not begun.
	Seconds float64 `json:"seconds,omitempty"`
	// Detail is what the contender or the trial says.
	Detail string `json:"detail,omitempty"`
	// Flag is that of the codes that mean one. Before flags had facts, Detail was its sentence.
	Flag *results.Flag `json:"flag,omitempty"`
}

// The codes of reasons.
const (
	// ReasonNotOffered: the contender doesn't offer what the scenario needs, as Detail says.
	ReasonNotOffered = "not-offered"
	// ReasonNotRun: no trial ran. Detail is the first one's reason.
	ReasonNotRun = "not-run"
	// ReasonNotBegun: the run ended before the first trial, which takes about Seconds.
	ReasonNotBegun = "not-begun"
	// ReasonWorkerEnded: in Count of Of trials that ran, a worker ended by itself. Flag is the last one's.
	ReasonWorkerEnded = "worker-ended"
	// ReasonKeptOut: Count of Of planned trials are valid. Flag is the first that keeps one out.
	ReasonKeptOut = "kept-out"
	// ReasonSomeNotRun: Count of Of planned trials did not run. Detail is the first one's reason.
	ReasonSomeNotRun = "some-not-run"
	// ReasonCutShort: the run ended after Count of Of planned trials.
	ReasonCutShort = "cut-short"
	// ReasonStated: an analysis of version 1 has the sentence alone, which is Detail.
	ReasonStated = "stated"
)

// UnmarshalJSON reads a reason, or the sentence that an analysis of version 1 has in its place.
func (r *Reason) UnmarshalJSON(data []byte) error {
	var stated string
	if json.Unmarshal(data, &stated) == nil {
		*r = Reason{}
		if stated != "" {
			*r = Reason{Code: ReasonStated, Detail: stated}
		}
		return nil
	}
	type plain Reason
	return json.Unmarshal(data, (*plain)(r))
}

// Promises are what the two sides of a comparison make of a task whose worker ends, where they differ. Then it is in no answer:
// less work for one of them is no merit. The zero value is that of sides that promise the same.
type Promises struct {
	// Baseline and Candidate are one of the words of results.Setup's Delivery; those of a pair are of its first and its
	// second side.
	Baseline  string `json:"baseline,omitempty"`
	Candidate string `json:"candidate,omitempty"`
	// Stated is the sentence of an analysis of version 1, which has no more.
	Stated string `json:"stated,omitempty"`
}

// Differ tells whether the sides promise different things.
func (p Promises) Differ() bool { return p != Promises{} }

// UnmarshalJSON reads promises, or the sentence that an analysis of version 1 has in their place.
func (p *Promises) UnmarshalJSON(data []byte) error {
	var stated string
	if json.Unmarshal(data, &stated) == nil {
		*p = Promises{Stated: stated}
		return nil
	}
	type plain Promises
	return json.Unmarshal(data, (*plain)(p))
}

// ClaimReason is why a claim was not measured, or why it is undecided whatever its interval. Reports make sentences of it. The zero value
// is none.
type ClaimReason struct {
	// Code is one of the constants from ReasonUnmeasurable on.
	Code string `json:"code"`
	// The side that has no figure.
	Scenario  string `json:"scenario,omitempty"`
	Broker    string `json:"broker,omitempty"`
	Contender string `json:"contender,omitempty"`
	Metric    string `json:"metric,omitempty"`
	// Detail is what the list of claims says of it.
	Detail string `json:"detail,omitempty"`
	// Unit is the one that was measured.
	Unit string `json:"unit,omitempty"`
}

// The codes of reasons of claims.
const (
	// ReasonUnmeasurable: no run can check it, as Detail says.
	ReasonUnmeasurable = "unmeasurable"
	// ReasonDelayed: the network to the brokers was made slower. No figure was published for such a network.
	ReasonDelayed = "delayed"
	// ReasonMachines: workers and load were on several machines. No figure was published for that.
	ReasonMachines = "machines"
	// ReasonInstalled: the claim is for each worker process, and as installed each queue has its own number of them.
	ReasonInstalled = "installed"
	// ReasonNoPlace: the run lacks the scenario on that broker; ReasonNoContender: the contender there; ReasonNoValue: a valid figure of it.
	ReasonNoPlace     = "no-place"
	ReasonNoContender = "no-contender"
	ReasonNoValue     = "no-value"
	// ReasonUnit: what was measured, in Unit, can't be converted to the claim's unit.
	ReasonUnit = "unit"
	// ReasonFewBlocks: fewer than two blocks are valid on both sides.
	ReasonFewBlocks = "few-blocks"
	// ReasonBeyond: what was measured is beyond the range of numbers.
	ReasonBeyond = "beyond"
	// ReasonNoInterval: it was measured, but one trial has no interval.
	ReasonNoInterval = "no-interval"
	// ReasonStricter: it was measured, but the check asks more than the claim, as Detail says.
	ReasonStricter = "stricter"
)

// readable tells whether this tqbench reads a version of analysis.json. Version 1 has sentences where later ones have codes.
func readable(path string, version int) error {
	if version != Version && version != 1 {
		return fmt.Errorf("read %s: %w: it has version %d, this tqbench reads versions 1 to %d", path, results.ErrFormat, version, Version)
	}
	return nil
}
