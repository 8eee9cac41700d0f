package process

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// running reports whether a user has a process.
func running(uid uint32) bool {
	all, _ := filepath.Glob("/proc/[0-9]*") // the pattern is well formed
	for _, dir := range all {
		if u, err := owner(dir); err == nil && u.UID == uid {
			return true
		}
	}
	return false
}

// owner is a file's owner.
func owner(path string) (User, error) {
	info, err := os.Stat(path)
	if err != nil {
		return User{}, err
	}
	st := info.Sys().(*syscall.Stat_t)
	return User{UID: st.Uid, GID: st.Gid}, nil
}

// readProc reads a file of a process that only its own user may read, or root if it may trace all. In a container root may lack that right,
// and reads as the process's user.
func readProc(pid int, name string) (data []byte, err error) {
	data, err = os.ReadFile(procFile(pid, name))
	if !errors.Is(err, fs.ErrPermission) || os.Getuid() != 0 {
		return data, err
	}
	u, err := owner("/proc/" + strconv.Itoa(pid))
	if err != nil {
		return nil, err
	}
	err = as(u, func() (err error) {
		data, err = os.ReadFile(procFile(pid, name))
		return err
	})
	return data, err
}

// as lets root call f as another user, in a thread that ends with it.
func as(u User, f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread is not used again
		const keep = ^uintptr(0)
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESGID, keep, uintptr(u.GID), keep); e != 0 {
			done <- e
			return
		}
		if _, _, e := syscall.RawSyscall(syscall.SYS_SETRESUID, keep, uintptr(u.UID), keep); e != 0 {
			done <- e
			return
		}
		done <- f()
	}()
	return <-done
}

// fields are the white-space separated fields of each line.
func fields(data []byte) (out [][][]byte) {
	for line := range bytes.Lines(data) {
		out = append(out, bytes.Fields(line))
	}
	return out
}
