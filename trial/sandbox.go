package trial

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/redact"
	"github.com/tqbench/tqbench/workers"
)

// sandbox is where the framework's programs run: their user, their environment, and the folder of their logs and records.
type sandbox struct {
	clock  *clock.Clock
	target contender.Target
	// set is what the contender adds to the environment, profile and orms add packages to it.
	set     map[string]string
	profile *Profile
	orms    workers.Env
	cpus    []int
	// dir takes the logs that are kept.
	dir string
	// folder is a temporary one that goes with the trial, even when we are killed. Logs are written there and kept
	// without secrets: a traceback may show a URL.
	folder string
	// kin is what the ids of tasks begin with that a user's tasks enqueue.
	kin string
	// user is whom all of the framework's programs run as, and whose the folder is; nil means that it is us.
	user   *process.User
	redact redact.Redactor
	// api and database are the URLs of the services that tasks use, "" for those that the scenario doesn't have.
	api, database string
}

func newSandbox(c Config, set map[string]string) *sandbox {
	return &sandbox{clock: c.Clock, target: c.Target, set: set, profile: c.Profile, orms: c.ORMs, cpus: c.WorkerCPUs, dir: c.Dir, kin: newKin()}
}

// environ is the environment of every process of the framework's.
func (b *sandbox) environ() []string { return b.target.Env.Environ(b.environment()) }

// environment is what this trial sets of it.
func (b *sandbox) environment() map[string]string {
	set := map[string]string{"TQBENCH_PROBE_DIR": b.folder, "HOME": b.folder, "TMPDIR": b.folder}
	if b.target.Own != nil {
		set["TQBENCH_KIN"] = b.kin
	}
	if b.api != "" {
		set["TQBENCH_MOCKAPI_URL"] = b.api
	}
	for k, v := range b.set {
		set[k] = v
	}
	// Behind the framework's own packages, of which these may have some, too.
	path := []string{cmp.Or(set["PYTHONPATH"], b.target.Env.Path())}
	if b.database != "" {
		set["TQBENCH_DATABASE_URL"] = b.database
		path = append(path, b.orms.Packages)
	}
	if b.profile != nil {
		path = append(path, b.profile.Env.Packages)
	}
	set["PYTHONPATH"] = strings.Join(path, string(os.PathListSeparator))
	return set
}

// cacheBytecode lets Python keep what it compiles, in the trial's own folder: an application's bytecode is there when it
// starts, so compiling has no part in a start.
func (b *sandbox) cacheBytecode() {
	b.set["PYTHONDONTWRITEBYTECODE"] = ""
	b.set["PYTHONPYCACHEPREFIX"] = filepath.Join(b.folder, "bytecode")
}

// run runs a program in the workers' environment to its end, and tells how it ended and how long that took.
func (b *sandbox) run(ctx context.Context, c process.Command) (exit process.Exit, took int64, err error) {
	c.Env, c.Dir, c.User = b.environ(), b.folder, b.user
	group, err := process.Start(ctx, []process.Command{c})
	if err != nil {
		return exit, 0, fmt.Errorf("%w: %w", ErrNotRun, err)
	}
	defer group.Stop(syscall.SIGKILL, 0)
	exit, err = group.Wait(ctx)
	return exit, b.clock.Now() - group.Began(), err
}

// must runs a command that must succeed; otherwise the error is failed, with the log's last words.
func (b *sandbox) must(ctx context.Context, name, failed string, argv []string) error {
	log := filepath.Join(b.folder, name)
	exit, _, err := b.run(ctx, process.Command{Argv: argv, Log: log})
	if err != nil {
		return err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return fmt.Errorf("%w: %s (%s): %s", ErrNotRun, failed, exit, b.lastWords(log))
	}
	return nil
}

// timed runs a program to its end as a worker would be run, and tells how many ms it took.
func (b *sandbox) timed(ctx context.Context, argv []string) (float64, error) {
	log := filepath.Join(b.folder, "parts.log")
	exit, took, err := b.run(ctx, process.Command{Argv: argv, CPUs: b.cpus, Log: log})
	if err != nil {
		return 0, err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return 0, fmt.Errorf("%w: %s: %s", ErrNotRun, exit, b.lastWords(log))
	}
	return ms(took), nil
}
