package suite

import (
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
)

// waiting is a recovery of 30 s whose fault comes after 10 s.
func waiting() Scenario {
	return Scenario{Name: "waiting", Measure: Recovery, Task: "fetch", Limit: Duration(15 * time.Second), Wait: Duration(90 * time.Second),
		Setting: Setting{Processes: 2, Concurrency: 10}, Warmup: Warmup{Limit: Duration(time.Second)}, Decide: []string{"recovery"},
		Phases: []Phase{{Name: "load", Arrivals: Open, Producer: Wire, Tasks: 300, Rate: 10}}}
}

// A recovery waits until its limit after the load, and longer only for tasks that should be back within the scenario's bound.
func TestARecoveryWaitsAsLongAsItHelps(t *testing.T) {
	t.Parallel()
	after := func(seconds float64) *results.Recovery { return &results.Recovery{AfterSeconds: seconds} }
	for _, tt := range []struct {
		said *results.Recovery
		want time.Duration
	}{
		{nil, 35 * time.Second},
		{after(0), 35 * time.Second},
		{after(60), 85 * time.Second},
		{after(90), 122500 * time.Millisecond},
		{after(91), 35 * time.Second}, // it would be in vain
		{after(3600), 35 * time.Second},
		{&results.Recovery{Never: "by design"}, 35 * time.Second},
	} {
		if got := waiting().Waits(tt.said); got != tt.want.Round(time.Second) {
			t.Errorf("%+v: %s, want %s", tt.said, got, tt.want)
		}
	}
}

// What is said of the kill of a process says nothing of whole workers.
func TestWhatIsSaidIsOfTheFault(t *testing.T) {
	t.Parallel()
	back, never, process := &results.Recovery{AfterSeconds: 60}, &results.Recovery{Never: "by design"}, &results.Recovery{Never: "by design", Process: true}
	for _, tt := range []struct {
		strike     string
		said, want *results.Recovery
	}{
		{"", process, process},
		{StrikeWorker, process, process},
		{StrikeWorkers, process, nil},
		{StrikeWorkers, never, never},
		{StrikeWorkers, back, back},
		{StrikeWorkers, nil, nil},
	} {
		s := waiting()
		s.Strike = tt.strike
		if got := s.Said(tt.said); got != tt.want {
			t.Errorf("strike %q, %+v: %+v, want %+v", tt.strike, tt.said, got, tt.want)
		}
	}
}

// The plan has the limit of each side of a scenario that kills workers, and of no other.
func TestThePlanSaysHowLongToWait(t *testing.T) {
	t.Parallel()
	s := waiting()
	s.Sweep = []Point{{Name: "worker", Setting: Setting{Strike: StrikeWorker}}, {Name: "broker", Setting: Setting{Strike: StrikeBroker}}}
	p, err := NewPlan(Options{Scenarios: []Scenario{s}, Brokers: []string{"redis"}, Contenders: []string{"quick", "never"}, Blocks: 1, Scale: 1,
		Recovery: func(c, b string, s Scenario) (*results.Recovery, error) {
			if c == "never" {
				return &results.Recovery{Never: "by design"}, nil
			}
			return &results.Recovery{AfterSeconds: 60}, nil
		}})
	if err != nil || len(p.Waits) != 2 {
		t.Fatal(p.Waits, err)
	}
	for _, trial := range p.Trials {
		want := time.Duration(0)
		switch {
		case trial.Scenario == "waiting@worker" && trial.Arm == "quick":
			want = 85 * time.Second
		case trial.Scenario == "waiting@worker":
			want = 35 * time.Second
		}
		if got := p.WaitOf(trial); got != want {
			t.Errorf("%s, %s: %s, want %s", trial.Scenario, trial.Arm, got, want)
		}
	}
	for _, tt := range []struct {
		change func(w *Wait)
		want   string
	}{
		{func(w *Wait) { w.Arm = "other" }, "waits[0]: the plan has no cell of waiting@worker, redis and other"},
		{func(w *Wait) { w.Scenario = "waiting@broker" }, "waits[0]: scenario waiting@broker kills no workers"},
		{func(w *Wait) { w.Limit = 0 }, "waits[0]: limit: must be above 0"},
	} {
		bad := p
		bad.Waits = []Wait{p.Waits[0]}
		tt.change(&bad.Waits[0])
		if err := bad.checkWaits(); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
	s = waiting()
	s.Measure, s.Strike = Load, ""
	if err := s.Check(); err == nil || !strings.Contains(err.Error(), "wait: only a scenario that measures recovery has one") {
		t.Error(err)
	}
}
