//go:build !linux

package loadgen

import (
	"errors"
	"fmt"

	"github.com/tqbench/tqbench/internal/clock"
)

// newThreadTimer refuses: only Linux has a timer that is exact enough.
func newThreadTimer(*clock.Clock) (t Timer, release func(), err error) {
	return nil, nil, fmt.Errorf("set the timer slack: %w", errors.ErrUnsupported)
}
