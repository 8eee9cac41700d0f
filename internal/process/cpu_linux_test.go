package process

import (
	"os"
	"testing"
	"time"
)

// A process's CPU-time clock says what getrusage says of this process, and is finer than a tick.
func TestTheCPUClockIsThatOfTheWholeProcess(t *testing.T) {
	finer := false
	for range 5 {
		for end := time.Now().Add(3 * time.Millisecond); time.Now().Before(end); {
		}
		before := Self()
		got, ok := cpuClock(os.Getpid())
		after := Self()
		// Other threads run meanwhile, and getrusage rounds to microseconds.
		if !ok || got < before-time.Millisecond || got > after+time.Millisecond {
			t.Errorf("%s (%v), and getrusage says %s to %s", got, ok, before, after)
		}
		finer = finer || got%Tick != 0
	}
	if !finer {
		t.Error("it counts in ticks")
	}
	if _, ok := cpuClock(1 << 22); ok {
		t.Error("a process that can't exist has a clock")
	}
}
