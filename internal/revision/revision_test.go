package revision

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// repository is one with a commit of a.txt and b.txt.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	do(t, dir, "init", "--quiet", "--initial-branch=main")
	write(t, dir, "a.txt", "old\n")
	write(t, dir, "sub/b.txt", "b\n")
	write(t, dir, ".gitignore", "ignored\ntracked\n")
	write(t, dir, "tracked", "although it is ignored\n")
	do(t, dir, "add", "--force", "tracked")
	commit(t, dir)
	return dir
}

func do(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := run(t.Context(), dir, nil, args...)
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return out
}

func commit(t *testing.T, dir string) {
	t.Helper()
	do(t, dir, "add", "--all")
	do(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "--message=x")
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// state is all that an export must leave alone.
func state(t *testing.T, dir string) string {
	t.Helper()
	return strings.Join([]string{do(t, dir, "status", "--porcelain", "--ignored"), do(t, dir, "for-each-ref"), do(t, dir, "worktree", "list"), do(t, dir, "count-objects", "-v"),
		read(t, filepath.Join(dir, ".git/index")), do(t, dir, "stash", "list")}, "\n")
}

func TestRevisionsAreCopiedWithoutATrace(t *testing.T) {
	t.Parallel()
	dir := repository(t)
	write(t, dir, "a.txt", "staged\n")
	do(t, dir, "add", "a.txt")
	write(t, dir, "a.txt", "new\n")
	write(t, dir, "untracked.txt", "u\n")
	write(t, dir, "ignored", "i\n")
	write(t, dir, "out/plan.json", "{}\n")
	do(t, dir, "status") // which may write the index again
	before := state(t, dir)
	r, err := Open(t.Context(), filepath.Join(dir, "sub"))
	if err != nil {
		t.Fatal(err)
	}
	if in, err := r.Within(filepath.Join(dir, "sub")); err != nil || in != "sub" {
		t.Errorf("%q, %v", in, err)
	}
	to := filepath.Join(dir, "out", "sides")
	base, err := r.Export(t.Context(), "main", filepath.Join(to, "base"))
	if err != nil || base.Commit != do(t, dir, "rev-parse", "HEAD") || base.Tree == "" {
		t.Fatalf("%+v, %v", base, err)
	}
	if a, b := read(t, filepath.Join(to, "base/a.txt")), read(t, filepath.Join(to, "base/sub/b.txt")); a != "old\n" || b != "b\n" {
		t.Errorf("%q, %q", a, b)
	}
	work, err := r.Export(t.Context(), Work, filepath.Join(to, "change"), filepath.Join(dir, "out"))
	if err != nil || work.Commit != "" || work.Tree == base.Tree {
		t.Fatalf("%+v, %v", work, err)
	}
	if a, u := read(t, filepath.Join(to, "change/a.txt")), read(t, filepath.Join(to, "change/untracked.txt")); a != "new\n" || u != "u\n" {
		t.Errorf("%q, %q", a, u)
	}
	read(t, filepath.Join(to, "change/tracked"))
	for _, name := range []string{"ignored", "out", ".git"} {
		if _, err := os.Lstat(filepath.Join(to, "change", name)); err == nil {
			t.Errorf("%s was copied", name)
		}
	}
	// Folders are left out by any of their paths, whether they are there or not.
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "earlier/plan.json", "{}\n")
	for _, top := range []string{dir, link} {
		if tree, err := r.Tree(t.Context(), filepath.Join(top, "out"), filepath.Join(top, "earlier"), filepath.Join(top, "missing")); err != nil || tree != work.Tree {
			t.Errorf("tree %s, %v, want %s", tree, err, work.Tree)
		}
	}
	if err := os.RemoveAll(filepath.Join(dir, "earlier")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(to); err != nil {
		t.Fatal(err)
	}
	if after := state(t, dir); after != before {
		t.Errorf("the repository was\n%s\nand is\n%s", before, after)
	}
}

func TestBadRevisionsAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := Open(t.Context(), t.TempDir()); !errors.Is(err, ErrRevision) {
		t.Errorf("no repository: %v", err)
	}
	r, err := Open(t.Context(), repository(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"nosuch", "--all", "", "HEAD:a.txt", "HEAD^5"} {
		to := filepath.Join(t.TempDir(), "x")
		if _, err := r.Export(t.Context(), name, to); !errors.Is(err, ErrRevision) {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := os.Lstat(to); err == nil {
			t.Errorf("%q left a folder", name)
		}
	}
}
