package crash

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/process"
)

const (
	// cleanLimit is how long the guards of a tqbench that was killed may take to kill and remove what it had.
	cleanLimit = 10 * time.Second
	cleanPoll  = 5 * time.Millisecond
	// stuckAfter is how many undisturbed runs one may take before it hangs.
	stuckAfter = 20
)

// attempt is one command of tqbench's and what it left.
type attempt struct {
	b     *bench
	group *process.Group
	log   string
	tmp   string
	exit  process.Exit
	// left are processes, ports and files that stayed.
	left []string
	// before is the attempt that this one went on with.
	before *attempt
}

// start starts a command with its own temporary files. Its guard ends it, even if we are killed.
func (b *bench) start(ctx context.Context, argv []string) (attempt, error) {
	a := attempt{b: b}
	dir, err := os.MkdirTemp(b.dir, "run-")
	if err == nil {
		// Servers that run as another user must get in.
		err = os.Chmod(dir, 0o755)
	}
	a.tmp, a.log = filepath.Join(dir, "tmp"), filepath.Join(dir, "log")
	if err == nil {
		err = os.Mkdir(a.tmp, 0o755)
	}
	if err == nil {
		a.group, err = process.Start(ctx, []process.Command{{Argv: argv, Dir: dir, Log: a.log,
			Env: append(append([]string{}, b.Environ...), "TMPDIR="+a.tmp)}})
	}
	if err != nil {
		return a, fmt.Errorf("start a run: %w", err)
	}
	return a, nil
}

// strike waits for a moment, sends the signal and waits for the end of the command and of what it had started.
func (a *attempt) strike(ctx context.Context, moment time.Duration, sig syscall.Signal) error {
	select {
	case <-ctx.Done():
	case <-time.After(moment):
	}
	sockets := listening(a.group.Tree())
	a.group.Signal(sig)
	return a.ended(ctx, sockets)
}

// end waits for the end of the command and of what it had started.
func (a *attempt) end(ctx context.Context) error { return a.ended(ctx, nil) }

// ended waits, and notes what is left: of the sockets, which were listened on, too.
func (a *attempt) ended(ctx context.Context, sockets map[string]bool) error {
	defer a.group.Stop(syscall.SIGKILL, 0)
	limit, cancel := context.WithTimeout(ctx, max(stuckAfter*a.b.whole, 5*time.Minute))
	defer cancel()
	var err error
	if a.exit, err = a.group.Wait(limit); err != nil {
		return fmt.Errorf("wait for a run: %w", err)
	}
	deadline := time.Now().Add(cleanLimit)
	for tick := time.NewTicker(cleanPoll); ; <-tick.C {
		if a.left, err = a.leftovers(sockets); err != nil || len(a.left) == 0 || time.Now().After(deadline) {
			tick.Stop()
			return err
		}
	}
}

// leftovers lists what is there that should not be.
func (a *attempt) leftovers(sockets map[string]bool) (left []string, err error) {
	for _, pid := range a.group.Tree() {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		left = append(left, fmt.Sprintf("process %d (%s)", pid, strings.TrimSpace(string(name))))
	}
	for inode := range stillListening(sockets) {
		left = append(left, "a port, socket "+inode)
	}
	entries, err := os.ReadDir(a.tmp)
	if err != nil {
		return nil, fmt.Errorf("look for what is left: %w", err)
	}
	for _, e := range entries {
		left = append(left, "temporary file "+e.Name())
	}
	return left, nil
}

// unstruck is what a script says of a run that ended well.
const unstruck = firstRun + "0\n"

// struck reports whether the disturbed run did not end well.
func (a *attempt) struck() bool {
	if a.before != nil {
		return a.before.exit.Code != 0 || a.before.exit.Signal != 0
	}
	said := a.said()
	return strings.Contains(said, firstRun) && !strings.Contains(said, unstruck)
}

// said is the command's output.
func (a *attempt) said() string {
	_, data, _ := process.ReadEnds(a.log, 1<<20) // what can't be read says nothing
	return string(data)
}

// listening are the sockets, by their inodes, on which the processes listen for TCP.
func listening(pids []int) map[string]bool {
	open := map[string]bool{}
	for _, pid := range pids {
		fds, _ := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/fd/*") // the pattern is well formed
		for _, fd := range fds {
			if to, err := os.Readlink(fd); err == nil && strings.HasPrefix(to, "socket:[") {
				open[strings.TrimSuffix(strings.TrimPrefix(to, "socket:["), "]")] = true
			}
		}
	}
	return stillListening(open)
}

// stillListening are those of the sockets on which somebody listens for TCP, as proc_pid_net(5) shows them.
func stillListening(sockets map[string]bool) map[string]bool {
	out := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		data, _ := os.ReadFile(table) // without IPv6 there is none
		for line := range strings.Lines(string(data)) {
			const listen = "0A"
			if f := strings.Fields(line); len(f) > 9 && f[3] == listen && sockets[f[9]] {
				out[f[9]] = true
			}
		}
	}
	return out
}

// diskSize is how many bytes the files of a folder take on a disk, whose pages are whole. Folders take nothing on a tmpfs.
func diskSize(dir string) (sum int64, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		const block = 512 // of st_blocks, see stat(2)
		sum += st.Blocks * block
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("add up what the results take: %w", err)
	}
	if sum == 0 {
		return 0, errors.New("the results take no room")
	}
	return sum, nil
}
