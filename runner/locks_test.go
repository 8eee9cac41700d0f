package runner

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// Both configurations of a release have one lock, and a folder's lock isn't made again.
func TestAFolderKeepsItsLocks(t *testing.T) {
	t.Parallel()
	plan := suite.Plan{Arms: []suite.Arm{
		{Name: "celery/threads@5.5.3", Contender: "celery/threads@5.5.3"}, {Name: "celery/gevent@5.5.3", Contender: "celery/gevent@5.5.3"},
		{Name: "celery/threads", Contender: "celery/threads"},
	}}
	errBuilder := errors.New("a builder is needed")
	none := func() (*workers.Builder, error) { return nil, errBuilder }
	out := t.TempDir()
	if _, err := Resolve(t.Context(), plan, out, none); !errors.Is(err, errBuilder) {
		t.Errorf("without a lock: %v", err)
	}
	r := workers.Release{Framework: "celery", Package: "celery", Version: "5.5.3"}
	if err := (Locks{r: {"requirements.txt": []byte("kept\n")}}).Write(out); err != nil {
		t.Fatal(err)
	}
	locks, err := Resolve(t.Context(), plan, out, none)
	if err != nil || len(locks) != 1 || string(locks[r]["requirements.txt"]) != "kept\n" {
		t.Errorf("%q, %v", locks, err)
	}
	if data, err := os.ReadFile(filepath.Join(out, "locks", "celery@5.5.3", "requirements.txt")); err != nil || string(data) != "kept\n" {
		t.Errorf("%q, %v", data, err)
	}
	// A lock of no release in the plan goes with its plan; other files stay.
	other := filepath.Join(out, "locks", "notes.txt")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	now := workers.Release{Framework: "rq", Package: "rq", Version: "git-0123456789"}
	if err := (Locks{now: {"requirements.txt": []byte("new\n"), "rq-1-py3-none-any.whl": []byte("wheel")}}).Write(out); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(out, "locks"))
	if err != nil || len(entries) != 2 || entries[0].Name() != "notes.txt" || entries[1].Name() != now.String() {
		t.Errorf("%v, %v", entries, err)
	}
	if lock, err := readLock(out, now); err != nil || string(lock["rq-1-py3-none-any.whl"]) != "wheel" || len(lock) != 2 {
		t.Errorf("%q, %v", lock, err)
	}
}
