package analysis

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// An analysis of version 1 has sentences where later ones have codes: they are read as they are.
func TestSentencesOfVersion1AreRead(t *testing.T) {
	t.Parallel()
	a, err := Decode("analysis.json", []byte(`{"version": 1,
		"cells": [{"status": "not run", "reason": "the broker did not start"}, {"status": "measured"}],
		"comparisons": [{"not_counted": "a delivers at most once here, b at least once", "sentence": "b is faster."}, {}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if r := a.Cells[0].Reason; r.Code != ReasonStated || r.Detail != "the broker did not start" || a.Cells[1].Reason != (Reason{}) {
		t.Errorf("%+v, %+v", r, a.Cells[1].Reason)
	}
	if p := a.Comparisons[0].NotCounted; !p.Differ() || p.Stated == "" || a.Comparisons[1].NotCounted.Differ() {
		t.Errorf("%+v, %+v", p, a.Comparisons[1].NotCounted)
	}
	for _, version := range []string{"0", "3"} {
		if _, err := Decode("analysis.json", []byte(`{"version": `+version+`}`)); err == nil {
			t.Errorf("version %s is read", version)
		}
	}
}

func TestReasonsAndPromisesComeBack(t *testing.T) {
	t.Parallel()
	lost := results.Flag{Code: results.FlagLost, Metrics: []string{"*"}, Fact: results.Fact{Check: results.CheckTasks, Count: 2, Of: 90}}
	r, p := Reason{Code: ReasonKeptOut, Count: 5, Of: 6, Flag: &lost}, Promises{Baseline: "at most once", Candidate: "at least once"}
	data, err := json.Marshal(Cell{Reason: r})
	if err != nil {
		t.Fatal(err)
	}
	var c Cell
	if err := json.Unmarshal(data, &c); err != nil || !reflect.DeepEqual(c.Reason, r) {
		t.Errorf("%s: %+v (%v)", data, c.Reason, err)
	}
	if data, err = json.Marshal(Comparison{NotCounted: p}); err != nil {
		t.Fatal(err)
	}
	var x Comparison
	if err := json.Unmarshal(data, &x); err != nil || x.NotCounted != p {
		t.Errorf("%s: %+v (%v)", data, x.NotCounted, err)
	}
}
