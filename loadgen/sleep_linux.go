package loadgen

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/clock"
)

// Timer is a clock that can be slept on.
type Timer interface {
	// Now is nanoseconds of CLOCK_MONOTONIC.
	Now() int64
	// SleepUntil returns at the time, or when the context ends.
	SleepUntil(ctx context.Context, at int64) error
}

// A thread's sleep may end this much late by the kernel's leave: the default of 50 us would be in every latency.
const timerSlack = 1 // ns

// maxSleep bounds one sleep, so that a cancelled context is noticed.
const maxSleep = 50e6 // ns

// threadTimer sleeps in the kernel on its own thread. time.Sleep goes through the runtime's poller, which rounds up to
// a millisecond.
type threadTimer struct{ *clock.Clock }

// newThreadTimer binds the calling goroutine to its thread until release is called.
func newThreadTimer(c *clock.Clock) (t threadTimer, release func(), err error) {
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0); err != nil {
		runtime.UnlockOSThread()
		return threadTimer{}, nil, fmt.Errorf("set the timer slack: %w", err)
	}
	return threadTimer{c}, func() {
		// 0 is the thread's default again.
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0)
		runtime.UnlockOSThread()
	}, nil
}

func (t threadTimer) SleepUntil(ctx context.Context, at int64) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := t.Now()
		if now >= at {
			return nil
		}
		ts := unix.NsecToTimespec(min(at, now+maxSleep))
		err := unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &ts, nil)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("sleep: %w", err)
		}
	}
}
