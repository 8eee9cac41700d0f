package trial

import (
	"slices"
	"testing"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// offered makes a span of tasks with this lateness and this time from their intended time to the end.
func offered(n, steps int, late, latency time.Duration) *span {
	s := &span{tasks: make([]entry, n*steps), sends: n}
	for i := range s.tasks {
		e := &s.tasks[i]
		e.intended = int64(i%n) * int64(time.Millisecond)
		e.sent, e.finished, e.ok = e.intended+int64(late), e.intended+int64(latency)*int64(1+i/n), 1
	}
	return s
}

func TestLatenessBeyondTheBracketGivesNoLatencies(t *testing.T) {
	reported, out := []string{}, metric.Paced()
	for name, tt := range map[string]struct {
		late, latency time.Duration
		steps         int
		producer      string
		// end is the last task's lateness, if it is larger than the others'.
		end  time.Duration
		want [][]string
	}{
		"one percent":          {20 * time.Microsecond, 2 * time.Millisecond, 1, suite.Wire, 0, nil},
		"above one percent":    {21 * time.Microsecond, 2 * time.Millisecond, 1, suite.Wire, 0, [][]string{reported}},
		"of a whole chain":     {21 * time.Microsecond, 2 * time.Millisecond, 4, suite.Wire, 0, nil},
		"by the client itself": {time.Second, 2 * time.Millisecond, 1, suite.Client, 0, nil},
		"beyond the bound":     {6 * time.Millisecond, time.Minute, 1, suite.Wire, 0, [][]string{reported}},
		"beyond both":          {6 * time.Millisecond, 100 * time.Millisecond, 1, suite.Wire, 0, [][]string{reported, reported}},
		"just bracketed":       {lateLimit, time.Minute, 1, suite.Wire, 0, [][]string{reported}},
		"no longer bracketed":  {lateLimit + 1, time.Minute, 1, suite.Wire, 0, [][]string{out}},
		// The schedule is a second long, minus a millisecond.
		"a stretched schedule":        {0, time.Minute, 1, suite.Wire, 101 * time.Millisecond, [][]string{out}},
		"hardly a stretched schedule": {0, time.Minute, 1, suite.Wire, 99 * time.Millisecond, nil},
	} {
		r := &recorder{}
		var phase loaded
		s := offered(1000, tt.steps, tt.late, tt.latency)
		last := &s.tasks[s.sends-1]
		last.sent = max(last.sent, last.intended+int64(tt.end))
		r.lateness(suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: tt.producer}, s, &phase)
		var got [][]string
		for _, f := range r.result.Flags {
			if f.Code != results.FlagLate || f.Check == "" || f.Phase != "paced" || f.Value <= 0 || f.Limit <= 0 {
				t.Errorf("%s: %+v", name, f)
			}
			got = append(got, f.Metrics)
		}
		if !slices.EqualFunc(got, tt.want, slices.Equal) {
			t.Errorf("%s: %q, want %q: %+v", name, got, tt.want, r.result.Flags)
		}
		if phase.LateP50 != int64(tt.late) || phase.LateMax != max(int64(tt.late), int64(tt.end)) {
			t.Errorf("%s: %+v", name, phase)
		}
	}
	r := &recorder{}
	s := offered(10, 1, time.Millisecond, time.Millisecond)
	for i := range s.tasks {
		s.tasks[i].ok = 0
	}
	if r.lateness(suite.Phase{Arrivals: suite.Open, Producer: suite.Wire}, s, &loaded{}); len(r.result.Flags) > 0 {
		t.Errorf("nothing ended, and yet: %+v", r.result.Flags)
	}
}
