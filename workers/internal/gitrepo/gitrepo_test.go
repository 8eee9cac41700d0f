package gitrepo

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/git"
)

// repository is a new repository with a commit for each content of its file, and the commits' hashes.
func repository(t *testing.T, contents ...string) (dir string, commits []string) {
	t.Helper()
	dir = t.TempDir()
	git := func(args ...string) string {
		cmd := exec.Command("git", append([]string{"-c", "user.name=a", "-c", "user.email=a@localhost", "-c", "commit.gpgsign=false"}, args...)...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("git %q: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	git("init", "--quiet", "--initial-branch=main")
	for _, c := range contents {
		if err := os.WriteFile(filepath.Join(dir, "file"), []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
		git("add", "file")
		git("commit", "--quiet", "--message", c)
		commits = append(commits, git("rev-parse", "HEAD"))
	}
	git("tag", "--annotate", "--message", "first", "v1", commits[0])
	return dir, commits
}

func TestRevisionsAreFoundAndRead(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dir, commits := repository(t, "one", "two", "three")
	r := In(t.TempDir(), "file://"+dir)
	if r.Has(ctx, commits[0]) {
		t.Error("a copy that doesn't exist has a commit")
	}
	for range 2 { // again, too
		if err := r.Fetch(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for revision, want := range map[string]string{"": commits[2], "HEAD": commits[2], "HEAD~1": commits[1], "main": commits[2], "v1": commits[0],
		commits[1]: commits[1], commits[1][:10]: commits[1]} {
		if got, err := r.Commit(ctx, revision); err != nil || got != want {
			t.Errorf("%q: %s, %v, want %s", revision, got, err, want)
		}
	}
	for _, bad := range []string{"v2", "--all", "main:file", "HEAD~7", strings.Repeat("0", 40)} {
		if got, err := r.Commit(ctx, bad); !errors.Is(err, ErrRevision) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %s, %v", bad, got, err)
		}
	}
	if !r.Has(ctx, commits[0]) || r.Has(ctx, "main") || r.Has(ctx, strings.Repeat("0", 40)) {
		t.Error("it has other commits")
	}
	if got, err := r.Between(ctx, commits[0], commits[2]); err != nil || !slices.Equal(got, commits[1:]) {
		t.Errorf("between: %q, %v", got, err)
	}
	if _, err := r.Between(ctx, commits[2], commits[0]); !errors.Is(err, ErrRevision) {
		t.Errorf("backwards: %v", err)
	}
	tree := filepath.Join(t.TempDir(), "tree")
	if err := r.Checkout(ctx, commits[1], tree); err != nil {
		t.Fatal(err)
	}
	if data, err := os.ReadFile(filepath.Join(tree, "file")); err != nil || string(data) != "two" {
		t.Errorf("checked out %q, %v", data, err)
	}
	data, err := r.Archive(ctx, commits[0])
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(bytes.NewReader(data)); ; {
		h, err := archive.Next()
		if err != nil {
			t.Fatalf("no file in the archive: %v", err)
		}
		if h.Name != "file" {
			continue
		}
		if got, err := io.ReadAll(archive); err != nil || string(got) != "one" {
			t.Errorf("archived %q, %v", got, err)
		}
		break
	}
}

func TestARepositoryThatIsNotThereIsOneLine(t *testing.T) {
	t.Parallel()
	r := In(t.TempDir(), "file://"+filepath.Join(t.TempDir(), "none"))
	if err := r.Fetch(t.Context()); err == nil || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func TestWithoutGitTheErrorSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := In(t.TempDir(), "file:///x").Fetch(t.Context()); !errors.Is(err, git.ErrMissing) {
		t.Error(err)
	}
}
