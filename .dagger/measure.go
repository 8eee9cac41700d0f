package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dagger/tqbench/internal/dagger"
)

// planArgs are the flags that shape a plan.
func planArgs(scenario, broker, contender []string, blocks int, within string, scale float64, seed int, defaults bool) []string {
	args := []string{
		"--scenario", strings.Join(scenario, ","), "--broker", strings.Join(broker, ","), "--seed", strconv.Itoa(seed),
	}
	if blocks > 0 {
		args = append(args, "--blocks", strconv.Itoa(blocks))
	}
	if within != "" {
		args = append(args, "--within", within)
	}
	if scale > 0 {
		args = append(args, "--scale", strconv.FormatFloat(scale, 'g', -1, 64))
	}
	if len(contender) > 0 {
		args = append(args, "--contender", strings.Join(contender, ","))
	}
	if defaults {
		args = append(args, "--defaults")
	}
	return args
}

// keepCode runs a command and leaves its exit code in a file. Dagger takes the codes 128 to 191, which a command that
// was killed or interrupted ends with, for its own failure, whatever is expected, and gives nothing out of such a
// container. The shell outlives the command and succeeds.
const keepCode = `"$@"; echo $? > /exit-code`

// measure runs a command that measures. It never comes from a cache, and it has ended when this returns, so that no
// two measurements overlap within one call. What it wrote can be exported whether it succeeded, failed or was killed.
func (m *Tqbench) measure(ctx context.Context, args ...string) (*dagger.Container, error) {
	c := m.urls(m.bench()).WithEnvVariable("TQBENCH_NONCE", time.Now().UTC().Format(time.RFC3339Nano))
	args = m.owned(args)
	return c.WithExec(append([]string{"sh", "-c", keepCode, "sh"}, args...)).Sync(ctx)
}

// finish keeps a measurement's output with the files that it wrote.
func finish(ctx context.Context, c *dagger.Container) (*dagger.Directory, error) {
	stdout, err := c.Stdout(ctx)
	if err != nil {
		return nil, err
	}
	stderr, err := c.Stderr(ctx)
	if err != nil {
		return nil, err
	}
	return c.WithExec([]string{"mkdir", "-p", "/out"}).Directory("/out").
		WithNewFile("tqbench.log", stdout+stderr).
		WithFile("exit-code", c.File("/exit-code")), nil
}

// notValid is the exit code of a run that was measured, or failed, and answers nothing: its report, if any, says why.
const notValid = "3"

// withoutAnswer runs a command for which results that answer nothing are no failure: what it wrote tells so.
func withoutAnswer(args ...string) []string {
	return append([]string{"sh", "-c", `"$@" || [ $? -eq ` + notValid + ` ]`, "sh"}, args...)
}

// exitCode is the one that the measurement ended with.
func exitCode(ctx context.Context, c *dagger.Container) (string, error) {
	code, err := c.File("/exit-code").Contents(ctx)
	return strings.TrimSpace(code), err
}

// failure is what a measurement that did not succeed said.
func failure(ctx context.Context, c *dagger.Container) error {
	code, err := exitCode(ctx, c)
	if err != nil || code == "0" {
		return err
	}
	stderr, err := c.Stderr(ctx)
	if err != nil {
		return err
	}
	return fmt.Errorf("tqbench ended with exit code %s: %s", code, stderr)
}
