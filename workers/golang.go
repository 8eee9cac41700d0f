package workers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/tqbench/tqbench/internal/process"
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

// goVersion is the version of the go command, such as go1.26.1.
func goVersion(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, os.TempDir(), "env", "GOVERSION")
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

// moduleVersion is the version of a module that a folder's module requires.
func moduleVersion(ctx context.Context, dir, name string) (string, error) {
	out, err := goCommand(ctx, dir, "list", "-m", "-f", "{{.Version}}", name)
	if err != nil {
		return "", fmt.Errorf("find the version of %s: %w", name, err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "v"), nil
}
