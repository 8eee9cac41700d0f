package workers

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A Go queue that its author has built has programs: tqbench builds its own.
func TestBuiltProgramsOfAGoFolderAreLeftOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"go.mod", "internal/bin/x.go", "main.go", "bin/worker"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("x"), 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	files, err := Folder{Dir: dir, Runtime: Go}.read()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.name)
	}
	if want := []string{"go.mod", "internal/bin/x.go", "main.go"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
