package trial

import (
	"cmp"
	"context"
	"maps"
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

// sandbox is the surroundings of the framework's programs: their user, environment, and folder of logs and records.
type sandbox struct {
	clock  *clock.Clock
	target contender.Target
	// set is what the contender adds to the environment; profile and orms add packages.
	set     map[string]string
	profile *Profile
	orms    workers.Env
	cpus    []int
	// dir takes the kept logs.
	dir string
	// folder is temporary and goes with the trial, even if we are killed. Logs are written there and kept without secrets: a traceback may
	// show a URL.
	folder string
	// kin is the prefix of ids of tasks that a user's tasks enqueue.
	kin string
	// user runs all of the framework's programs and owns the folder; nil means us.
	user   *process.User
	redact redact.Redactor
	// api and database are the URLs of the tasks' services, "" if the scenario doesn't have them.
	api, database string
}

func newSandbox(c Config, set map[string]string) *sandbox {
	return &sandbox{clock: c.Clock, target: c.Target, set: set, profile: c.Profile, orms: c.ORMs, cpus: c.WorkerCPUs, dir: c.Dir, kin: newKin()}
}

// environ is the environment of every process of the framework's.
func (b *sandbox) environ() []string { return b.target.Env.Environ(b.environment()) }

// environment is this trial's part of it.
func (b *sandbox) environment() map[string]string {
	set := map[string]string{"TQBENCH_PROBE_DIR": b.folder, "HOME": b.folder, "TMPDIR": b.folder}
	if own := b.target.Own; own != nil {
		set["TQBENCH_KIN"] = b.kin
		maps.Copy(set, own.Env)
	}
	if b.api != "" {
		set["TQBENCH_MOCKAPI_URL"] = b.api
	}
	maps.Copy(set, b.set)
	// After the framework's own packages, which may include some of these.
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

// cacheBytecode lets Python keep its bytecode in the trial's own folder: it is there when an application starts, so a start includes no
// compiling.
func (b *sandbox) cacheBytecode() {
	b.set["PYTHONDONTWRITEBYTECODE"] = ""
	b.set["PYTHONPYCACHEPREFIX"] = filepath.Join(b.folder, "bytecode")
}

// run runs a program in the workers' environment to its end, and returns its exit and its time.
func (b *sandbox) run(ctx context.Context, c process.Command) (exit process.Exit, took int64, err error) {
	c.Env, c.Dir, c.User = b.environ(), b.folder, b.user
	group, err := process.Start(ctx, []process.Command{c})
	if err != nil {
		return exit, 0, NotRun("%w", err)
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
		return NotRun("%s (%s): %s", failed, exit, b.lastWords(log))
	}
	return nil
}

// timed runs a program to its end like a worker, and returns its time in ms.
func (b *sandbox) timed(ctx context.Context, argv []string) (float64, error) {
	log := filepath.Join(b.folder, "parts.log")
	exit, took, err := b.run(ctx, process.Command{Argv: argv, CPUs: b.cpus, Log: log})
	if err != nil {
		return 0, err
	}
	if exit.Code != 0 || exit.Signal != 0 {
		return 0, NotRun("%s: %s", exit, b.lastWords(log))
	}
	return ms(took), nil
}
