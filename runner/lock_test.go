package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A call of Busy while a run begins doesn't prevent the run, and sees it from then on.
func TestLockWaitsForBusy(t *testing.T) {
	out := t.TempDir()
	path := filepath.Join(out, LockName)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	// Busy in the middle of its check.
	if err := unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	looked := make(chan error, 1)
	time.AfterFunc(lockPatience/20, func() { looked <- unix.Flock(int(file.Fd()), unix.LOCK_UN) })
	lock, err := LockFolder(out)
	if err := <-looked; err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if busy, err := Busy(file); !busy || err != nil {
		t.Errorf("busy %v (%v)", busy, err)
	}
	ours := fmt.Sprintf("another tqbench (process %d) is running in %s", os.Getpid(), out)
	if _, err := LockFolder(out); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), ours) {
		t.Errorf("a second lock: %v", err)
	}
	lock.Release()
	if busy, err := Busy(file); busy || err != nil {
		t.Errorf("busy %v (%v) when the lock is gone", busy, err)
	}
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
	lock.Release() // again
	if lock, err = LockFolder(out); err != nil {
		t.Fatalf("after a look: %v", err)
	}
	lock.Release()
}

// A folder set aside is free, and the one in its place is reserved.
func TestAFolderSetAsideIsFree(t *testing.T) {
	dir := t.TempDir()
	out, aside := filepath.Join(dir, "out"), filepath.Join(dir, "aside")
	if err := os.Mkdir(out, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(out, "kept"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	lock, err := LockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.SetAside(aside); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(aside); err != nil || len(left) != 1 || left[0].Name() != "kept" {
		t.Errorf("%v (%v)", left, err)
	}
	if _, err := LockFolder(out); !errors.Is(err, ErrInput) {
		t.Errorf("the new folder is free: %v", err)
	}
	other, err := LockFolder(aside)
	if err != nil {
		t.Fatal(err)
	}
	other.Release()
	lock.Release()
	if left, err := os.ReadDir(out); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
}

// What a killed process or a stranger left in the place of the lock file.
func TestALeftLockFileReservesNothing(t *testing.T) {
	for name, tt := range map[string]struct {
		leave func(path string) error
		want  string
	}{
		"a number":    {func(path string) error { return os.WriteFile(path, []byte("1\n"), 0o644) }, ""},
		"other text":  {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("x", 1<<16)), 0o644) }, ""},
		"a link":      {func(path string) error { return os.Symlink("elsewhere", path) }, "symbolic link"},
		"a pipe":      {func(path string) error { return unix.Mkfifo(path, 0o644) }, "not a regular file: remove it"},
		"a directory": {func(path string) error { return os.Mkdir(path, 0o755) }, "is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			if err := tt.leave(filepath.Join(out, LockName)); err != nil {
				t.Fatal(err)
			}
			lock, err := LockFolder(out)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				lock.Release()
				return
			}
			if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v", err)
			}
			if _, err := os.Lstat(filepath.Join(out, "elsewhere")); err == nil {
				t.Error("it wrote through the link")
			}
		})
	}
}
