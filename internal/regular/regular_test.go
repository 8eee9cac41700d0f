package regular

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func small() Limit { return Limit{"a note", 1000} }

// place makes what a path can lead to.
type place func(t *testing.T, path string)

func pipe(t *testing.T, path string) {
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

func socket(t *testing.T, path string) {
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
}

func linked(to string) place {
	return func(t *testing.T, path string) {
		if err := os.Symlink(to, path); err != nil {
			t.Fatal(err)
		}
	}
}

func long(n int64) place {
	return func(t *testing.T, path string) {
		if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, n)); err != nil {
			t.Fatal(err)
		}
	}
}

func folderAt(t *testing.T, path string) {
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyRegularFilesOfABoundedSizeAreRead(t *testing.T) {
	for name, tt := range map[string]struct {
		make place
		// want is the refusal's text, "" for a file of 3 bytes that is read; unlinked is the same without links.
		want, unlinked string
	}{
		"a file":              {long(3), "", ""},
		"a pipe":              {pipe, "it is a pipe", "it is a pipe"},
		"a socket":            {socket, "it is a socket", "it is a socket"},
		"a directory":         {folderAt, "it is a directory", "it is a directory"},
		"a link to a device":  {linked("/dev/zero"), "it is a device", "it is a symbolic link"},
		"a link to a file":    {linked("target"), "", "it is a symbolic link"},
		"a file at the limit": {long(1000), "", ""},
		"a file beyond it":    {long(1001), "it has 1001 bytes, and a note may have 1000 bytes", "it has 1001 bytes"},
		"a huge file":         {long(3 << 40), "it has 3 TiB", "it has 3 TiB"},
		"a file of no size that has more than it may": {linked("/proc/kallsyms"), "it has more than the 1000 bytes that a note may have", "it is a symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			long(3)(t, filepath.Join(dir, "target"))
			path := filepath.Join(dir, "x")
			tt.make(t, path)
			check := func(how, want string, data []byte, err error) {
				t.Helper()
				switch {
				case want == "":
					if err != nil || len(data) != 3 && len(data) != 1000 {
						t.Errorf("%s: %d bytes (%v)", how, len(data), err)
					}
				case !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), dir):
					t.Errorf("%s: err = %v, want %q", how, err, want)
				}
			}
			data, err := Read(path, small())
			check("Read", tt.want, data, err)
			data, err = ReadUnlinked(path, small())
			check("ReadUnlinked", tt.unlinked, data, err)
			if strings.Contains(tt.want, "more than") {
				return // a stream is bounded by its reader
			}
			f, err := OpenLimited(path, small())
			if err == nil {
				defer f.Close()
				data, err = io.ReadAll(f)
			}
			check("OpenLimited", tt.want, data, err)
		})
	}
}

// Below a root, a link that leads out reaches no file.
func TestReadingBelowARoot(t *testing.T) {
	dir := t.TempDir()
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "in"), 0o700), os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600),
		os.WriteFile(filepath.Join(dir, "in", "file"), []byte("abc"), 0o600), os.Symlink("../secret", filepath.Join(dir, "in", "out"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	pipe(t, filepath.Join(dir, "in", "pipe"))
	root, err := os.OpenRoot(filepath.Join(dir, "in"))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if data, err := ReadIn(root, "file", small()); err != nil || string(data) != "abc" {
		t.Errorf("%q, %v", data, err)
	}
	if _, err := ReadIn(root, "out", small()); err == nil {
		t.Error("a link led out of the root")
	}
	if _, err := ReadIn(root, "pipe", small()); !errors.Is(err, ErrRefused) {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := ReadIn(root, "none", small()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// A path's target may change between the check and the opening.
func TestASwappedFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	pipe(t, path)
	if f, err := open(swapped{}, path); !errors.Is(err, ErrRefused) || f != nil {
		t.Errorf("a pipe in the place of a file: %v", err)
	}
}

// swapped is a file system in which each path leads to a regular file until it is opened.
type swapped struct{ everywhere }

func (swapped) Stat(string) (fs.FileInfo, error) { return os.Stat(os.Args[0]) }

// New content replaces the room's, and a growing file is only read up to the limit.
func TestRoomIsUsedAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	room := bytes.Repeat([]byte("z"), 4096)
	was := &room[0]
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Fill(&room, f, small()); err != nil || string(room) != "abc" || &room[0] != was {
		t.Errorf("%q, %v; the same room: %v", room, err, &room[0] == was)
	}
}

func TestTheSumOfAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got, err := Sum(path, small()); got != want || err != nil {
		t.Errorf("%s (%v)", got, err)
	}
	if _, err := Sum(filepath.Join(dir, "none"), small()); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), dir) {
		t.Errorf("no file: %v", err)
	}
	if _, err := Sum(path, Limit{"a note", 2}); !errors.Is(err, ErrRefused) {
		t.Errorf("a file that is too large: %v", err)
	}
}

func TestSizesAreReadable(t *testing.T) {
	for n, want := range map[int64]string{0: "0 bytes", 1023: "1023 bytes", 1 << 20: "1 MiB", 3 << 29: "1.5 GiB", 1<<40 + 1<<39: "1.5 TiB"} {
		if got := size(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// Some regular files of /proc wait for future events. A pipe that is read without blocking does the same.
func TestAFileThatGivesNothingIsGivenUp(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := Fill(new([]byte), r, small()); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "no data came from it") {
		t.Errorf("err = %v", err)
	}
}

func TestOnlyRegularFilesAreWrittenToOrReplaced(t *testing.T) {
	for name, tt := range map[string]struct {
		make place
		// append is the refusal's text for appending, replace that for replacing.
		append, replace string
	}{
		"nothing":            {func(*testing.T, string) {}, "", ""},
		"a file":             {long(3), "", ""},
		"a pipe":             {pipe, "no such device or address", "it is a pipe"},
		"a socket":           {socket, "no such device or address", "it is a socket"},
		"a directory":        {folderAt, "is a directory", "it is a directory"},
		"a link to a device": {linked("/dev/null"), "too many levels of symbolic links", "it is a device"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x")
			tt.make(t, path)
			if err := Replaceable(path); (err == nil) != (tt.replace == "") || err != nil && !strings.Contains(err.Error(), tt.replace) {
				t.Errorf("replace it: %v, want %q", err, tt.replace)
			}
			f, err := AppendUnlinked(path, 0o600)
			if (err == nil) != (tt.append == "") || err != nil && !strings.Contains(err.Error(), tt.append) {
				t.Errorf("write at its end: %v, want %q", err, tt.append)
			}
			if err == nil {
				_ = f.Close()
			}
		})
	}
	// A pipe with a reader opens, but is still a pipe.
	path := filepath.Join(t.TempDir(), "x")
	pipe(t, path)
	r, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := AppendUnlinked(path, 0o600); !errors.Is(err, ErrRefused) {
		t.Errorf("err = %v", err)
	}
}

// Root may write to any folder, so the refusals are planted.
func TestAFileIsOnlyReplacedInAFolderThatCanBeWrittenTo(t *testing.T) {
	dir := t.TempDir()
	long(3)(t, filepath.Join(dir, "file"))
	for name, tt := range map[string]struct {
		path    string
		refusal error
		want    string
	}{
		"nothing":                      {"none", nil, ""},
		"a file":                       {"file", nil, ""},
		"nothing, in another's folder": {"none", unix.EACCES, "its folder can't be written to: permission denied"},
		"a file in another's folder":   {"file", unix.EACCES, "its folder can't be written to: permission denied"},
		"on a medium that is fixed":    {"none", unix.EROFS, "its folder can't be written to: read-only file system"},
		"nothing in no folder":         {filepath.Join("none", "x"), unix.EACCES, "its folder: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			err := replaceable(filepath.Join(dir, tt.path), func(folder string, mode uint32) error {
				if folder != dir || mode != unix.W_OK|unix.X_OK {
					t.Errorf("asked for %o of %s", mode, folder)
				}
				return tt.refusal
			})
			if (err == nil) != (tt.want == "") || err != nil && err.Error() != tt.want {
				t.Errorf("err = %v, want %q", err, tt.want)
			}
		})
	}
}
