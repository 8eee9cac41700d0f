// Package gitrepo reads revisions of Git repositories with the git command. It keeps a bare copy of each repository, and runs none of its hooks.
package gitrepo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tqbench/tqbench/internal/git"
)

// ErrRevision marks a revision that a repository doesn't have.
var ErrRevision = errors.New("no such revision")

// Repo is a copy of a repository: its branches, its tags and its HEAD.
type Repo struct{ dir, url string }

// head is where a copy has the HEAD of its repository.
const head = "refs/tqbench/HEAD"

// whole is a commit's whole hash.
var whole = regexp.MustCompile(`^[0-9a-f]{40}([0-9a-f]{24})?$`)

// In is the copy of a repository below a folder. It may not exist yet.
func In(parent, url string) Repo {
	sum := sha256.Sum256([]byte(url))
	return Repo{dir: filepath.Join(parent, "git-"+hex.EncodeToString(sum[:8])), url: url}
}

// Fetch makes the copy, or brings it up to date. The caller lets no other process do so at the same time.
func (r Repo) Fetch(ctx context.Context) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	if _, err := r.git(ctx, "init", "--quiet", "--bare"); err != nil {
		return err
	}
	_, err := r.git(ctx, "fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", r.url,
		"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:"+head)
	return err
}

// Commit is the hash of the commit that a revision names: a branch, a tag, a hash, or what git makes of them, such as v1.2~3. An empty one is
// the repository's HEAD. A whole hash needs no Fetch if the copy has it.
func (r Repo) Commit(ctx context.Context, revision string) (string, error) {
	name := revision
	if rest, ok := strings.CutPrefix(revision, "HEAD"); ok || revision == "" {
		name = head + rest
	}
	out, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	exit := &exec.ExitError{}
	switch {
	case errors.As(err, &exit) && ctx.Err() == nil:
		return "", fmt.Errorf("%w: %s has no %q", ErrRevision, r.url, revision)
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// Has reports whether the copy has a commit, by its whole hash.
func (r Repo) Has(ctx context.Context, hash string) bool {
	if !whole.MatchString(hash) {
		return false
	}
	if _, err := os.Stat(r.dir); err != nil {
		return false
	}
	_, err := r.git(ctx, "cat-file", "-e", hash+"^{commit}")
	return err == nil
}

// Between are the commits after one up to another, the oldest first: those that led from one to the other, without merged branches.
func (r Repo) Between(ctx context.Context, after, upTo string) ([]string, error) {
	if _, err := r.git(ctx, "merge-base", "--is-ancestor", after, upTo); err != nil {
		return nil, fmt.Errorf("%w: %s is no ancestor of %s", ErrRevision, after, upTo)
	}
	out, err := r.git(ctx, "rev-list", "--first-parent", "--reverse", after+".."+upTo)
	return strings.Fields(string(out)), err
}

// Checkout makes a work tree of a commit, with its history, in a new folder.
func (r Repo) Checkout(ctx context.Context, commit, dir string) error {
	if _, err := run(ctx, "", "clone", "--quiet", "--no-hardlinks", "--no-checkout", "--", r.dir, dir); err != nil {
		return err
	}
	_, err := run(ctx, dir, "checkout", "--quiet", "--detach", commit)
	return err
}

// Archive is a commit's tree as a tar archive.
func (r Repo) Archive(ctx context.Context, commit string) ([]byte, error) {
	return r.git(ctx, "archive", "--format=tar", commit)
}

func (r Repo) git(ctx context.Context, args ...string) ([]byte, error) {
	return run(ctx, r.dir, args...)
}

// run runs git in a folder, without hooks and work in the background, for files and HTTPS alone.
func run(ctx context.Context, dir string, args ...string) ([]byte, error) {
	return git.Command{
		Dir: dir, Env: []string{"GIT_ALLOW_PROTOCOL=file:https"},
		Options: []string{"-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "advice.detachedHead=false"},
	}.Run(ctx, args...)
}
