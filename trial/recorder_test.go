package trial

import (
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A drain ended when its last task did: workers end some while they are being stopped, and a task that failed may succeed later.
func TestADrainEndsWithItsLastTask(t *testing.T) {
	t.Parallel()
	l := &ledger{watch: newWatch(nil)}
	r := &recorder{}
	for _, tt := range []struct {
		name                 string
		tasks                int
		before, after, again int64
	}{
		{"whole", 1, 5, 0, 5}, {"abandoned", 2, 7, 9, 9}, {"dead", 2, 11, 0, 11},
	} {
		s := l.open(tt.name, tt.tasks, true)
		l.note(results.Probe{Seq: uint64(s.first), Started: 1, Finished: uint64(tt.before), Outcome: results.ProbeOK})
		out := newLoaded(suite.Phase{Name: tt.name, Tasks: tt.tasks}, s)
		r.drained(s.tally, &out)
		r.keep(out)
		if tt.after > 0 {
			l.note(results.Probe{Seq: uint64(s.first + 1), Started: 1, Finished: uint64(tt.after), Outcome: results.ProbeOK})
		}
		r.redrained()
		if p := r.result.Phases[len(r.result.Phases)-1]; out.Drained != tt.before || p.Drained != tt.again {
			t.Errorf("%s: drained at %d, then %d; want %d, then %d", tt.name, out.Drained, p.Drained, tt.before, tt.again)
		}
	}
	s := l.open("tried again", 1, true)
	l.note(results.Probe{Seq: uint64(s.first), Started: 1, Finished: 3, Outcome: results.ProbeFailed})
	out := newLoaded(suite.Phase{Name: "tried again", Tasks: 1}, s)
	r.drained(s.tally, &out)
	r.keep(out)
	l.note(results.Probe{Seq: uint64(s.first), Started: 6, Finished: 8, Outcome: results.ProbeOK})
	r.redrained()
	if p := r.result.Phases[len(r.result.Phases)-1]; out.Drained != 3 || p.Drained != 8 {
		t.Errorf("a task that was tried again: drained at %d, then %d", out.Drained, p.Drained)
	}
}
