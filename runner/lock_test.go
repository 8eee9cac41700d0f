package runner

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A call of Busy while a run begins doesn't prevent the run, and sees it from then on.
func TestLockWaitsForBusy(t *testing.T) {
	out := t.TempDir()
	path := filepath.Join(out, "plan.json")
	if err := os.WriteFile(path, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	plan, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer plan.Close()
	// Busy in the middle of its check.
	if err := unix.Flock(int(plan.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	looked := make(chan error, 1)
	time.AfterFunc(lockPatience/20, func() { looked <- unix.Flock(int(plan.Fd()), unix.LOCK_UN) })
	unlock, err := Lock(out)
	if err := <-looked; err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if busy, err := Busy(plan); !busy || err != nil {
		t.Errorf("busy %v (%v)", busy, err)
	}
	if _, err := Lock(out); !errors.Is(err, ErrInput) {
		t.Errorf("a second lock: %v", err)
	}
	unlock()
	if busy, err := Busy(plan); busy || err != nil {
		t.Errorf("busy %v (%v) when the lock is gone", busy, err)
	}
	if unlock, err = Lock(out); err != nil {
		t.Fatalf("after a look: %v", err)
	}
	unlock()
}
