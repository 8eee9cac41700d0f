package suite

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestMeasuresNameWhatTheyNeedOfTheLoad(t *testing.T) {
	t.Parallel()
	cold := Phase{Name: "start", Arrivals: Cold, Producer: Wire, Tasks: 3}
	open := Phase{Name: "open", Arrivals: Open, Producer: Client, Tasks: 100, Rate: 10}
	again := open
	again.Name = "again"
	wire := again
	wire.Producer = Wire
	backlog := Phase{Name: "drain", Arrivals: Backlog, Producer: Wire, Tasks: 100}
	rated := cold
	rated.Rate = 5
	for name, tt := range map[string]struct {
		measure string
		phases  []Phase
		args    []any
		want    string
	}{
		"start":               {Start, []Phase{cold}, nil, ""},
		"start by a backlog":  {Start, []Phase{backlog}, nil, "measure start"},
		"start of two phases": {Start, []Phase{cold, backlog}, nil, "measure start"},
		"start with a rate":   {Start, []Phase{rated}, nil, "has no rate"},
		"start, arguments":    {Start, []Phase{cold}, []any{1}, "measure start"},
		"web":                 {Web, []Phase{open, again}, nil, ""},
		"web of one phase":    {Web, []Phase{open}, nil, "measure web"},
		"web by the wire":     {Web, []Phase{open, wire}, nil, "measure web"},
		"web by a backlog":    {Web, []Phase{open, backlog}, nil, "measure web"},
		"cold load":           {Load, []Phase{cold}, nil, "cold arrivals"},
		"cold search":         {Codec, []Phase{backlog, cold}, nil, "cold arrivals"},
	} {
		s := Scenario{Name: "test", Measure: tt.measure, Task: "noop", Args: tt.args, Setting: Setting{Processes: 1, Concurrency: 1},
			Phases: tt.phases, Warmup: Warmup{Limit: Duration(time.Second)}, Limit: Duration(time.Second)}
		err := s.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}

// A small scale has few starts, and never fewer than a median needs.
func TestStartsAreScaledToThreeAtLeast(t *testing.T) {
	t.Parallel()
	s := Scenario{Measure: Start, Phases: []Phase{{Name: "start", Arrivals: Cold, Tasks: 20}}}
	for scale, want := range map[float64]int{0.05: 3, 0.5: 10, 1: 20} {
		if got := s.Scaled(scale).Phases[0].Tasks; got != want {
			t.Errorf("scale %v: %d starts, want %d", scale, got, want)
		}
	}
}

// A strike is read strictly, and only a recovery has one.
func TestAStrikeIsReadStrictly(t *testing.T) {
	t.Parallel()
	const text = `id: 90
name: x
title: x
question: x?
why: x
lies: x
%s
task: noop
processes: 2
concurrency: 10
sweep:
  - {point: a, %s}
  - {point: b}
warmup: {limit: 1s}
phases:
  - {name: load, arrivals: open, producer: wire, tasks: 100, rate: 10}
decide: [recovery]
limit: 5s
`
	for _, tt := range []struct{ measure, point, want string }{
		{"measure: recovery", "strike: broker", ""},
		{"measure: recovery", "strike: worker", ""},
		{"measure: recovery", "strike: all", `strike "all": allowed: worker, workers, broker, pause, cut, slow`},
		{"measure: recovery", "strike: workers", ""},
		{"measure: recovery", "strike: pause", ""},
		{"measure: recovery", "strike: cut", ""},
		{"measure: recovery", "strike: slow", ""},
		{"measure: recovery", "strikes: broker", "field strikes not found"},
		{"measure: load", "strike: broker", "only a scenario that measures recovery"},
	} {
		s, err := Parse("x.yaml", fmt.Appendf(nil, text, tt.measure, tt.point))
		if tt.want != "" {
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: %v, want %q", tt.measure, tt.point, err, tt.want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		points := s.Expand(1)
		if "strike: "+points[0].Strike != tt.point || points[1].Strike != "" {
			t.Errorf("points strike %q and %q", points[0].Strike, points[1].Strike)
		}
	}
}
