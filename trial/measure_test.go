package trial

import (
	"context"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
)

// stillBroker holds no task and uses nothing.
type stillBroker struct{ broker.Broker }

func (stillBroker) Usage() (process.Usage, bool)                         { return process.Usage{}, true }
func (stillBroker) PSS() int64                                           { return 0 }
func (stillBroker) Depth(context.Context, []broker.Place) (int64, error) { return 0, nil }

// stillCrew has no processes.
type stillCrew struct{ crew }

func (stillCrew) Usage() process.Usage { return process.Usage{} }
func (stillCrew) PSS() int64           { return 0 }

// burn uses CPU time.
func burn(more time.Duration) {
	for began := process.Self(); process.Self()-began < more; {
	}
}

// What this process uses while others have their turn is no cost of the side that waits, whether its turn comes again or not.
func TestOtherTurnsAreNoCostOfASide(t *testing.T) {
	t.Parallel()
	const others = 100 * time.Millisecond
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	e := &meter{clock: c, broker: stillBroker{}, fleet: &fleet{group: stillCrew{}}, rec: &recorder{machine: &sampler{clock: c}}}
	for name, back := range map[string]bool{"it goes on": true, "it ends in a pause": false} {
		before := process.Self()
		m := e.measure(&tally{name: "drain"})
		m.pause(t.Context())
		burn(others)
		if live := m.ownUse(process.Self()); live > process.Self()-before-others {
			t.Errorf("%s: in the pause, %s count", name, live)
		}
		if back {
			m.resume(t.Context())
		}
		var out loaded
		m.end(&out)
		all := process.Self() - before
		if got := out.HarnessUsage.CPUSeconds; got < 0 || got > (all-others).Seconds() {
			t.Errorf("%s: %v s of CPU time count, of %s, and others had %s of these", name, got, all, others)
		}
	}
}

func TestPausesAddUp(t *testing.T) {
	t.Parallel()
	const s = int64(time.Second)
	var p pauses
	p.end(7*s, time.Second) // there is none
	p.begin(10*s, 2*time.Second)
	p.end(13*s, 4*time.Second)
	p.begin(20*s, 5*time.Second)
	if p.away != 3*s || p.used(5500*time.Millisecond) != 2500*time.Millisecond {
		t.Errorf("in a pause: %d ns away, %s used", p.away, p.used(5500*time.Millisecond))
	}
	p.end(21*s, 6*time.Second)
	if p.away != 4*s || p.used(9*time.Second) != 3*time.Second {
		t.Errorf("%d ns away, %s used", p.away, p.used(9*time.Second))
	}
}
