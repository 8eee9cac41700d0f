package results

import (
	"os"
	"path/filepath"
	"testing"
)

// A run removes its own live.json and what was left of its writing, whatever its folder is called.
func TestRemoveLiveTakesAFolderByItsName(t *testing.T) {
	parent := t.TempDir()
	for _, name := range []string{"a[", "runs[ab]", "runsa"} {
		for _, file := range []string{LiveName, "." + LiveName + ".1", "plan.json"} {
			path := filepath.Join(parent, name, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{"a[", "runs[ab]", "nowhere"} {
		if err := RemoveLive(filepath.Join(parent, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, want := range map[string]int{"a[": 1, "runs[ab]": 1, "runsa": 3} {
		if files, err := os.ReadDir(filepath.Join(parent, name)); err != nil || len(files) != want {
			t.Errorf("%s has %d files, want %d (%v)", name, len(files), want, err)
		}
	}
}
