package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/regular"
)

// LockName is the file in an output folder that a tqbench at work there has locked. It has the number of the process.
const LockName = ".lock"

// Lock is an output folder that is reserved for this process. It ends with the process.
type Lock struct {
	out  string
	file *os.File
}

// LockFolder reserves an output folder, which must exist, until Release. A folder that another tqbench has reserved is ErrInput, and the
// error names its process.
func LockFolder(out string) (*Lock, error) {
	path := filepath.Join(out, LockName)
	// A caller of Busy has the lock for an instant, and one who releases it removes the file.
	for deadline := time.Now().Add(lockPatience); ; {
		f, err := tryLock(path)
		switch {
		case err == nil:
			return &Lock{out, f}, nil
		case !errors.Is(err, errTaken) && !errors.Is(err, errReplaced):
			return nil, fmt.Errorf("%w: lock %s: %w", ErrInput, path, regular.Bare(err))
		case time.Now().After(deadline):
			return nil, fmt.Errorf("%w: %s is running in %s: wait for it, stop it, or name another folder with --out", ErrInput, holder(path), out)
		}
		time.Sleep(lockPatience / 50)
	}
}

// lockPatience is how long LockFolder tries.
const lockPatience = time.Second

var (
	errTaken    = errors.New("another process has the lock")
	errReplaced = errors.New("the lock was removed meanwhile")
)

// tryLock opens, locks and fills the lock file.
func tryLock(path string) (_ *os.File, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	opened, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !opened.Mode().IsRegular() {
		return nil, errors.New("it is not a regular file: remove it")
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errTaken
	} else if err != nil {
		return nil, err
	}
	// The one who had it may have removed the file after we opened it.
	if now, err := os.Lstat(path); err != nil || !os.SameFile(opened, now) {
		return nil, errReplaced
	}
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return f, err
}

// holder names the process in a lock file.
func holder(path string) string {
	const longest = 32 // of a process number
	var pid int
	if f, err := regular.OpenUnlinked(path); err == nil {
		data, _ := io.ReadAll(io.LimitReader(f, longest)) // what can't be read names no process
		pid, _ = strconv.Atoi(strings.TrimSpace(string(data)))
		_ = f.Close()
	}
	if pid <= 0 {
		return "another tqbench" // it has the lock, and is about to write its number
	}
	return fmt.Sprintf("another tqbench (process %d)", pid)
}

// Folder is the reserved folder.
func (l *Lock) Folder() string { return l.out }

// SetAside renames the reserved folder, and reserves a new one in its place.
func (l *Lock) SetAside(to string) error {
	if err := os.Rename(l.out, to); err != nil {
		return err
	}
	before := Lock{to, l.file}
	before.Release()
	err := os.MkdirAll(l.out, 0o755)
	if err == nil {
		var again *Lock
		if again, err = LockFolder(l.out); err == nil {
			l.file = again.file
			return nil
		}
	}
	return fmt.Errorf("%s is %s now: %w", l.out, to, err)
}

// Release ends the reservation. A second call does nothing.
func (l *Lock) Release() {
	path := filepath.Join(l.out, LockName)
	// A file that stays reserves nothing. Another process may have made this one, if a user removed ours.
	if ours, err := l.file.Stat(); err == nil {
		if now, err := os.Lstat(path); err == nil && os.SameFile(ours, now) {
			_ = os.Remove(path)
		}
	}
	_ = l.file.Close()
}

// Busy reports whether a tqbench works in the folder of this open lock file.
func Busy(lock *os.File) (bool, error) {
	err := unix.Flock(int(lock.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("look at the lock of %s: %w", lock.Name(), err)
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_UN); err != nil {
		return false, fmt.Errorf("unlock %s: %w", lock.Name(), err)
	}
	return false, nil
}
