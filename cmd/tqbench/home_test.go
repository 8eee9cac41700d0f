package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/workers"
)

// homeless prepares a command of a user without a home folder. Root needs none.
func homeless(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, says func() string) {
	t.Helper()
	cmd, stdout, stderr := refusable(t.Context(), t, dir, args...)
	cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return slices.Contains([]string{"HOME", "XDG_CACHE_HOME", workers.CacheEnv}, name)
	})
	user, err := process.Apart()
	if err != nil {
		t.Fatal(err)
	}
	if user != nil {
		cmd.Path = "/proc/self/exe" // another user can't enter the folder of the test's program
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: user.UID, Gid: user.GID}}
		if err := os.Chown(dir, int(user.UID), int(user.GID)); err != nil {
			t.Fatal(err)
		}
	}
	return cmd, func() string { return stdout.String() + stderr.String() }
}

// Commands that need the folder of the workers' packages say which variable to set, and write nothing. The others need no home.
func TestCommandsWithoutAHome(t *testing.T) {
	const want = "no folder for the workers' packages: neither $XDG_CACHE_HOME nor $HOME are defined: set TQBENCH_CACHE to a folder, or HOME\n"
	for args, needs := range map[string]bool{
		"quick": true, "run": true, "workers build": true, "doctor": true, "selfcheck": true, "selfcheck aa": true, "selfcheck crash": true,
		"broker serve sqs --listen 127.0.0.1:1": true,
		"quick --dry-run":                       false, "run --dry-run": false, "plan --broker sqs": false, "list": false, "version": false, "init": false,
		"schema trial": false,
	} {
		t.Run(args, func(t *testing.T) {
			dir := t.TempDir()
			cmd, says := homeless(t, dir, strings.Fields(args)...)
			code := exit(cmd.Run())
			if !needs {
				if code != exitDone {
					t.Errorf("exit code %d: %s", code, says())
				}
				return
			}
			if got := says(); code != exitInput || !strings.HasPrefix(got, "tqbench: ") || !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 1 {
				t.Errorf("exit code %d: %q", code, got)
			}
			if files := snapshot(t, dir); len(files) != 1 { // the folder itself
				t.Errorf("it wrote %q", files)
			}
		})
	}
}

// A user who may only read the folder of the workers' packages, as in an image, uses what is there.
func TestACacheThatOnlyItsOwnerWritesIsUsed(t *testing.T) {
	testneeds.Real(t, "the workers of Celery")
	b, err := workers.NewBuilder(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Build(t.Context(), "celery"); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(b.Cache)
	if err != nil {
		t.Fatal(err)
	}
	for _, locked := range []bool{true, false} {
		cache := brokertest.OpenDir(t)
		for _, e := range entries {
			if e.Name() == "build.lock" && !locked {
				continue
			}
			if err := os.Symlink(filepath.Join(b.Cache, e.Name()), filepath.Join(cache, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(cache, 0o555); err != nil {
			t.Fatal(err)
		}
		cmd, says := homeless(t, t.TempDir(), "workers", "build", "celery")
		cmd.Env = append(cmd.Env, workers.CacheEnv+"="+cache)
		if code := exit(cmd.Run()); code != exitDone || !strings.Contains(says(), "celery") {
			t.Errorf("with a lock %v: exit code %d: %s", locked, code, says())
		}
	}
}
