package trial

import (
	"context"
	"errors"
	"syscall"

	"github.com/tqbench/tqbench/contender"
)

// spoiled makes an error the trial's own, so that the run continues with the others: a framework, its client or its broker failed, at any
// stage. Only an interruption, an occupied broker, a wrong contender and a full disk concern the whole run.
func spoiled(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, ErrNotRun) {
		return err
	}
	for _, runs := range []error{ErrOccupied, contender.ErrManifest, contender.ErrUnknown, syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.EIO} {
		if errors.Is(err, runs) {
			return err
		}
	}
	return NotRun("%w", err)
}
