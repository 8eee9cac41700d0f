package loadgen

import (
	"context"

	"github.com/tqbench/tqbench/internal/clock"
)

// Timer is a clock that can be slept on.
type Timer interface {
	// Now is nanoseconds of CLOCK_MONOTONIC.
	Now() int64
	// SleepUntil returns at the time, or when the context ends.
	SleepUntil(ctx context.Context, at int64) error
}

// NewTimer makes a timer of a clock. It is exact to tens of microseconds, as a schedule must be.
func NewTimer(c *clock.Clock) Timer { return threadTimer{c} }
