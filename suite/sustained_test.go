package suite

import (
	"strings"
	"testing"
	"time"
)

const sustained = `
id: 99
name: mine
task: noop
processes: 2
concurrency: 10
warmup: {limit: 5s}
phases:
  - {name: drain, arrivals: sustained, producer: wire, depth: 1000, lasts: 20s, on: {postgres: {depth: 400}, sqs: {lasts: 10s}}}
  - {name: paced, arrivals: open, producer: wire, tasks: 500, rate: 100}
decide: [throughput]
limit: 1m
`

func TestASustainedBacklogIsReadStrictly(t *testing.T) {
	t.Parallel()
	s, err := Parse("mine.yaml", []byte(sustained))
	if err != nil {
		t.Fatal(err)
	}
	for broker, want := range map[string]Numbers{
		"redis": {Depth: 1000, Lasts: Duration(20 * time.Second)}, "postgres": {Depth: 400, Lasts: Duration(20 * time.Second)},
		"sqs": {Depth: 1000, Lasts: Duration(10 * time.Second)},
	} {
		if p := s.For(broker).Phases[0]; p.Depth != want.Depth || p.Lasts != want.Lasts || p.Tasks != 0 {
			t.Errorf("on %s: %+v", broker, p)
		}
	}
	for name, tt := range map[string]struct{ from, to, want string }{
		"no depth":                  {"depth: 1000, ", "", "phases[0].depth 0: must be from 1 to"},
		"no time":                   {"lasts: 20s, ", "", "phases[0].lasts 0s: a time"},
		"too long a time":           {"lasts: 20s", "lasts: 25h", "phases[0].lasts 25h0m0s: a time of up to 24h"},
		"a number of tasks":         {"lasts: 20s", "lasts: 20s, tasks: 5", "phases[0].tasks: a sustained backlog has depth and lasts instead"},
		"a rate":                    {"lasts: 20s", "lasts: 20s, rate: 5", "phases[0].rate: a backlog has no rate"},
		"by the client":             {"producer: wire, depth", "producer: client, depth", `phases[0].producer "client"`},
		"a depth that workers hold": {"depth: 1000", "depth: 20", "phases[0].depth 20: it must be above the 20 tasks that 2 processes of 10 hold"},
		"the same on one broker":    {"depth: 400", "depth: 20", "phases[0].on.postgres.depth 20: it must be above the 20 tasks"},
		"a negative depth there":    {"depth: 400", "depth: -4", "phases[0].on.postgres: numbers must not be below zero"},
		"the same at a point":       {"warmup:", "sweep: [{point: a}, {point: b, processes: 100}]\nwarmup:", `sweep "b": phases[0].depth 1000: it must be above the 1000 tasks`},
		"a chain": {"task: noop", "mix: [{kind: a, task: noop, share: 1}, {kind: b, task: noop, share: 1}]\nchain: true",
			"phases[0].arrivals: chains end in waves"},
		"the depth of another phase": {"rate: 100", "rate: 100, depth: 5", "phases[1].depth: only a sustained backlog"},
		"the time of another phase":  {"rate: 100", "rate: 100, lasts: 5s", "phases[1].lasts: only a sustained backlog"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := strings.Replace(sustained, tt.from, tt.to, 1)
			if bad == sustained {
				t.Fatal("nothing was replaced")
			}
			if _, err := Parse("mine.yaml", []byte(bad)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("err = %v, want one with %q", err, tt.want)
			}
		})
	}
}

// A point may set the depth of sustained backlogs.
func TestAPointsDepth(t *testing.T) {
	t.Parallel()
	s, err := Parse("mine.yaml", []byte(strings.Replace(sustained, "warmup:", "sweep: [{point: a}, {point: b, processes: 100, depth: 3000, tasks: 200}]\nwarmup:", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range [][4]int{{1000, 0, 0, 500}, {3000, 0, 0, 200}} {
		p := s.Expand(1)[i].Phases
		if got := [4]int{p[0].Depth, p[0].Tasks, p[1].Depth, p[1].Tasks}; got != want {
			t.Errorf("point %d: %v, want %v", i, got, want)
		}
	}
}

func TestAScaleShortensTimesAndLeavesDepthsAlone(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		lasts time.Duration
		scale float64
		fixed bool
		want  time.Duration
	}{
		"whole":                            {20 * time.Second, 1, false, 20 * time.Second},
		"twice":                            {20 * time.Second, 2, false, 40 * time.Second},
		"half":                             {20 * time.Second, 0.5, false, 10 * time.Second},
		"quick":                            {20 * time.Second, 0.15, false, 3 * time.Second},
		"no less than 3 s":                 {20 * time.Second, 0.1, false, 3 * time.Second},
		"a scale that shows that it works": {20 * time.Second, 0.05, false, time.Second},
		"no less than half a second":       {20 * time.Second, 0.001, false, 500 * time.Millisecond},
		"short as it is":                   {time.Second, 0.5, false, time.Second},
		"fixed":                            {20 * time.Second, 0.1, true, 20 * time.Second},
	} {
		s := Scenario{Phases: []Phase{{Arrivals: Sustained, Depth: 1000, Lasts: Duration(tt.lasts), Fixed: tt.fixed,
			On: map[string]Numbers{"sqs": {Lasts: Duration(tt.lasts)}, "mysql": {Depth: 5}}}}}
		p := s.Scaled(tt.scale).Phases[0]
		if time.Duration(p.Lasts) != tt.want || time.Duration(p.On["sqs"].Lasts) != tt.want || p.On["mysql"] != (Numbers{Depth: 5}) ||
			p.Depth != 1000 || p.Tasks != 0 {
			t.Errorf("%s: %+v, want %s", name, p, tt.want)
		}
		if time.Duration(s.Phases[0].On["sqs"].Lasts) != tt.lasts {
			t.Errorf("%s: scaling changed the original", name)
		}
	}
}

func TestHowLongAPhaseIsExpectedToLast(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		phase Phase
		want  time.Duration
		ok    bool
	}{
		"sustained":    {Phase{Arrivals: Sustained, Lasts: Duration(20 * time.Second)}, 22 * time.Second, true},
		"briefly":      {Phase{Arrivals: Sustained, Lasts: Duration(time.Second)}, 1250 * time.Millisecond, true},
		"open":         {Phase{Arrivals: Open, Tasks: 900, Rate: 400}, 2250 * time.Millisecond, true},
		"at random":    {Phase{Arrivals: Poisson, Tasks: 3000, Rate: 40}, 75 * time.Second, true},
		"a trace":      {Phase{Arrivals: Trace, Tasks: 2, Recorded: []Arrival{{At: 1}, {At: 2.5}}}, 2500 * time.Millisecond, true},
		"no trace yet": {Phase{Arrivals: Trace}, 0, false},
		"a backlog":    {Phase{Arrivals: Backlog, Tasks: 1000}, 0, false},
		"starts":       {Phase{Arrivals: Cold, Tasks: 20}, 0, false},
	} {
		if got, ok := tt.phase.Expected(); got != tt.want || ok != tt.ok {
			t.Errorf("%s: %s, %v; want %s, %v", name, got, ok, tt.want, tt.ok)
		}
	}
}
