// Package clock reads the one clock that harness and workers share: CLOCK_MONOTONIC, in nanoseconds.
//
// Python's time.monotonic_ns reads the same clock, so times that a worker recorded and times that the harness
// took can be subtracted, as long as both run on one kernel (and in one time namespace, which the readiness
// check of a trial proves).
package clock

import "time"

// A Clock turns Go's monotonic readings, which cost no system call, into CLOCK_MONOTONIC.
type Clock struct {
	base   time.Time
	origin int64
}

// Now is the time in nanoseconds of CLOCK_MONOTONIC.
func (c *Clock) Now() int64 {
	return c.origin + int64(time.Since(c.base))
}
