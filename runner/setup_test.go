package runner

import (
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// recorded is the record of a plan's arms, all of Celery.
func recorded(t *testing.T, plan suite.Plan, urls map[string]string) results.Run {
	t.Helper()
	catalog, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{plan: plan, catalog: catalog, envs: map[string]workers.Env{"celery": {Name: "celery", Python: "python3"}}}
	var info results.Run
	for _, arm := range plan.Arms {
		if err := s.prepareArm(t.Context(), arm, urls, &info); err != nil {
			t.Fatal(err)
		}
	}
	return info
}

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
	info := recorded(t, plan, map[string]string{"redis": "redis://127.0.0.1:6379/0"})
	if len(info.Contenders) != 2 {
		t.Fatalf("the record has %d set-ups, want 2", len(info.Contenders))
	}
	for i, arm := range []string{"celery/prefork", "celery/prefork#2"} {
		if got := info.Contenders[i]; got.Arm != arm || got.Contender != "celery/prefork" {
			t.Errorf("set-up %d is of arm %q and contender %q, want %q and celery/prefork", i+1, got.Arm, got.Contender, arm)
		}
	}
}

// Where a scenario kills whole workers, the record doesn't have what is said of the kill of a process.
func TestTheRecordHasWhatIsSaidOfTheFault(t *testing.T) {
	scenarios, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(scenarios, func(s suite.Scenario) bool { return s.Name == "faults" })
	plan, err := suite.NewPlan(suite.Options{Scenarios: scenarios[i : i+1], Brokers: []string{"rabbitmq"}, Contenders: []string{"celery/prefork"}, Blocks: 1, Scale: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	info := recorded(t, plan, map[string]string{"rabbitmq": "amqp://guest:guest@127.0.0.1:5672/"})
	said := map[string]*results.Recovery{}
	for _, c := range info.Contenders {
		said[c.Scenario] = c.Recovery
	}
	if r, ok := said["faults@workers"]; !ok || r != nil {
		t.Errorf("all workers are killed (%v): %+v", ok, r)
	}
	if r := said["faults@worker"]; r == nil || !r.Process {
		t.Errorf("a process is killed: %+v", r)
	}
}

// A run does not go on with another server under the same name.
func TestAnotherServerIsNamed(t *testing.T) {
	t.Parallel()
	before := []results.Broker{{Name: "redis", Product: "Redis", Version: "8.0.2"}, {Name: "mysql", Product: "MySQL", Version: "8.4.10"}}
	now := slices.Clone(before)
	if why := otherServer(before, now); why != "" {
		t.Errorf("the same servers differ in %s", why)
	}
	now[0].Version = "7.0.15"
	if why := otherServer(before, now); why != "server for redis (Redis 8.0.2, now Redis 7.0.15)" {
		t.Errorf("another version: %q", why)
	}
	now[0].Version, now[1].Product = "8.0.2", "MariaDB"
	if why := otherServer(before, now); why != "server for mysql (MySQL 8.4.10, now MariaDB 8.4.10)" {
		t.Errorf("another product: %q", why)
	}
	now[1].Product, now[0].Attached = "MySQL", true
	if why := otherServer(before, now); why != "server for redis (one that tqbench starts, now one by URL)" {
		t.Errorf("the user's own server instead of a private one: %q", why)
	}
	if why := otherServer(now, before); why != "server for redis (one by URL, now one that tqbench starts)" {
		t.Errorf("a private server instead of the user's own: %q", why)
	}
}

// A side's file may only give other values to variables of both sides, so its names are compared by side.
func TestAResumedGateNeedsItsSidesVariables(t *testing.T) {
	t.Parallel()
	plan := suite.Plan{Arms: []suite.Arm{{Name: suite.Base}, {Name: suite.Change}}}
	of := func(side map[string]map[string]string) results.Run {
		s := &session{Options: Options{AppEnv: map[string]string{"MODE": "a"}, SideEnv: side}, plan: plan}
		return results.Run{AppEnv: s.envNames(), SideEnv: s.sideNames()}
	}
	change := of(map[string]map[string]string{suite.Change: {"MODE": "b"}})
	if why := different(change, change); why != "" {
		t.Errorf("the same variables differ in %s", why)
	}
	for name, other := range map[string]results.Run{
		"the file left out":       of(nil),
		"of the other side":       of(map[string]map[string]string{suite.Base: {"MODE": "b"}}),
		"without variables in it": of(map[string]map[string]string{suite.Change: {}}),
	} {
		if why := different(change, other); !strings.Contains(why, "one side of the gate") {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// AWS keeps a deleted queue's name for a minute: each trial has its own. Other brokers empty theirs.
func TestEachTrialOnSQSHasItsOwnQueue(t *testing.T) {
	t.Parallel()
	s := &session{Options: Options{URLs: map[string]string{"sqs": "sqs://eu-west-1", "redis": "redis://h"}}, info: results.Run{ID: "7"}}
	for _, c := range []struct {
		broker string
		trial  int
		want   string
	}{{"sqs", 0, "tqbench-7"}, {"sqs", 3, "tqbench-7-0003"}, {"sqs", 4, "tqbench-7-0004"}, {"redis", 3, "tqbench-7"}, {"mysql", 3, "tqbench"}} {
		if got := s.target(workers.Env{}, suite.Scenario{}, "celery/prefork", c.broker, "", c.trial).Queue; got != c.want {
			t.Errorf("%s, trial %d: %s, want %s", c.broker, c.trial, got, c.want)
		}
	}
}
