package atomicfile_test

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/internal/atomicfile"
)

// A write that fails halfway, as on a full disk, leaves the old file and nothing else.
func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	for name, write := range map[string]func(string, func(io.Writer) error) error{"flushed": atomicfile.Write, "unflushed": atomicfile.WriteUnflushed} {
		dir := t.TempDir()
		path := filepath.Join(dir, "f.json")
		if err := write(path, atomicfile.JSON("old")); err != nil {
			t.Fatal(err)
		}
		err := write(path, func(w io.Writer) error {
			if _, err := io.WriteString(w, "half"); err != nil {
				return err
			}
			return syscall.ENOSPC
		})
		if !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("%s: err = %v", name, err)
		}
		if data, err := os.ReadFile(path); string(data) != "\"old\"\n" || err != nil {
			t.Errorf("%s: the file has %q (%v)", name, data, err)
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: the folder has %v (%v)", name, entries, err)
		}
	}
}

func TestWriteNamesTheFileItCouldNotMake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	err := atomicfile.WriteJSON(path, 1)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}

// content is the content of a folder's files, by name.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		out[e.Name()] = string(data)
	}
	return out
}

func TestAFolderIsReplacedWholeOrNotAtAll(t *testing.T) {
	parent := t.TempDir()
	path := filepath.Join(parent, "pictures")
	write := func(names ...string) func(string) error {
		return func(dir string) error {
			for _, name := range names {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
					return err
				}
			}
			return nil
		}
	}
	for _, tt := range []struct {
		name string
		fill func(string) error
		err  error
		want map[string]string
	}{
		{"the first", write("a", "b"), nil, map[string]string{"a": "a", "b": "b"}},
		{"a full disk", func(dir string) error { return errors.Join(write("c")(dir), syscall.ENOSPC) }, syscall.ENOSPC, map[string]string{"a": "a", "b": "b"}},
		{"no longer there at the end", os.RemoveAll, os.ErrNotExist, map[string]string{"a": "a", "b": "b"}},
		{"the second", write("b", "c"), nil, map[string]string{"b": "b", "c": "c"}},
		{"none", write(), nil, map[string]string{}},
	} {
		if err := atomicfile.WriteFolder(path, tt.fill); !errors.Is(err, tt.err) {
			t.Errorf("%s: err = %v", tt.name, err)
		}
		if got := content(t, path); !maps.Equal(got, tt.want) {
			t.Errorf("%s: the folder has %v", tt.name, got)
		}
		if entries, err := os.ReadDir(parent); err != nil || len(entries) != 1 {
			t.Errorf("%s: beside it are %v (%v)", tt.name, entries, err)
		}
	}
	if err := atomicfile.WriteFolder(filepath.Join(path, "none", "f"), write()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}
