package clock_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/clock"
)

// A reading is between two readings of CLOCK_MONOTONIC around it, within the width of the calibration.
func TestNowIsBracketedByTheKernelsClock(t *testing.T) {
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	read := func() int64 {
		var ts unix.Timespec
		if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil {
			t.Fatal(err)
		}
		return ts.Nano()
	}
	const calibration = 10_000 // ns: a tenth of the finest figure the report prints
	for range 1000 {
		before, now, after := read(), c.Now(), read()
		if now < before-calibration || now > after+calibration {
			t.Fatalf("Now() = %d, outside [%d, %d]", now, before, after)
		}
	}
}
