package trial

import (
	"context"
	"errors"
	"syscall"
)

// spoiled makes an error under load the trial's own, so that the run continues with the others: a framework, its client or its broker
// failed. Only an interruption, an occupied broker, and a full disk concern the whole run.
func spoiled(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, ErrNotRun) || errors.Is(err, ErrOccupied) {
		return err
	}
	for _, disk := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, disk) {
			return err
		}
	}
	return NotRun("%w", err)
}
