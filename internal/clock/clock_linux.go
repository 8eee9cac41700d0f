// Package clock reads the one clock that harness and workers share: CLOCK_MONOTONIC, in nanoseconds.
//
// Python's time.monotonic_ns reads the same clock, so times that a worker recorded and times that the harness
// took can be subtracted, as long as both run on one kernel (and in one time namespace, which the readiness
// check of a trial proves).
package clock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A Clock turns Go's monotonic readings, which cost no system call, into CLOCK_MONOTONIC.
type Clock struct {
	base   time.Time
	origin int64
}

// New measures the constant between Go's monotonic clock and CLOCK_MONOTONIC.
//
// On Linux both are the same clock with another zero. The constant is taken from the tightest of 64 pairs of
// readings, so that a preemption between the two cannot shift it.
func New() (*Clock, error) {
	best := time.Duration(1 << 62)
	c := &Clock{base: time.Now()}
	for range 64 {
		before := time.Since(c.base)
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			return nil, fmt.Errorf("read CLOCK_MONOTONIC: %w", err)
		}
		after := time.Since(c.base)
		if width := after - before; width < best {
			best = width
			c.origin = ts.Nano() - int64(before+width/2)
		}
	}
	return c, nil
}

// Now is the time in nanoseconds of CLOCK_MONOTONIC.
func (c *Clock) Now() int64 {
	return c.origin + int64(time.Since(c.base))
}
