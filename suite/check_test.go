package suite

import (
	"errors"
	"strings"
	"testing"
)

// An author sees all slips of a scenario at once.
func TestAllSlipsOfAScenarioAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Parse("mine.yaml", []byte(`name: my load
measure: lod
processes: 0
concurrency: 10
warmup: {limit: 5s}
phases:
  - {name: drain, arrivals: backlog, producer: wire, tasks: 0}
  - {name: drain, arrivals: open, producer: wire, tasks: 10}
decide: [latency_p98]
limit: 60s
`))
	if err == nil {
		t.Fatal("it passes")
	}
	for _, want := range []string{`name "my load"`, `measure "lod"`, "task, mix", "processes 0", "phases[0].tasks 0", `phases[1].name "drain"`, "phases[1].rate 0",
		`decide "latency_p98" (did you mean latency_p99?)`} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("lacks %q, or has it twice: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("it has several lines: %v", err)
	}
}

func TestOptionsThatMakeNoPlanAreRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"no blocks":      func(o *Options) { o.Blocks = 0 },
		"negative scale": func(o *Options) { o.Scale = -1 },
		"scale 0":        func(o *Options) { o.Scale = 0 },
		"no brokers":     func(o *Options) { o.Brokers = nil },
		"no contenders":  func(o *Options) { o.Contenders = nil },
		"two of a name":  func(o *Options) { o.Scenarios = append(o.Scenarios, o.Scenarios[0]) },
		"too many tasks": func(o *Options) {
			s := o.Scenarios[0]
			s.Phases = []Phase{{Name: "paced", Arrivals: Open, Producer: Wire, Tasks: 168 * 3600 * 200, Rate: 200, Fixed: true}}
			o.Scenarios = []Scenario{s}
		},
	} {
		o := options(t)
		change(&o)
		if _, err := NewPlan(o); !errors.Is(err, ErrPlan) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}
