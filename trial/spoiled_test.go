package trial

import (
	"context"
	"errors"
	"io/fs"
	"syscall"
	"testing"
)

// A framework's failure under load costs its trial; a machine's costs the run.
func TestAnErrorUnderLoadIsTheTrials(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		ctx    context.Context
		err    error
		trials bool
	}{
		{t.Context(), errors.New("the client ended early"), true},
		{t.Context(), NotRun("it is late"), true},
		{t.Context(), &fs.PathError{Op: "read", Path: "rows", Err: fs.ErrNotExist}, true},
		{t.Context(), &fs.PathError{Op: "write", Path: "rows", Err: syscall.ENOSPC}, false},
		{t.Context(), &fs.PathError{Op: "write", Path: "rows", Err: syscall.EROFS}, false},
		{t.Context(), ErrOccupied, false},
		{gone, errors.New("send: context canceled"), false},
	} {
		got := spoiled(tt.ctx, tt.err)
		if !errors.Is(got, tt.err) || errors.Is(got, ErrNotRun) != tt.trials || got.Error() != tt.err.Error() {
			t.Errorf("%v became %v", tt.err, got)
		}
	}
}
