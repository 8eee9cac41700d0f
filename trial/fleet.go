package trial

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/tqbench/tqbench/internal/glob"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/suite"
)

// fleet is the processes of the workers, including restarted ones.
type fleet struct {
	// life is the trial's context. Those of its stages end earlier.
	life context.Context
	// name is the contender's, argv the command lines of its workers.
	name string
	argv [][]string
	box  *sandbox
	// group is all of them, own the processes of this machine; away is set if they run on other hosts, elsewhere is how many commands run there.
	group     crew
	own       *process.Group
	away      Away
	elsewhere int
	// supervised says that workers that end are restarted.
	supervised atomic.Bool

	mu sync.Mutex
	// again are restarted workers.
	again []*process.Group
}

// start starts workers, which end with the trial. A given folder is removed after the last of them.
func (f *fleet) start(commands []process.Command, folders ...string) error {
	own, err := process.Start(f.life, commands, folders...)
	if err != nil {
		return NotRun("%w", err)
	}
	f.group, f.own = own, own
	return nil
}

// gone reports whether no worker is left and none is restarted.
func (f *fleet) gone() bool {
	exits, _ := f.group.Exits()
	return len(exits) >= cmp.Or(f.elsewhere, len(f.argv)) && !f.supervised.Load()
}

// kill ends all workers but keeps the folder of their logs.
func (f *fleet) kill() {
	for _, g := range f.replacements() {
		g.Stop(syscall.SIGKILL, 0)
	}
	f.group.StopCommands(syscall.SIGKILL, 0)
}

// commands are the workers' command lines, each with its own log.
func (f *fleet) commands() []process.Command {
	env := f.box.environ()
	var out []process.Command
	for i, argv := range f.argv {
		out = append(out, process.Command{
			Argv: f.memoryCommand(i, argv), Env: env, Dir: f.box.folder, CPUs: f.box.cpus, User: f.box.user,
			Log: f.box.workerLog(i),
		})
	}
	return out
}

// memoryCommand is a worker's command under memray, which must be there from the start. It writes each allocation at once: sums are only
// written at the end, which a pool's processes skip.
func (f *fleet) memoryCommand(i int, argv []string) []string {
	if f.box.profile == nil || f.box.profile.Of != suite.ProfileMemory {
		return argv
	}
	return slices.Concat(argv[:1], []string{"-m", "memray", "run", "--quiet", "--force", "--follow-fork", "--output",
		filepath.Join(f.box.folder, fmt.Sprintf("memory-%d.bin", i+1))}, argv[1:])
}

// usage is what the workers have used, including restarted ones.
func (f *fleet) usage() process.Usage {
	sum := f.group.Usage()
	for _, g := range f.replacements() {
		sum = sum.Plus(g.Usage())
	}
	return sum
}

// pss is the memory of all present workers.
func (f *fleet) pss() int64 {
	sum := f.group.PSS()
	for _, g := range f.replacements() {
		sum += g.PSS()
	}
	return sum
}

// openFiles counts the workers' open files.
func (f *fleet) openFiles() int {
	n := 0
	for _, pid := range f.own.Tree() {
		// A process that ended in the meantime has none.
		if entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid)); err == nil {
			n += len(entries)
		}
	}
	return n
}

// dead returns a worker that ended unexpectedly, with its last words.
func (f *fleet) dead() error {
	if f.away != nil {
		if err := lost(f.away.Losses()); err != nil {
			return err
		}
	}
	exits, _ := f.group.Exits()
	if len(exits) == 0 {
		return nil
	}
	return NotRun("a worker of %s ended unexpectedly (%s): %s", f.name, exits[0], f.lastWords())
}

// lastWords are those of the first worker that ended, or else of the first one.
func (f *fleet) lastWords() string {
	if f.away != nil {
		return f.away.LastWords()
	}
	command := 0
	if f.group != nil {
		if exits, _ := f.group.Exits(); len(exits) > 0 {
			command = exits[0].Command
		}
	}
	return f.box.lastWords(f.box.workerLog(command))
}

// because is a worker's reason for tasks that were not done: the failure that it noted, or else its last words.
func (f *fleet) because() string {
	if failure := f.box.firstFailure(); failure != nil {
		return failure.String()
	}
	return "the last words of the first worker: " + f.lastWords()
}

// supervise restarts each worker that ends, until the context ends.
func (f *fleet) supervise(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, c := range f.commands() {
		c.Log = filepath.Join(f.box.folder, fmt.Sprintf("worker-%d-again.log", i+1))
		g.Go(func() error { return f.keepUp(ctx, i, c) })
	}
	return g.Wait()
}

// keepUp restarts one worker whenever it ends.
func (f *fleet) keepUp(ctx context.Context, i int, c process.Command) error {
	for group, command := f.own, i; awaitEnd(ctx, group, command) && sleep(ctx, restartAfter); command = 0 {
		again, err := process.Start(f.life, []process.Command{c})
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("start a worker again: %w", err)
		}
		f.mu.Lock()
		f.again = append(f.again, again)
		f.mu.Unlock()
		group = again
	}
	return nil
}

// awaitEnd waits until a command of a group ends, and reports whether that came before the context's end.
func awaitEnd(ctx context.Context, g *process.Group, command int) bool {
	for {
		exits, changed := g.Exits()
		if slices.ContainsFunc(exits, func(e process.Exit) bool { return e.Command == command }) {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-changed:
		}
	}
}

// victim is a living process that has run a task: its probe file has its number.
func (f *fleet) victim() int {
	tree := f.own.Tree()
	slices.Sort(tree)
	files, _ := glob.In(f.box.folder, "*.probe") // the pattern is valid
	for _, f := range files {
		var pid int
		if _, err := fmt.Sscanf(filepath.Base(f), "%d.probe", &pid); err != nil {
			continue
		}
		if _, found := slices.BinarySearch(tree, pid); found {
			return pid
		}
	}
	return 0
}

// replacements are restarted workers.
func (f *fleet) replacements() []*process.Group {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.again)
}
