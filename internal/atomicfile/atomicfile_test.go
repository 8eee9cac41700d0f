package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/internal/atomicfile"
)

// A write that fails half-way, as on a full disk, leaves the old file and nothing else.
func TestAFailedWriteLeavesTheOldFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f.json")
	if err := atomicfile.WriteJSON(path, "old"); err != nil {
		t.Fatal(err)
	}
	err := atomicfile.Write(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		return syscall.ENOSPC
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("err = %v", err)
	}
	if data, err := os.ReadFile(path); string(data) != "\"old\"\n" || err != nil {
		t.Errorf("the file has %q (%v)", data, err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder has %v (%v)", entries, err)
	}
}

func TestWriteNamesTheFileItCouldNotMake(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none", "f")
	err := atomicfile.WriteJSON(path, 1)
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("err = %v", err)
	}
}
