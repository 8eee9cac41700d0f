package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/tqbench/tqbench/internal/git"
	"github.com/tqbench/tqbench/regress/gate"
	"github.com/tqbench/tqbench/results"
)

//go:embed app
var app embed.FS

// The rate of the paced phase, in tasks per second, and the largest length of a gate, as that of the action.
const (
	rate   = 100
	within = "15m"
)

// thresholds are those that a maintainer may choose: a speed, the figure that is steadiest on a noisy machine, and the task itself.
func thresholds() []string {
	return []string{"throughput < -10%", "cpu_per_task > +10%", "service_p95 > +20%"}
}

// bench is a built tqbench and a repository with the application and a branch for each change.
type bench struct{ dir, repo string }

func newBench(ctx context.Context) (_ *bench, err error) {
	dir, err := os.MkdirTemp("", "tqbench-planted-")
	if err != nil {
		return nil, err
	}
	b := &bench{dir: dir, repo: filepath.Join(dir, "shop")}
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, "bin", "tqbench"), "./cmd/tqbench")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build tqbench: %w: %s", err, bytes.TrimSpace(out))
	}
	// Workers of another user may import the application.
	if err := errors.Join(os.Chmod(dir, 0o755), os.Mkdir(b.repo, 0o755)); err != nil {
		return nil, err
	}
	return b, b.plant(ctx)
}

func (b *bench) close() { os.RemoveAll(b.dir) }

// plant makes the repository: the branch base, and one for each change.
func (b *bench) plant(ctx context.Context) error {
	source, err := fs.ReadFile(app, "app/shop.py")
	if err != nil {
		return err
	}
	calls, err := arguments()
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(filepath.Join(b.repo, "shop.py"), source, 0o644), os.WriteFile(filepath.Join(b.repo, "calls.json"), calls, 0o644)); err != nil {
		return err
	}
	steps := [][]string{{"init", "--quiet", "--initial-branch=base"}, {"add", "--all"}, commit("The application")}
	for _, change := range changes() {
		patch := filepath.Join(b.dir, change+".patch")
		text, err := fs.ReadFile(app, "app/"+change+".patch")
		if err != nil {
			return err
		}
		if err := os.WriteFile(patch, text, 0o644); err != nil {
			return err
		}
		steps = append(steps, []string{"switch", "--quiet", "--create", change, "base"}, []string{"apply", patch}, []string{"add", "--all"}, commit(change))
	}
	return b.git(ctx, steps...)
}

func commit(subject string) []string {
	return []string{"-c", "user.name=planted", "-c", "user.email=planted@example.org", "commit", "--quiet", "--message", subject}
}

func (b *bench) git(ctx context.Context, commands ...[]string) error {
	for _, args := range commands {
		if _, err := (git.Command{Dir: b.repo}).Run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// gate runs the action's script in the repository, whose working tree has the change, next to other programs.
func (b *bench) gate(ctx context.Context, g *Gated) error {
	if err := b.git(ctx, []string{"switch", "--quiet", g.Change}); err != nil {
		return err
	}
	out := filepath.Join(b.dir, "out")
	if err := os.RemoveAll(out); err != nil {
		return err
	}
	defer os.RemoveAll(out)
	script, err := filepath.Abs("scripts/gate.sh")
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, script)
	cmd.Dir = b.repo
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(b.dir, "bin")+":"+os.Getenv("PATH"), "GATE_OUT="+out, "GATE_APP=celery=shop", "GATE_TASK=shop.sign",
		"GATE_APP_PATH=.", "GATE_CALLS=calls.json", "GATE_BASE=base", "GATE_BROKER=redis", "GATE_WITHIN="+within, "GATE_FAIL_IF="+strings.Join(thresholds(), "\n"),
		fmt.Sprintf("GATE_ARGS=--rate=%d\n--seed=%d", rate, g.LoadSeed))
	// Ctrl-C reaches the gate once: through this process.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.WaitDelay = time.Minute
	stop := crowd(ctx, g.Load, g.LoadSeed)
	said, err := cmd.CombinedOutput()
	stop()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// A gate that fails, or whose data are spoiled, has an answer.
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1 && exit.ExitCode() != 3) {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(said))
	}
	if g.Gate, err = gate.Read(out); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(said))
	}
	run, err := results.ReadRun(out)
	g.Machine = run.Machine
	return err
}
