// Package git runs the git command.
package git

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/process"
)

// ErrMissing says that the git command is missing.
var ErrMissing = errors.New("the git command is not installed: install git")

// Command is how to run git.
type Command struct {
	// Dir is the folder to run in.
	Dir string
	// Options come before the subcommand, such as -c NAME=VALUE.
	Options []string
	// Env are further variables.
	Env []string
}

// lastOutput is how long a killed git's children may keep its output open.
const lastOutput = time.Second

// mostSaid is how many bytes of git's words an error has.
const mostSaid = 300

// Run runs a subcommand without questions, and returns what it prints. An error has git's own words, in English, in one line.
func (c Command) Run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "git", append(append([]string{}, c.Options...), args...)...)
	cmd.Dir = c.Dir
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); !elsewhere(name) {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"), c.Env...)
	cmd.WaitDelay = lastOutput
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, ErrMissing
	case err != nil && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		return nil, fmt.Errorf("git %s: %w: %s", args[0], err, process.FirstLines([]byte(said.String()), mostSaid))
	}
	return out, nil
}

// elsewhere reports whether a variable names another repository, as where tqbench runs in one of git's hooks.
func elsewhere(name string) bool {
	switch name {
	case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_PREFIX":
		return true
	}
	return false
}
