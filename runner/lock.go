package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/suite"
)

// Lock reserves an output folder with a plan until unlock is called. The lock ends with the process.
func Lock(out string) (unlock func(), err error) {
	l := flock.New(suite.PlanPath(out), flock.SetFlag(os.O_RDONLY|syscall.O_NONBLOCK))
	// A caller of Busy has the lock for an instant.
	ctx, cancel := context.WithTimeout(context.Background(), lockPatience)
	defer cancel()
	ok, err := l.TryLockContext(ctx, lockPatience/50)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf("%w: lock %s: %w", ErrInput, out, err)
	}
	if !ok {
		return nil, fmt.Errorf("%w: another tqbench is running in %s: wait for it, or name another folder with --out", ErrInput, out)
	}
	return func() { _ = l.Close() }, nil
}

// lockPatience is how long Lock tries.
const lockPatience = time.Second

// Busy reports whether a tqbench works in the folder of this open plan.json.
func Busy(plan *os.File) (bool, error) {
	err := unix.Flock(int(plan.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the lock of %s: %w", plan.Name(), err)
	}
	if err := unix.Flock(int(plan.Fd()), unix.LOCK_UN); err != nil {
		return false, fmt.Errorf("unlock %s: %w", plan.Name(), err)
	}
	return false, nil
}
