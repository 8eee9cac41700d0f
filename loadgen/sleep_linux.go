package loadgen

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/clock"
)

// The kernel may end a thread's sleep this much late: the default of 50 us would be in every latency.
const timerSlack = 1 // ns

// maxSleep bounds one sleep, so that a cancelled context is noticed.
const maxSleep = 50e6 // ns

// A sleep ends tens of microseconds late, the time a processor takes to wake up, so the last spin before the time is a busy wait. Below
// spinFrom, that would use more of a core than it is worth: processors that just slept briefly wake up sooner.
const (
	spin     = 30_000  // ns
	spinFrom = 100_000 // ns
)

// threadTimer sleeps in the kernel on its own thread. time.Sleep uses the runtime's poller, which rounds up to a millisecond.
type threadTimer struct{ *clock.Clock }

func (t threadTimer) SleepUntil(ctx context.Context, at int64) error {
	now := t.Now()
	if now >= at {
		return ctx.Err()
	}
	// The slack is the thread's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0); err != nil {
		return fmt.Errorf("set the timer slack: %w", err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) }() // 0 restores the thread's default
	early := int64(0)
	if at-now >= spinFrom {
		early = spin
	}
	for ; now < at; now = t.Now() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if at-now <= early {
			continue
		}
		ts := unix.NsecToTimespec(min(at-early, now+maxSleep))
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("sleep: %w", err)
		}
	}
	return nil
}
