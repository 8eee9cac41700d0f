// Package workerstest makes Python environments like those of users, for tests.
package workerstest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/workers"
	"github.com/tqbench/tqbench/workers/internal/interpreter"
)

// Venv makes a virtual environment in a folder that every user may enter, with the packages of a lock, and returns its interpreter. It takes
// one of the machine's own Pythons, of the version that Debian 12 has if it can, and tqbench's where there is none of 3.10 or later.
func Venv(ctx context.Context, dir, lock string) (string, error) {
	base, err := systemPython(ctx)
	if err != nil {
		return "", err
	}
	// Debian's Python has no ensurepip.
	if out, err := exec.CommandContext(ctx, base, "-m", "venv", "--without-pip", dir).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s -m venv: %w: %s", base, err, out)
	}
	python := filepath.Join(dir, "bin", "python")
	err = interpreter.WithPip(func(pip string) error {
		cmd := exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--no-input", "--require-hashes", "--only-binary", ":all:", "--requirement", lock)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+pip, "PYTHONNOUSERSITE=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("pip: %w: %s", err, out)
		}
		return nil
	})
	return python, err
}

// systemPython is a Python of the machine that every user may run.
func systemPython(ctx context.Context) (string, error) {
	for _, name := range []string{"python3.11", "/usr/bin/python3.11", "/usr/local/bin/python3.11", "python3.12", "python3.13", "python3", "/usr/bin/python3"} {
		out, err := exec.CommandContext(ctx, name, "-c", "import sys, venv; print(sys.version_info >= (3, 10), sys.executable)").Output()
		at, ok := strings.CutPrefix(strings.TrimSpace(string(out)), "True ")
		if err != nil || !ok {
			continue
		}
		real, err := filepath.EvalSymlinks(at)
		if err != nil {
			continue
		}
		if shut, err := process.Shut(real); err == nil && shut == "" {
			return real, nil
		}
	}
	b, err := workers.NewBuilder(nil)
	if err != nil {
		return "", err
	}
	env, err := b.Build(ctx, "celery")
	return env.Python, err
}
