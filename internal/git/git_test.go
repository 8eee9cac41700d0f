package git_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/git"
)

// In one of git's hooks, variables name the hook's repository.
func TestAHooksRepositoryDoesNotCount(t *testing.T) {
	dir, other := t.TempDir(), t.TempDir()
	for _, d := range []string{dir, other} {
		if _, err := (git.Command{Dir: d}).Run(t.Context(), "init", "--quiet"); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GIT_DIR", other+"/.git")
	out, err := git.Command{Dir: dir, Env: []string{"GIT_INDEX_FILE=mine"}}.Run(t.Context(), "rev-parse", "--absolute-git-dir", "--git-path", "index")
	if got := string(out); err != nil || !strings.Contains(got, dir) || !strings.Contains(got, "mine") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestFailuresHaveGitsWords(t *testing.T) {
	c := git.Command{Dir: t.TempDir()}
	exit := &exec.ExitError{}
	if _, err := c.Run(t.Context(), "status"); !errors.As(err, &exit) || !strings.Contains(err.Error(), "not a git repository") || strings.Contains(err.Error(), "\n") {
		t.Error(err)
	}
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := c.Run(ctx, "version"); !errors.Is(err, cause) {
		t.Error(err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := c.Run(t.Context(), "version"); !errors.Is(err, git.ErrMissing) {
		t.Error(err)
	}
}
