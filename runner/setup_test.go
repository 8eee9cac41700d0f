package runner

import (
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// A contender that meets itself is two arms. The run's record names both, and the contender that each of them is.
func TestTheRecordTellsArmAndContenderApart(t *testing.T) {
	scenarios, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: scenarios[:1], Brokers: []string{"redis"},
		Contenders: []string{"celery/prefork", "celery/prefork"}, Blocks: 1, Scale: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	catalog, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{plan: plan, catalog: catalog, envs: map[string]workers.Env{"celery": {Name: "celery", Python: "python3"}}}
	var info results.Run
	for _, arm := range plan.Arms {
		if err := s.prepareArm(t.Context(), arm, map[string]string{"redis": "redis://127.0.0.1:6379/0"}, &info); err != nil {
			t.Fatal(err)
		}
	}
	if len(info.Contenders) != 2 {
		t.Fatalf("the record has %d set-ups, want 2", len(info.Contenders))
	}
	for i, arm := range []string{"celery/prefork", "celery/prefork#2"} {
		if got := info.Contenders[i]; got.Arm != arm || got.Contender != "celery/prefork" {
			t.Errorf("set-up %d is of arm %q and contender %q, want %q and celery/prefork", i+1, got.Arm, got.Contender, arm)
		}
	}
}
