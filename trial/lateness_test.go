package trial

import (
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// offered makes a span of tasks that were all sent so late and took so long from their intended time.
func offered(n, steps int, late, latency time.Duration) *span {
	s := &span{tasks: make([]entry, n*steps), sends: n}
	for i := range s.tasks {
		e := &s.tasks[i]
		e.intended = int64(i%n) * int64(time.Millisecond)
		e.sent, e.finished, e.ok = e.intended+int64(late), e.intended+int64(latency)*int64(1+i/n), 1
	}
	return s
}

func TestLatenessIsToldFromOnePercentOfTheLatencyAndKeepsATrialOutBeyondItsBound(t *testing.T) {
	told, out := []string{}, []string{"latency_p50", "latency_p99"}
	for name, tt := range map[string]struct {
		late, latency time.Duration
		steps         int
		producer      string
		want          [][]string
	}{
		"one percent":          {20 * time.Microsecond, 2 * time.Millisecond, 1, suite.Wire, nil},
		"above one percent":    {21 * time.Microsecond, 2 * time.Millisecond, 1, suite.Wire, [][]string{told}},
		"of a whole chain":     {21 * time.Microsecond, 2 * time.Millisecond, 4, suite.Wire, nil},
		"by the client itself": {time.Second, 2 * time.Millisecond, 1, suite.Client, nil},
		"beyond the bound":     {6 * time.Millisecond, time.Minute, 1, suite.Wire, [][]string{out}},
		"beyond both":          {6 * time.Millisecond, 100 * time.Millisecond, 1, suite.Wire, [][]string{out, told}},
	} {
		r := &run{}
		var phase results.Phase
		r.lateness(suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: tt.producer}, offered(100, tt.steps, tt.late, tt.latency), &phase)
		var got [][]string
		for _, f := range r.result.Flags {
			if f.Code != results.FlagLate || f.Detail == "" {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, f.Metrics)
		}
		if !slices.EqualFunc(got, tt.want, slices.Equal) {
			t.Errorf("%s: %q, want %q: %+v", name, got, tt.want, r.result.Flags)
		}
		if phase.LateP50 != int64(tt.late) || phase.LateMax != int64(tt.late) {
			t.Errorf("%s: %+v", name, phase)
		}
	}
	r := &run{}
	s := offered(10, 1, time.Millisecond, time.Millisecond)
	for i := range s.tasks {
		s.tasks[i].ok = 0
	}
	if r.lateness(suite.Phase{Arrivals: suite.Open, Producer: suite.Wire}, s, &results.Phase{}); len(r.result.Flags) > 0 {
		t.Errorf("nothing ended, and yet: %+v", r.result.Flags)
	}
}
