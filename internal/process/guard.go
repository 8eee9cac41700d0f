package process

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/regular"
)

// A folder that can't be removed at once is retried for two seconds.
const (
	removeTries = 100
	removePause = 20 * time.Millisecond
)

// guardEnv makes a binary that calls MaybeGuard a guard.
const guardEnv = "TQBENCH_GUARD"

// order is what a group sends its guard on stdin: first the folders to remove with it, then the commands to start.
type order struct {
	// Remove are folders of the commands, removed with them. They need not exist yet.
	Remove   []string  `json:",omitempty"`
	Commands []Command `json:",omitempty"`
}

// news is what a guard sends its group on stdout, one JSON value per line.
type news struct {
	// Answer marks the answer to an order.
	Answer bool `json:",omitempty"`
	// Started has the process ids in the order of the commands.
	Started []int `json:",omitempty"`
	// Began is when the first of them was about to start, in ns of CLOCK_MONOTONIC.
	Began int64 `json:",omitempty"`
	// Failed is why the commands could not be started.
	Failed string `json:",omitempty"`
	// Exited is a command that ended.
	Exited *Exit `json:",omitempty"`
	// Empty says that the commands and all that they started have ended.
	Empty bool `json:",omitempty"`
}

// MaybeGuard turns this process into a guard if it was started as one, and then does not return. Every binary that starts groups calls it
// first, test binaries in TestMain.
func MaybeGuard() {
	if os.Getenv(guardEnv) == "" {
		return
	}
	name("tqbench-guard")
	if err := guard(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "tqbench guard:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// guard starts the commands and lives until they are gone. When stdin ends, because its parent closed it or died in any way, it kills every
// process below itself, including those whose own parent died (a pool's processes outlive a killed parent).
func guard(stdin io.Reader, stdout io.Writer) error {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	if err := adopt(); err != nil {
		return err
	}
	dec := json.NewDecoder(stdin)
	var folders, o order
	if err := dec.Decode(&folders); err != nil {
		return ordered(err)
	}
	defer func() {
		for _, dir := range folders.Remove {
			remove(dir)
		}
	}()

	var mu sync.Mutex // one line at a time on stdout
	enc := json.NewEncoder(stdout)
	tell := func(n news) {
		mu.Lock()
		defer mu.Unlock()
		_ = enc.Encode(n) // a parent that is gone is dealt with below
	}

	tell(news{Answer: true})
	if err := dec.Decode(&o); err != nil {
		return ordered(err)
	}
	var began unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &began); err != nil {
		return fmt.Errorf("read CLOCK_MONOTONIC: %w", err)
	}
	left := newShared()
	left.of(o.Commands)
	defer left.remove() // before the folders
	pids, err := startAll(o.Commands)
	if err != nil {
		kill(os.Getpid(), left)
		reap(nil)
		tell(news{Answer: true, Failed: err.Error()})
		return nil
	}
	tell(news{Answer: true, Started: pids, Began: began.Nano()})
	for i, c := range o.Commands {
		if c.Shared {
			go left.mark(pids[i])
		}
	}

	reaped := make(chan struct{})
	go func() {
		defer close(reaped)
		reap(func(e Exit) {
			left.made(e.PID)
			for i, pid := range pids {
				if pid == e.PID {
					e.Command = i
					tell(news{Exited: &e})
				}
			}
		})
		tell(news{Empty: true})
	}()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		_, _ = io.Copy(io.Discard, io.MultiReader(dec.Buffered(), stdin))
	}()

	<-closed
	for {
		kill(os.Getpid(), left)
		select {
		case <-reaped:
			return nil
		default:
			// The next turn finds a process that was just being forked.
			runtime.Gosched()
		}
	}
}

// ordered is the error of an unreadable order, or nil if the group ended without one.
func ordered(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return fmt.Errorf("read the order: %w", err)
}

// remove removes a folder in which processes of other groups may still write; their own guards end those.
func remove(dir string) {
	for range removeTries {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(removePause)
	}
}

func startAll(commands []Command) ([]int, error) {
	// The parent-death signal comes when the thread that started the child ends, so that thread must not end.
	runtime.LockOSThread()
	if err := humble(); err != nil {
		return nil, err
	}
	var pids []int
	for _, c := range commands {
		pid, err := start(c)
		if err != nil {
			return pids, fmt.Errorf("start %s: %w", c.Argv[0], err)
		}
		pids = append(pids, pid)
	}
	return pids, nil
}

func start(c Command) (int, error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	// The folder may belong to a user who could make root write elsewhere, or wait.
	log, err := regular.AppendUnlinked(c.Log, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open its log %s: %w", c.Log, err)
	}
	defer log.Close()
	if c.CPUs != nil {
		unpin, err := pin(c.CPUs)
		if err != nil {
			return 0, fmt.Errorf("pin to CPUs %v: %w", c.CPUs, err)
		}
		defer unpin()
	}
	sys := attributes()
	if c.User != nil {
		sys.Credential = &syscall.Credential{Uid: c.User.UID, Gid: c.User.GID}
	}
	sys.Chroot = c.Root
	program, err := located(c.Argv[0], c.Env)
	if c.Self {
		program, err = self()
	}
	if err != nil {
		return 0, err
	}
	attr := &syscall.ProcAttr{Dir: c.Dir, Env: c.Env, Files: []uintptr{null.Fd(), log.Fd(), log.Fd()}, Sys: sys}
	if c.Shared && os.Getuid() == 0 {
		apart := *sys
		separate(&apart)
		attr.Sys = &apart
		// A container may lack the right.
		if pid, err := syscall.ForkExec(program, c.Argv, attr); !errors.Is(err, syscall.EPERM) && !errors.Is(err, syscall.EINVAL) {
			return pid, err
		}
		attr.Sys = sys
	}
	return syscall.ForkExec(program, c.Argv, attr)
}

// located is a program's path: one without a slash is looked up on its own environment's PATH.
func located(program string, env []string) (string, error) {
	if strings.Contains(program, "/") {
		return program, nil
	}
	path := ""
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		found := filepath.Join(dir, program)
		if info, err := os.Stat(found); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return found, nil
		}
	}
	return "", fmt.Errorf("no such program on its PATH, %s", path)
}

// reap waits for every child, including adopted ones, until there are none.
func reap(tell func(Exit)) {
	for {
		var ws syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &ws, 0, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			return
		}
		if tell == nil {
			continue
		}
		e := Exit{PID: pid, Code: ws.ExitStatus()}
		if ws.Signaled() {
			e.Signal = int(ws.Signal())
		}
		tell(e)
	}
}

// kill kills every process below one, returns their number, and notes their leftovers.
func kill(root int, left *shared) int {
	tree := descendants(root)
	left.note(tree)
	for _, pid := range tree {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return len(tree)
}
