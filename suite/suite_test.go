package suite

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func options(t testing.TB) Options {
	t.Helper()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Scenarios: all, Brokers: []string{"redis", "other"}, Contenders: []string{"a/x", "b/y", "a/x"},
		Blocks: 6, Scale: 0.5, Seed: 42, Environment: Environment{"linux", "amd64", 2}}
}

func marshal(t testing.TB, p Plan) string {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheSameSeedGivesTheSamePlan(t *testing.T) {
	t.Parallel()
	a, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	b, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if marshal(t, a) != marshal(t, b) {
		t.Error("one seed gave two plans")
	}
	o := options(t)
	o.Seed++
	c, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	order := func(p Plan) (s string) {
		for _, t := range p.Trials {
			s += t.Arm + " " + t.Broker + ";"
		}
		return s
	}
	if order(a) == order(c) {
		t.Error("two seeds gave one order")
	}
}

// Each block has each cell once, and the arms of one comparison are next to each other.
func TestBlocksAreCompleteAndKeepComparisonsTogether(t *testing.T) {
	t.Parallel()
	o := options(t)
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	arms := len(o.Contenders)
	pairs := 0
	for _, s := range p.Scenarios {
		for _, b := range o.Brokers {
			if s.RunsOn(b) {
				pairs++
			}
		}
	}
	if len(p.Trials) != o.Blocks*pairs*arms {
		t.Fatalf("%d trials", len(p.Trials))
	}
	seen := map[[4]string]bool{}
	firsts := map[string]int{}
	for i := 0; i < len(p.Trials); i += arms {
		first := p.Trials[i]
		firsts[first.Arm]++
		for _, tr := range p.Trials[i : i+arms] {
			if tr.Block != first.Block || tr.Broker != first.Broker || tr.Scenario != first.Scenario {
				t.Fatalf("trials %d and %d belong to one comparison and are not next to each other", first.ID, tr.ID)
			}
			key := [4]string{tr.Scenario, tr.Broker, tr.Arm, string(rune('0' + tr.Block))}
			if seen[key] {
				t.Fatalf("%v is planned twice", key)
			}
			seen[key] = true
		}
	}
	if len(firsts) != arms {
		t.Errorf("only %v ever came first: the order isn't drawn", firsts)
	}
}

func TestAPlanHasItsOwnTrialsOnly(t *testing.T) {
	t.Parallel()
	p, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	own := p.Trials[3]
	own.Seed = 0
	if !p.Has(own) {
		t.Errorf("the plan doesn't have its trial %+v", own)
	}
	for name, change := range map[string]func(*Trial){
		"number 0":         func(t *Trial) { t.ID = 0 },
		"a number too far": func(t *Trial) { t.ID = len(p.Trials) + 1 },
		"another block":    func(t *Trial) { t.Block++ },
		"another scenario": func(t *Trial) { t.Scenario = "x" },
		"another broker":   func(t *Trial) { t.Broker = "x" },
		"another arm":      func(t *Trial) { t.Arm = "x" },
	} {
		other := own
		if change(&other); p.Has(other) {
			t.Errorf("%s: the plan has %+v", name, other)
		}
	}
}

func TestAContenderThatMeetsItselfHasTwoArms(t *testing.T) {
	t.Parallel()
	p, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	want := []Arm{{"a/x", "a/x"}, {"b/y", "b/y"}, {"a/x#2", "a/x"}}
	if diff := cmp.Diff(want, p.Arms); diff != "" {
		t.Error(diff)
	}
}

// Two releases of a framework are two sides, which meet in each block.
func TestTwoReleasesAreTwoSides(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Contenders = []string{"celery/threads@5.5.3", "celery/threads@5.7.0"}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	if want := []Arm{{o.Contenders[0], o.Contenders[0]}, {o.Contenders[1], o.Contenders[1]}}; !slices.Equal(p.Arms, want) {
		t.Errorf("arms %+v", p.Arms)
	}
	for i := 0; i < len(p.Trials); i += 2 {
		a, b := p.Trials[i], p.Trials[i+1]
		if a.Block != b.Block || a.Scenario != b.Scenario || a.Broker != b.Broker || a.Arm == b.Arm {
			t.Errorf("%+v next to %+v", a, b)
		}
	}
}

func TestAPlanIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := WritePlan(dir, p); err != nil {
		t.Fatal(err)
	}
	got, err := ReadPlan(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Error(diff)
	}
	a, err := p.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := got.Hash(); a != b || err != nil {
		t.Errorf("hashes %s and %s (%v)", a, b, err)
	}
}

func TestAPlanThatContradictsItselfIsRefused(t *testing.T) {
	t.Parallel()
	good, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	text := marshal(t, good)
	for name, tt := range map[string]struct{ from, to, want string }{
		"no JSON":          {text, "{", "JSON"},
		"another version":  {`"version":2`, `"version":3`, "version 3"},
		"an unknown field": {`"seed":42`, `"seed":42,"sede":1`, "sede"},
		"an unknown arm":   {`"arm":"b/y"`, `"arm":"c/z"`, `arm "c/z"`},
		"a foreign broker": {`"broker":"other"`, `"broker":"nsq"`, `broker "nsq"`},
		"a wrong block":    {`"block":6`, `"block":7`, "block 7 of 6"},
		"a lost trial":     {`{"id":2,"block"`, `{"id":3,"block"`, "its number is 3"},
		"a bad scenario":   {`"arrivals":"open"`, `"arrivals":"shut"`, `arrivals "shut"`},
		"no arms":          {text, `{"version":2}`, "no arms"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			bad := strings.Replace(text, tt.from, tt.to, 1)
			if bad == text {
				t.Fatal("nothing was replaced")
			}
			if err := os.WriteFile(PlanPath(dir), []byte(bad), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadPlan(dir)
			if !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), filepath.Base(PlanPath(dir))) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
		})
	}
}

// The numbers of a point are those of all brokers, also of one for which the scenario has other numbers.
func TestAPointsNumbersAreForAllBrokers(t *testing.T) {
	t.Parallel()
	s := Scenario{Name: "s", Phases: []Phase{{Name: "paced", Tasks: 500, Rate: 100, On: map[string]Numbers{"postgres": {Rate: 50, Tasks: 200}}}},
		Sweep: []Point{{Name: "slow"}, {Name: "fast", Rate: 400}, {Name: "long", Tasks: 900}}}
	want := map[string][2]int{"s@slow": {200, 50}, "s@fast": {200, 400}, "s@long": {900, 50}}
	for _, p := range s.Expand(1) {
		on := p.For("postgres").Phases[0]
		if got := [2]int{on.Tasks, on.Rate}; got != want[p.Name] {
			t.Errorf("%s: %v, want %v", p.Name, got, want[p.Name])
		}
	}
	if n := s.Phases[0].On["postgres"]; n.Rate != 50 || n.Tasks != 200 {
		t.Errorf("the scenario has changed: %+v", n)
	}
}

const valid = `
id: 99
name: mine
task: noop
processes: 2
concurrency: 10
warmup: {limit: 5s}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 1000}
  - {name: paced, arrivals: open, producer: wire, tasks: 500, rate: 100}
decide: [throughput]
limit: 1m
`

func TestAScenarioFileIsReadStrictly(t *testing.T) {
	t.Parallel()
	s, err := Parse("mine.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	if s.Phases[1].Rate != 100 || time.Duration(s.Limit) != time.Minute {
		t.Errorf("%+v", s)
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"empty":               {valid, "", "empty"},
		"unknown field":       {"task: noop", "task: noop\nwrokers: 3", "line 5: field wrokers not found"},
		"wrong unit":          {"limit: 1m", "limit: 60", "line 12"},
		"no number":           {"processes: 2", "processes: two", "line 5"},
		"unknown arrivals":    {"arrivals: open", "arrivals: closed", "allowed: backlog, sustained, open, poisson"},
		"unknown producer":    {"producer: wire, tasks: 1000", "producer: http, tasks: 1000", "allowed: wire, client"},
		"rate of a backlog":   {"tasks: 1000", "tasks: 1000, rate: 5", "a backlog has no rate"},
		"no rate":             {", rate: 100", "", "phases[1].rate 0"},
		"two phases, a name":  {"name: paced", "name: drain", "its own name"},
		"a phase's, a path":   {"name: paced", "name: x/../../../paced", `phases[1].name "x/../../../paced": it must have at most 100 bytes and be without a slash`},
		"of other systems":    {"name: paced", `name: x\paced`, "without a slash"},
		"a phase's, a break":  {"name: paced", `name: "x\npaced"`, "without a slash"},
		"a phase's, long":     {"name: paced", "name: " + strings.Repeat("x", 101), "at most 100 bytes"},
		"no phases":           {valid[strings.Index(valid, "phases:"):strings.Index(valid, "decide")], "", "phases"},
		"unknown metric":      {"[throughput]", "[speed]", `decide "speed"`},
		"a path for a name":   {"name: mine", "name: ../mine", "without a slash"},
		"too many processes":  {"processes: 2", "processes: 5000", "from 1 to 1024"},
		"no concurrency":      {"concurrency: 10", "concurrency: 0", "concurrency 0"},
		"no limit":            {"limit: 1m", "", "limit"},
		"no limit of warm-up": {"warmup: {limit: 5s}", "", "warmup.limit"},
		"a negative span":     {"limit: 1m", "limit: -1m", "above zero"},
		"no tasks":            {"tasks: 500", "tasks: 0", "phases[1].tasks 0"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(valid, tt.from, tt.to, 1)
			if bad == valid {
				t.Fatal("nothing was replaced")
			}
			_, err := Parse("mine.yaml", []byte(bad))
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "mine.yaml") {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("the message has several lines: %q", err)
			}
		})
	}
}

func TestAScaleLeavesRatesAloneAndNoPhaseTooSmall(t *testing.T) {
	t.Parallel()
	s, err := Parse("mine.yaml", []byte(valid))
	if err != nil {
		t.Fatal(err)
	}
	small := s.Scaled(0.25)
	if small.Phases[0].Tasks != 250 || small.Phases[1].Tasks != 125 || small.Phases[1].Rate != 100 {
		t.Errorf("%+v", small.Phases)
	}
	if tiny := s.Scaled(0.001); tiny.Phases[0].Tasks != 100 {
		t.Errorf("%+v", tiny.Phases)
	}
	if s.Phases[0].Tasks != 1000 {
		t.Error("scaling changed the original")
	}
}

var update = flag.Bool("update", false, "write docs/scenarios.md and docs/claims.md again")

func TestTheDocumentIsThatOfTheScenarios(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	document(t, "../docs/scenarios.md", Document(all))
	for _, s := range all {
		if s.Why == "" || s.Lies == "" || s.Question == "" || len(s.Decide) == 0 {
			t.Errorf("scenario %s doesn't say all of itself", s.Name)
		}
	}
}

// document compares a generated document with the file.
func document(t *testing.T, path, want string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("%s is not what the suite says: run with -update: %s", path, diff)
	}
}
