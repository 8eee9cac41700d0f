package clock

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

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
