// Package process runs groups of processes that never outlive the harness, and measures what they use.
//
// Each group has a guard: this binary, started again, as the parent of the group's processes. It holds a pipe to the harness. When the pipe
// closes, even because the harness was killed with SIGKILL, the guard kills everything below it, including grandchildren and orphans, and
// removes the group's folders.
package process

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// folderName is the number of random letters that make a folder's name unique.
const folderName = 10

// Command is a program to run in a group.
type Command struct {
	// Argv is the program's absolute path and its arguments.
	Argv []string
	// Env is its whole environment.
	Env []string
	Dir string
	// Root is a folder that the program takes for the root of the file system, or "". Argv and Dir are paths in it. Only root can choose.
	Root string
	// User is the user to run as; nil means the harness's. Only root can choose.
	User *User
	// CPUs are the allowed CPUs; nil means all.
	CPUs []int
	// Log is a file that gets its standard output and error.
	Log string
	// Self says that the program is this one again, even if its file has been replaced.
	Self bool
	// Shared says that the program makes shared memory that would outlive it (see shared.mark).
	Shared bool
}

// User is an account without any further groups.
type User struct {
	UID, GID uint32
}

// Exit is the end of one of a group's commands.
type Exit struct {
	// Command is the index of the command.
	Command int
	PID     int
	Code    int
	// Signal is what killed it, or 0.
	Signal int
}

func (e Exit) String() string {
	if e.Signal != 0 {
		return fmt.Sprintf("killed by signal %d (%s)", e.Signal, syscall.Signal(e.Signal))
	}
	return fmt.Sprintf("exit code %d", e.Code)
}

// Group is a set of running processes and everything below them.
type Group struct {
	guard *exec.Cmd
	stdin io.Closer
	// interrupted is closed when the group's context ends.
	interrupted <-chan struct{}
	// orders go to the guard, one at a time, and each has an answer.
	orders  *json.Encoder
	answers chan news
	pids    []int
	began   int64

	mu sync.Mutex
	// used is the largest CPU time read so far.
	used  time.Duration
	exits []Exit
	// changed is closed and replaced at each exit.
	changed chan struct{}
	// empty is closed when nothing of the tree is left: the commands and their descendants have ended.
	empty chan struct{}
	// ended is closed when the guard is gone.
	ended chan struct{}
	// left is what the killed processes leave behind.
	left *shared
}

// Start runs the commands under a new guard. When the group ends, in any way, the folders in remove are deleted. When ctx ends, the group
// is stopped without any grace.
func Start(ctx context.Context, commands []Command, remove ...string) (*Group, error) {
	g, err := guarded(ctx, remove)
	if err != nil {
		return nil, err
	}
	if err := g.Run(ctx, commands); err != nil {
		g.Stop(syscall.SIGKILL, 0)
		return nil, err
	}
	return g, nil
}

// Folder makes a temporary folder whose name begins with this, and a group without a command. When the group ends, in any way, the folder
// is deleted: its guard knows of the folder before it exists.
func Folder(ctx context.Context, begin string) (*Group, string, error) {
	return FolderIn(ctx, os.TempDir(), begin)
}

// FolderIn is Folder in another folder than that for temporary files.
func FolderIn(ctx context.Context, parent, begin string) (_ *Group, dir string, err error) {
	dir = filepath.Join(parent, begin+strings.ToLower(rand.Text()[:folderName]))
	// The guard would remove a folder that isn't ours.
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil, "", fmt.Errorf("make a folder: %s exists: %w", dir, err)
	}
	g, err := guarded(ctx, []string{dir})
	if err != nil {
		return nil, "", err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		g.Stop(syscall.SIGKILL, 0)
		return nil, "", fmt.Errorf("make a folder: %w", err)
	}
	return g, dir, nil
}

// Removing is a group without a command that deletes folders when it ends, in any way. The folders needn't exist yet.
func Removing(ctx context.Context, folders ...string) (*Group, error) { return guarded(ctx, folders) }

// guarded starts a guard that has no command yet.
func guarded(ctx context.Context, remove []string) (*Group, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	program, err := self()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	guard := exec.Command(program)
	guard.Args = []string{"tqbench-guard"}
	guard.Env = []string{guardEnv + "=1"}
	guard.Stderr = os.Stderr
	// A separate session keeps the terminal's Ctrl-C from the group: the harness decides the order of stopping.
	guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := guard.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	stdout, err := guard.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	if err := guard.Start(); err != nil {
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	g := &Group{guard: guard, stdin: stdin, interrupted: ctx.Done(), orders: json.NewEncoder(stdin), answers: make(chan news, 1),
		changed: make(chan struct{}), empty: make(chan struct{}), ended: make(chan struct{}), left: newShared()}
	go g.listen(json.NewDecoder(stdout))
	if _, err := g.ask(order{Remove: remove}); err != nil {
		_ = stdin.Close()
		<-g.ended
		return nil, err
	}
	return g, nil
}

// ask gives the guard an order and waits for its answer.
func (g *Group) ask(o order) (news, error) {
	if err := g.orders.Encode(o); err != nil {
		return news{}, fmt.Errorf("give the guard an order: %w", err)
	}
	select {
	case n := <-g.answers:
		if n.Failed != "" {
			return n, errors.New(n.Failed)
		}
		return n, nil
	case <-g.ended:
		return news{}, errors.New("the guard ended")
	}
}

// Run starts the commands of a group without any. It works once.
func (g *Group) Run(ctx context.Context, commands []Command) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := g.ask(order{Commands: commands})
	if err != nil {
		return err
	}
	g.pids, g.began = n.Started, n.Began
	return nil
}

// listen records exits until the guard is gone.
func (g *Group) listen(dec *json.Decoder) {
	for {
		var n news
		if dec.Decode(&n) != nil {
			break
		}
		if n.Answer {
			g.answers <- n
		}
		if n.Exited != nil {
			g.mu.Lock()
			g.exits = append(g.exits, *n.Exited)
			close(g.changed)
			g.changed = make(chan struct{})
			g.mu.Unlock()
		}
		if n.Empty {
			close(g.empty)
		}
	}
	_ = g.guard.Wait()
	close(g.ended)
}

// PIDs are the process ids of the commands, in their order.
func (g *Group) PIDs() []int { return g.pids }

// Began is when the first command was about to start, in ns of CLOCK_MONOTONIC, without the guard's own start.
func (g *Group) Began() int64 { return g.began }

// Exits are the commands that ended so far, and a channel that is closed at the next end.
func (g *Group) Exits() ([]Exit, <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Exit(nil), g.exits...), g.changed
}

// Wait waits for the end of the group's only command.
func (g *Group) Wait(ctx context.Context) (Exit, error) {
	for {
		exits, changed := g.Exits()
		if len(exits) > 0 {
			return exits[0], nil
		}
		select {
		case <-ctx.Done():
			return Exit{}, context.Cause(ctx)
		case <-changed:
		case <-g.ended:
			return Exit{}, errors.New("the guard ended before its command")
		}
	}
}

// Tree lists every living process below the guard.
func (g *Group) Tree() []int { return descendants(g.guard.Process.Pid) }

// Signal sends a signal to the commands themselves, not to their children.
func (g *Group) Signal(s syscall.Signal) {
	// Only a living process shows what it leaves behind.
	g.left.note(g.Tree())
	gone := map[int]bool{}
	exits, _ := g.Exits()
	for _, e := range exits {
		gone[e.PID] = true
	}
	for _, pid := range g.pids {
		if !gone[pid] {
			_ = syscall.Kill(pid, s)
		}
	}
}

// Release lets the processes that Hold stopped continue, children before their parents, so that a parent finds its pool running.
func (g *Group) Release() { resume(g.Tree()) }

// Continue is Release for one process and its descendants.
func Continue(pid int) { resume(append([]int{pid}, descendants(pid)...)) }

// resume lets the processes of a tree continue, the last first.
func resume(tree []int) {
	for _, pid := range slices.Backward(tree) {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
}

// StopCommands sends s to the commands, waits for them and their descendants to end, and after grace kills the rest of the tree. A pool
// process that outlives its parent by a moment, as on a busy machine, ended properly; one that would have stayed did not. It returns how
// many processes it had to kill. The group's folders stay until Stop.
func (g *Group) StopCommands(s syscall.Signal, grace time.Duration) (killed int) {
	g.Signal(s)
	if s != syscall.SIGKILL {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-g.empty:
		case <-g.ended:
		case <-g.interrupted:
		case <-timer.C:
		}
	}
	return g.kill()
}

// Stop sends s to the commands, waits at most grace for only them (RabbitMQ leaves a daemon that never ends), kills the rest, ends the
// guard and removes the group's folders. It returns how many processes it had to kill. Stopping twice is harmless.
func (g *Group) Stop(s syscall.Signal, grace time.Duration) (killed int) {
	timer := time.NewTimer(grace)
	defer timer.Stop()
	g.Signal(s)
wait:
	for {
		exits, changed := g.Exits()
		if len(exits) == len(g.pids) {
			break
		}
		select {
		case <-changed:
		case <-g.ended:
			break wait
		case <-g.interrupted:
			break wait
		case <-timer.C:
			break wait
		}
	}
	killed = g.kill()
	_ = g.stdin.Close()
	<-g.ended
	g.left.remove()
	return killed
}

// Kill kills the whole tree at once, like a failing machine, and returns when nothing of it is left. The group's folders stay until Stop.
func (g *Group) Kill() {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		// The next turn finds a process that was just being forked.
		g.kill()
		select {
		case <-g.empty:
			return
		case <-g.ended:
			return
		case <-tick.C:
		}
	}
}

// kill kills the tree and returns its number of processes.
func (g *Group) kill() int { return kill(g.guard.Process.Pid, g.left) }
