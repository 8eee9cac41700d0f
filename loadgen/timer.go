package loadgen

import "context"

// Timer is a clock that can be slept on.
type Timer interface {
	// Now is nanoseconds of CLOCK_MONOTONIC.
	Now() int64
	// SleepUntil returns at the time, or when the context ends.
	SleepUntil(ctx context.Context, at int64) error
}
