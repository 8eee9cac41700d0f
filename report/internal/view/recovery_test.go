package view

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// The words tell apart what came back, what would come back later, what never does by design, and what is lost against what was said.
func TestRecoveryWordsTellOutcomesApart(t *testing.T) {
	t.Parallel()
	back := func(seconds float64) results.Fate {
		return results.Fate{Outcome: results.FateBack, Of: 400, LimitSeconds: 28, BackSeconds: seconds}
	}
	lost := func(outcome string, said *results.Recovery) results.Fate {
		return results.Fate{Outcome: outcome, Lost: 3, Of: 400, LimitSeconds: 28.4, Said: said}
	}
	late := &results.Recovery{AfterSeconds: 690, Knob: "--maintenance-interval"}
	never := &results.Recovery{Never: "fetching removes a task", Knob: "acks_late"}
	for want, fates := range map[string][]results.Fate{
		"none was in its hands":        {back(0)},
		"all done after 2.3 s":         {back(2.31)},
		"all done after 2.3 s to 62 s": {back(62.4), back(2.31)},
		"3 of 400 tasks not back within the limit of 28 s (they would come back after about 11m30s by its settings; sooner with --maintenance-interval)": {
			lost(results.FateLate, late)},
		"6 of 800 tasks not back within the limit of 28 s (they would come back after about 1 hour by its settings)": {
			lost(results.FateLate, &results.Recovery{AfterSeconds: 3600}), lost(results.FateLate, &results.Recovery{AfterSeconds: 3600})},
		"all done after 5.1 s: it seems to have held none, as such tasks never come back by design": {
			{Outcome: results.FateBack, Of: 400, BackSeconds: 5.1, Said: never}},
		"3 of 400 tasks not back within the limit of 28 s; its folder doesn't say when they would be":             {lost(results.FateLate, nil)},
		"3 of 400 tasks lost, never back by design: fetching removes a task; they would come back with acks_late": {lost(results.FateNever, never)},
		"3 of 400 tasks lost, although they should have come back after 10 minutes by its settings":               {lost(results.FateLost, &results.Recovery{AfterSeconds: 600})},
		"3 of 400 tasks lost, although they should have come back at once by its settings":                        {lost(results.FateLost, &results.Recovery{})},
		"3 of 400 tasks lost: the broker holds them no more":                                                      {lost(results.FateLost, nil)},
		"in 1 of 2 trials, all done after 2.3 s; in 1 of 2 trials, 3 of 400 tasks lost, although they should have come back at once by its settings": {
			back(2.3), lost(results.FateLost, &results.Recovery{})},
		"gone": {lost("gone", nil)},
	} {
		if got := recoveryWords(fates); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

// A side has its words where its trials killed workers.
func TestRecoveriesAreThoseOfKilledWorkers(t *testing.T) {
	t.Parallel()
	trial := func(scenario, arm string, f *results.Fate) analysis.TrialRow {
		return analysis.TrialRow{Trial: results.Trial{Scenario: scenario, Broker: "redis", Arm: arm, Recovery: f}}
	}
	a := analysis.Analysis{
		Cells: []analysis.Cell{{Scenario: "s", Broker: "redis", Arm: "a"}, {Scenario: "s", Broker: "redis", Arm: "b"}, {Scenario: "other", Broker: "redis", Arm: "a"}},
		Trials: []analysis.TrialRow{trial("s", "a", &results.Fate{Outcome: results.FateBack}), trial("s", "b", &results.Fate{Outcome: results.FateBack, BackSeconds: 3}),
			trial("other", "a", nil)},
	}
	got := Recoveries(a)
	if len(got) != 1 || len(got[0].Sides) != 2 || got[0].Sides[0].Words != "none was in its hands" || got[0].Sides[1].Words != "all done after 3 s" {
		t.Errorf("%+v", got)
	}
}
