package workers

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Binaries is the subfolder of a contender's folder for its built Go programs.
const Binaries = "bin"

// toolWords is how many bytes of a tool's output to show: its reason comes first.
const toolWords = 400

// errNoGo is that a contender's programs can't be built.
var errNoGo = errors.New("its programs are in Go, but the go command is not installed: install Go from https://go.dev/dl")

// goCommand runs the go command in a folder, as a separate module: no workspace, and no change of its go.mod.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	// It gets the machine's own settings: its proxy, its caches and certificates.
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly", "CGO_ENABLED=0")
	cmd.WaitDelay = lastOutput
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errNoGo
	}
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", args[0], err, process.FirstLines([]byte(said.String()), toolWords))
	}
	return out, nil
}

// goVersion is the version of the go command, such as go1.26.1. Without the command it is the one that built this program, as programs that
// were built together with it may be in the cache.
func goVersion(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, os.TempDir(), "env", "GOVERSION")
	if errors.Is(err, errNoGo) {
		return runtime.Version(), nil
	}
	return strings.TrimSpace(string(out)), err
}

// goBuild builds the programs of the module in a folder.
func (b *Builder) goBuild(ctx context.Context, version, below, what string) *making {
	return &making{of: []string{version, runtime.GOOS, runtime.GOARCH}, make: func(dir string) error {
		if b.Log != nil {
			b.Log("building the Go programs of %s", what)
		}
		dir = filepath.Join(dir, below)
		if err := os.Mkdir(filepath.Join(dir, Binaries), 0o755); err != nil {
			return err
		}
		_, err := goCommand(ctx, dir, "build", "-trimpath", "-o", Binaries+string(filepath.Separator), "./...")
		return err
	}}
}

// builtModules are the versions of the modules in a folder's built programs.
func builtModules(dir string) (map[string]string, error) {
	programs, err := glob.In(dir, Binaries, "*")
	if err != nil {
		return nil, err
	}
	if len(programs) == 0 {
		return nil, fmt.Errorf("%s has no program: %w", filepath.Join(dir, Binaries), fs.ErrNotExist)
	}
	out := map[string]string{}
	for _, p := range programs {
		info, err := buildinfo.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("read the modules of %s: %w", p, err)
		}
		for _, m := range info.Deps {
			out[m.Path] = strings.TrimPrefix(m.Version, "v")
		}
	}
	return out, nil
}

// moduleVersion is the version of a module in a folder's programs.
func moduleVersion(dir, name string) (string, error) {
	versions, err := builtModules(dir)
	if err != nil {
		return "", err
	}
	if versions[name] == "" {
		return "", fmt.Errorf("none of its programs has the module %s", name)
	}
	return versions[name], nil
}

// goVersions are the modules of one of tqbench's own contenders. The one whose path ends with the contender's name has this name.
func goVersions(dir, name string) ([]results.Software, error) {
	versions, err := builtModules(dir)
	if err != nil {
		return nil, err
	}
	var out []results.Software
	for _, module := range slices.Sorted(maps.Keys(versions)) {
		called := module
		if path.Base(module) == name {
			called = name
		}
		out = append(out, results.Software{Name: called, Version: versions[module]})
	}
	return out, nil
}
