package trial

import (
	"testing"

	"github.com/tqbench/tqbench/results"
)

// Workers may be killed if they have nothing left: no unfinished task, none to be retried, none that runs a second time.
func TestIdleIsWhenEachTaskEndedWellOnce(t *testing.T) {
	ok := func(seq uint64) results.Probe {
		return results.Probe{Seq: seq, Started: 1, Finished: 3, Outcome: results.ProbeOK}
	}
	failed := func(seq uint64) results.Probe {
		p := ok(seq)
		p.Outcome = results.ProbeFailed
		return p
	}
	for _, tt := range []struct {
		name string
		seen []results.Probe
		want bool
	}{
		{"all ended well", []results.Probe{ok(0), ok(1), ok(2)}, true},
		{"one has no end", []results.Probe{ok(0), ok(2)}, false},
		{"one failed and may be tried again", []results.Probe{ok(0), failed(1), ok(2)}, false},
		{"one failed and was tried again", []results.Probe{ok(0), failed(1), ok(1), ok(2)}, false},
		{"one ran twice", []results.Probe{ok(0), ok(1), ok(1), ok(2)}, false},
		{"one was never sent", []results.Probe{ok(0), ok(1), ok(2), ok(3)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := &ledger{watch: newWatch(nil)}
			l.open("warm-up", 1, false)
			l.open("drain", 2, true)
			for _, p := range tt.seen {
				l.note(p)
			}
			if got := l.allWell(); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
			if l.longest.Load() != 2 {
				t.Errorf("the longest execution took %d ns, want 2", l.longest.Load())
			}
		})
	}
}
