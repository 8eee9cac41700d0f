package runner

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A killed run's temporary data are removed, and nothing else.
func TestAKilledRunsLeftoversAreRemoved(t *testing.T) {
	out := t.TempDir()
	stays := []string{"plan.json", ".other", "results/run.json", "results/end.json", "results/trials/0001/trial.json"}
	goes := []string{".plan.json.1", "results/.run.json.2", "results/.end.json.3", "results/trials/.0002-4/trial.json"}
	for _, name := range slices.Concat(stays, goes) {
		path := filepath.Join(out, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s := &session{Options: Options{Out: out}, disk: realDisk{}}
	if err := s.tidy(); err != nil {
		t.Fatal(err)
	}
	var left []string
	err := filepath.WalkDir(out, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(out, path)
			left = append(left, name)
		}
		return err
	})
	slices.Sort(stays)
	slices.Sort(left)
	if err != nil || !slices.Equal(left, stays) {
		t.Errorf("%q are left, want %q (%v)", left, stays, err)
	}
}
