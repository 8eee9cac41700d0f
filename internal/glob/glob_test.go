package glob

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestAFoldersNameIsNoPattern(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"plain", "a[b", "run[1]", "what?", "all*", `back\slash`} {
		dir := t.TempDir()
		for _, at := range []string{name, "run1", "whatx", "allx", "backslash"} {
			if err := errors.Join(os.MkdirAll(filepath.Join(dir, at), 0o755), os.WriteFile(filepath.Join(dir, at, ".0001-x"), nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
		folder := filepath.Join(dir, name)
		got, err := In(folder, ".*")
		if want := []string{filepath.Join(folder, ".0001-x")}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	if _, err := In("x", "["); !errors.Is(err, filepath.ErrBadPattern) {
		t.Errorf("a bad pattern: %v", err)
	}
}
