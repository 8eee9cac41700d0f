package bundle_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/verify"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

// The same run in another folder, with other times and modes, is the same bundle, and it verifies.
func TestTheSameRunIsTheSameBundle(t *testing.T) {
	out := honestRun(t, 1)
	first := bundled(t, out)
	other := copied(t, out)
	if err := os.Chtimes(filepath.Join(other, "plan.json"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(other, "plan.json"), 0o600); err != nil {
		t.Fatal(err)
	}
	// What no document vouches for isn't bundled.
	if err := os.WriteFile(filepath.Join(other, "notes.txt"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	second := bundled(t, other)
	if filepath.Base(first) != filepath.Base(second) || !same(t, first, second) {
		t.Errorf("%s and %s differ", first, second)
	}
	// The folder may be written in any way.
	t.Chdir(filepath.Dir(other))
	for _, out := range []string{"./" + filepath.Base(other), filepath.Base(other) + "//", filepath.Join("..", filepath.Base(filepath.Dir(other))) + "/./" + filepath.Base(other)} {
		if w, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: t.TempDir()}); err != nil || filepath.Base(w.Path) != filepath.Base(first) {
			t.Errorf("%s: %s, %v", out, w.Path, err)
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	r, err := verify.File(t.Context(), second, verify.Options{})
	if err != nil || !r.Verified() {
		t.Errorf("%v %+v", err, r.Findings)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	for _, check := range []string{verify.Content, verify.Plan, verify.Trials, verify.Accounting, verify.Phases, verify.Versions, verify.Analysis} {
		right := false
		for _, f := range r.Of(verify.Right) {
			right = right || f.Check == check
		}
		if !right {
			t.Errorf("%s isn't checked: %+v", check, r.Findings)
		}
	}
}

// What a run holds of secrets, and a run that isn't over, are refused in a line that names the file.
func TestSomeRunsAreNotBundled(t *testing.T) {
	log := func(text string) func(t *testing.T, out string) {
		return func(t *testing.T, out string) {
			dir := results.TrialDir(out, 1)
			x, err := results.ReadTrial(dir)
			err = errors.Join(err, os.WriteFile(filepath.Join(dir, "worker-1.log"), []byte(text), 0o644))
			if err := errors.Join(err, results.WriteTrial(dir, x)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(t *testing.T, out string)
		want   string
	}{
		{"a password", log("connect to redis://shop:hunter2@db.example:6379/0 failed"), "a URL with a password"},
		{"a password among parameters", log("connect to postgresql://db.example/shop?user=u&password=hunter2 failed"), "a URL with a password"},
		{"a key", log("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl"), "a private key"},
		{"running", func(t *testing.T, out string) {
			lock, err := runner.LockFolder(out)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(lock.Release)
		}, "a tqbench is running"},
		{"interrupted", func(t *testing.T, out string) {
			e, _, err := results.ReadEnd(out)
			e.Why, e.Trials = results.EndInterrupted, e.Trials[:5]
			if err := errors.Join(err, os.RemoveAll(results.TrialDir(out, 6)), results.WriteEnd(out, e)); err != nil {
				t.Fatal(err)
			}
		}, "5 of 6 planned trials are there (interrupted)"},
		{"killed", func(t *testing.T, out string) {
			if err := results.RemoveEnd(out); err != nil {
				t.Fatal(err)
			}
		}, "it was killed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, to := honestRun(t, 1), t.TempDir()
			tt.change(t, out)
			_, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: to})
			if !errors.Is(err, bundle.ErrInput) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
			if left, err := os.ReadDir(to); err != nil || len(left) > 0 {
				t.Errorf("written: %v %v", left, err)
			}
		})
	}
}

// A masked password is none, and a path of the home folder is named.
func TestPlacesOfTheMachineAreNamed(t *testing.T) {
	out := honestRun(t, 1)
	run, err := results.ReadRun(out)
	run.Command = []string{"tqbench", "quick", "--broker-url", "redis://:***@db", "--app-path", "/home/alice/shop"}
	if err := errors.Join(err, results.WriteRun(out, run)); err != nil {
		t.Fatal(err)
	}
	w, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: t.TempDir()})
	if err != nil || len(w.Places) != 1 || w.Places[0] != "/home/alice/shop (analysis.json)" {
		t.Errorf("%v %v", w.Places, err)
	}
}
