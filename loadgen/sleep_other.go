//go:build !linux

package loadgen

import (
	"context"
	"errors"
	"fmt"

	"github.com/tqbench/tqbench/internal/clock"
)

// threadTimer refuses to sleep: only Linux has an exact enough timer.
type threadTimer struct{ *clock.Clock }

func (threadTimer) SleepUntil(context.Context, int64) error {
	return fmt.Errorf("set the timer slack: %w", errors.ErrUnsupported)
}
