package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A program's name is looked up on its own environment's PATH, which skips files that can't run.
func TestAProgramWithoutASlashIsLookedUp(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	for dir, mode := range map[string]os.FileMode{first: 0o644, second: 0o755} {
		if err := os.WriteFile(filepath.Join(dir, "work"), nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	env := []string{"PATH=" + first + string(os.PathListSeparator) + second}
	if got, err := located("work", env); got != filepath.Join(second, "work") || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := located("./work", env); got != "./work" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := located("rest", env); err == nil || !strings.Contains(err.Error(), first) {
		t.Errorf("%v, want one that names the PATH", err)
	}
}
