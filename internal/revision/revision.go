// Package revision copies the content of a git repository's revisions to folders, without touching its working tree, its index, its
// branches or its objects.
package revision

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/git"
)

// ErrRevision marks a repository or a revision that can't be used.
var ErrRevision = errors.New("no usable git revision")

// Work names the working tree with all that is not committed, except ignored files.
const Work = "."

// Repo is a git repository with a working tree.
type Repo struct {
	// top is the folder of its working tree, objects that of its objects, index its index.
	top, objects, index string
}

// Revision is the content of a repository.
type Revision struct {
	// Commit is its full name, "" for work that is not committed. Tree is that of its content.
	Commit, Tree string
}

// Open finds the repository that has a folder.
func Open(ctx context.Context, dir string) (Repo, error) {
	top, err := run(ctx, dir, nil, "rev-parse", "--show-toplevel")
	switch {
	case err != nil && strings.Contains(err.Error(), "not a git repository"):
		return Repo{}, fmt.Errorf("%w: %s is not in a git repository: name your application's folder with --app-path", ErrRevision, dir)
	case err != nil:
		return Repo{}, fmt.Errorf("%w: %s: %w", ErrRevision, dir, err)
	}
	r := Repo{top: top}
	for name, to := range map[string]*string{"objects": &r.objects, "index": &r.index} {
		path, err := run(ctx, top, nil, "rev-parse", "--git-path", name)
		if err != nil {
			return Repo{}, fmt.Errorf("%w: %s: %w", ErrRevision, top, err)
		}
		if !filepath.IsAbs(path) {
			path = filepath.Join(top, path)
		}
		*to = path
	}
	return r, nil
}

// Within is the path of a folder below the top of the working tree. The folder itself may be missing; its parent may not.
func (r Repo) Within(dir string) (string, error) {
	real, err := filepath.Abs(dir)
	if err == nil {
		real, err = resolved(real)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrRevision, err)
	}
	top, err := filepath.EvalSymlinks(r.top)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrRevision, err)
	}
	return filepath.Rel(top, real)
}

// resolved is a path without symbolic links.
func resolved(path string) (string, error) {
	real, err := filepath.EvalSymlinks(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return real, err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(path))
	return filepath.Join(parent, filepath.Base(path)), err
}

// Find finds a revision: a branch, a tag, a commit or another name that git knows.
func (r Repo) Find(ctx context.Context, name string) (Revision, error) {
	var out Revision
	for of, to := range map[string]*string{"^{commit}": &out.Commit, "^{tree}": &out.Tree} {
		id, err := run(ctx, r.top, nil, "rev-parse", "--verify", "--quiet", "--end-of-options", name+of)
		if ctx.Err() != nil {
			return out, context.Cause(ctx)
		}
		if err != nil {
			return out, fmt.Errorf("%w: %s has no revision %q; a shallow clone may lack it (git fetch)", ErrRevision, r.top, name)
		}
		*to = id
	}
	return out, nil
}

// Export writes a revision into a new folder. A name of Work is the working tree without ignored files and without the folders except, which
// may be outside.
func (r Repo) Export(ctx context.Context, name, dir string, except ...string) (Revision, error) {
	if name != Work {
		found, err := r.Find(ctx, name)
		if err != nil {
			return found, err
		}
		return found, r.checkOut(ctx, dir, nil, "read-tree", found.Tree)
	}
	scratch, env, err := r.snapshot(ctx, except...)
	if err != nil {
		return Revision{}, err
	}
	defer os.RemoveAll(scratch)
	tree, err := run(ctx, r.top, env, "write-tree")
	if err != nil {
		return Revision{}, fmt.Errorf("%w: the working tree of %s: %w", ErrRevision, r.top, err)
	}
	return Revision{Tree: tree}, r.checkOut(ctx, dir, env, "read-tree", tree)
}

// Tree is that of the working tree, as Export would write it.
func (r Repo) Tree(ctx context.Context, except ...string) (string, error) {
	scratch, env, err := r.snapshot(ctx, except...)
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(scratch)
	return run(ctx, r.top, env, "write-tree")
}

// snapshot fills a separate index from the working tree. Objects go into a scratch folder, which the caller removes.
func (r Repo) snapshot(ctx context.Context, except ...string) (scratch string, env []string, err error) {
	scratch, err = os.MkdirTemp("", "tqbench-git-")
	if err != nil {
		return "", nil, err
	}
	env = []string{"GIT_INDEX_FILE=" + filepath.Join(scratch, "index"), "GIT_OBJECT_DIRECTORY=" + filepath.Join(scratch, "objects"),
		"GIT_ALTERNATE_OBJECT_DIRECTORIES=" + r.objects}
	args := []string{"add", "--all", "--", "."}
	for _, folder := range except {
		if in, err := r.Within(folder); err == nil && in != "." && !strings.HasPrefix(in, "..") {
			args = append(args, ":(exclude,top,literal)"+in)
		}
	}
	if err = os.Mkdir(filepath.Join(scratch, "objects"), 0o700); err == nil {
		err = r.copyIndex(filepath.Join(scratch, "index"))
	}
	if err == nil {
		_, err = run(ctx, r.top, env, args...)
	}
	if err != nil {
		_ = os.RemoveAll(scratch)
		return "", nil, fmt.Errorf("%w: the working tree of %s: %w", ErrRevision, r.top, err)
	}
	return scratch, env, nil
}

// copyIndex copies the index, which knows of files that are tracked although they are ignored. A new repository has none.
func (r Repo) copyIndex(to string) error {
	data, err := os.ReadFile(r.index)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// checkOut fills an index with a command of git, and writes its files into a new folder.
func (r Repo) checkOut(ctx context.Context, dir string, env []string, fill ...string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("export a revision: %w", err)
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		return fmt.Errorf("export a revision: %w", err)
	}
	scratch, err := os.MkdirTemp("", "tqbench-git-")
	if err != nil {
		return fmt.Errorf("export a revision: %w", err)
	}
	defer os.RemoveAll(scratch)
	env = append(slices.Clone(env), "GIT_INDEX_FILE="+filepath.Join(scratch, "index"))
	if _, err := run(ctx, r.top, env, fill...); err != nil {
		return fmt.Errorf("%w: %w", ErrRevision, err)
	}
	if _, err := run(ctx, r.top, env, "checkout-index", "--all", "--quiet", "--prefix="+dir+string(filepath.Separator)); err != nil {
		return fmt.Errorf("%w: write %s: %w", ErrRevision, dir, err)
	}
	return nil
}

// run runs git in a folder, and returns what it prints.
func run(ctx context.Context, dir string, env []string, args ...string) (string, error) {
	out, err := git.Command{Dir: dir, Env: env}.Run(ctx, args...)
	return strings.TrimSuffix(string(out), "\n"), err
}
