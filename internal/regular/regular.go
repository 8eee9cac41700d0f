// Package regular opens and reads regular files of a bounded size, and nothing else.
//
// A path from somebody else may lead to a pipe without a writer, an endless device or a file that fills the memory. Each is refused with an
// error that says what it is and what to do.
package regular

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrRefused marks something other than a regular file, and a file that is too large.
var ErrRefused = errors.New("not a usable regular file")

// refusal is such an error whose text is complete without the mark's.
type refusal string

func (r refusal) Error() string { return string(r) }

func (refusal) Is(target error) bool { return target == ErrRefused }

// Limit is the maximum size of a kind of file.
type Limit struct {
	// Kind names it in errors, such as "a scenario".
	Kind  string
	Bytes int64
}

// folder is where names are resolved: the file system, or an os.Root.
type folder interface {
	Stat(name string) (fs.FileInfo, error)
	OpenFile(name string, flag int, mode fs.FileMode) (*os.File, error)
}

// everywhere is the file system.
type everywhere struct{}

func (everywhere) Stat(name string) (fs.FileInfo, error) { return os.Stat(name) }

func (everywhere) OpenFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag, mode)
}

// unlinked is the file system without links to files.
type unlinked struct{}

func (unlinked) Stat(name string) (fs.FileInfo, error) { return os.Lstat(name) }

func (unlinked) OpenFile(name string, flag int, mode fs.FileMode) (*os.File, error) {
	return os.OpenFile(name, flag|syscall.O_NOFOLLOW, mode)
}

// Open opens a regular file for reading, also through a link. Its errors don't have the path.
func Open(path string) (*os.File, error) { return open(everywhere{}, path) }

// OpenLimited is Open for a file that is read as a stream: it refuses one that is too large.
func OpenLimited(path string, l Limit) (*os.File, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	if err := l.allows(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// OpenIn is Open below a root.
func OpenIn(root *os.Root, name string) (*os.File, error) { return open(root, name) }

// OpenUnlinked is Open for a folder that another user's program writes to: it refuses links, which could lead to files that the user can't
// read.
func OpenUnlinked(path string) (*os.File, error) { return open(unlinked{}, path) }

// AppendUnlinked opens or creates a file to append to, in a folder like OpenUnlinked's. Its errors don't have the path.
func AppendUnlinked(path string, mode fs.FileMode) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, mode)
	if err != nil {
		return nil, Bare(err)
	}
	return checked(f)
}

// Replaceable reports whether a path may get a file: it is free or has a regular file, which is replaced, and its folder is there and can be
// written to. Its errors don't have the path.
func Replaceable(path string) error { return replaceable(path, unix.Access) }

// replaceable asks access whether a folder can be written to.
func replaceable(path string, access func(dir string, mode uint32) error) error {
	info, err := os.Stat(path)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Bare(err)
	case err == nil && !info.Mode().IsRegular():
		return refusal("it is " + kind(info.Mode()) + ", and only a regular file is replaced: name another")
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("its folder: %w", Bare(err))
	}
	// The new file is made next to the path, also where there is one that could be written to.
	if err := access(dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("its folder can't be written to: %w", err)
	}
	return nil
}

// open checks before opening, as opening a device may have an effect, and again afterwards, as the path may have changed.
func open(in folder, name string) (*os.File, error) {
	info, err := in.Stat(name)
	if err == nil {
		err = check(info)
	}
	if err != nil {
		return nil, Bare(err)
	}
	f, err := in.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, Bare(err)
	}
	return checked(f)
}

// checked is an open regular file.
func checked(f *os.File) (*os.File, error) {
	info, err := f.Stat()
	if err == nil {
		err = check(info)
	}
	if err != nil {
		return nil, errors.Join(Bare(err), f.Close())
	}
	return f, nil
}

// check refuses all but regular files.
func check(info fs.FileInfo) error {
	if info.Mode().IsRegular() {
		return nil
	}
	return refusal("it is " + kind(info.Mode()) + ", and only a regular file is taken: give one in its place")
}

// kind names something other than a regular file.
func kind(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "a special file"
}

// Bare drops the path that the caller's message already has.
func Bare(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// Read reads a whole regular file, also through a link. Its errors don't have the path.
func Read(path string, l Limit) ([]byte, error) { return read(everywhere{}, path, l) }

// ReadIn is Read below a root.
func ReadIn(root *os.Root, name string, l Limit) ([]byte, error) { return read(root, name, l) }

// ReadUnlinked is to Read as OpenUnlinked is to Open.
func ReadUnlinked(path string, l Limit) ([]byte, error) { return read(unlinked{}, path, l) }

func read(in folder, name string, l Limit) ([]byte, error) {
	f, err := open(in, name)
	if err != nil {
		return nil, err
	}
	var data []byte
	err = Fill(&data, f, l)
	return data, errors.Join(err, f.Close())
}

// patience is how long a read may wait: some files of /proc are regular but wait for future events (/proc/kmsg).
const patience = 2 * time.Second

// Fill reads a whole file into room, replacing its content. It reuses the room if it is large enough.
func Fill(room *[]byte, f *os.File, l Limit) error {
	info, err := f.Stat()
	if err != nil {
		return Bare(err)
	}
	b := bytes.NewBuffer((*room)[:0])
	if info.Size() <= l.Bytes {
		// One more than its size, to find the end without growing.
		b.Grow(int(info.Size()) + bytes.MinRead)
	}
	err = Copy(b, f, l)
	*room = b.Bytes()
	return err
}

// Copy writes the whole of a file to w.
func Copy(w io.Writer, f *os.File, l Limit) error {
	if err := l.allows(f); err != nil {
		return err
	}
	// A file of /proc doesn't have its size, and any other may grow meanwhile.
	_, err := io.Copy(w, &capped{f, l.Bytes})
	switch {
	case errors.Is(err, errCap):
		return refusal(fmt.Sprintf("it has more than the %s that %s may have: give a smaller one in its place", size(l.Bytes), l.Kind))
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refusal(fmt.Sprintf("no data came from it for %s: use a regular file instead", patience))
	}
	return Bare(err)
}

// errCap: the content exceeds the limit.
var errCap = errors.New("more than allowed")

// allows refuses a file that is larger than the limit, and bounds how long it may be read if it can make its reader wait.
func (l Limit) allows(f *os.File) error {
	info, err := f.Stat()
	if err != nil {
		return Bare(err)
	}
	if info.Size() > l.Bytes {
		return refusal(fmt.Sprintf("it has %s, and %s may have %s: give a smaller one in its place", size(info.Size()), l.Kind, size(l.Bytes)))
	}
	_ = f.SetReadDeadline(time.Now().Add(patience)) // most files have none, and need none
	return nil
}

// capped returns a file's bytes up to a limit, and fails if it has more.
type capped struct {
	f    *os.File
	left int64
}

func (c *capped) Read(p []byte) (int, error) {
	// One more than the rest shows whether there is more.
	n, err := c.f.Read(p[:min(int64(len(p)), c.left+1)])
	if c.left -= int64(n); c.left < 0 {
		return n, errCap
	}
	return n, err
}

// Sum is a whole regular file's SHA-256 sum; the file may be long, also through a link. Its errors don't have the path.
func Sum(path string, l Limit) (string, error) {
	f, err := Open(path)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	if err := errors.Join(Copy(h, f, l), f.Close()); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// size is a number of bytes as a person would say it.
func size(n int64) string {
	for _, unit := range []struct {
		bytes int64
		name  string
	}{{1 << 40, "TiB"}, {1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= unit.bytes {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", float64(n)/float64(unit.bytes)), ".0") + " " + unit.name
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
