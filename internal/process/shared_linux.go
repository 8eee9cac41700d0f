package process

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// shmFolder has POSIX's named shared memory and semaphores.
const shmFolder = "/dev/shm/"

const (
	// markPoll is how often a guard looks for an unmarked segment, markedPoll how often after it found one: a server that lost a process
	// may make another.
	markPoll   = 2 * time.Millisecond
	markedPoll = time.Second
)

// shared is a process tree's shared memory. The kernel keeps it after they are killed: PostgreSQL has a System V segment that shows other
// servers on the same data, and Python's process pools have semaphores.
type shared struct {
	// before are segments that existed before the tree, old the files of shmFolder.
	before map[int]bool
	old    map[string]bool
	// users run only the tree's programs, see Apart. A user without a process uses no file any more.
	users []uint32

	mu sync.Mutex
	// makers are the tree's processes, files what they used in shmFolder.
	makers map[int]bool
	files  map[string]bool
}

func newShared() *shared {
	s := &shared{before: map[int]bool{}, old: map[string]bool{}, makers: map[int]bool{}, files: map[string]bool{}}
	for _, seg := range segments() {
		s.before[seg.id] = true
	}
	for _, file := range allShared() {
		s.old[file] = true
	}
	return s
}

// of adds the users of commands whose shared memory goes with their last process.
func (s *shared) of(commands []Command) {
	for _, c := range commands {
		if c.User != nil && c.User.UID >= firstApart && c.User.UID <= lastApart {
			s.users = append(s.users, c.User.UID)
		}
	}
}

// allShared lists the files of shmFolder.
func allShared() []string {
	files, _ := filepath.Glob(shmFolder + "*") // the pattern is well formed
	return files
}

// note inspects processes that are about to be killed.
func (s *shared) note(pids []int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, pid := range pids {
		s.makers[pid] = true
		data, err := readProc(pid, "maps")
		if err != nil {
			continue // it is gone
		}
		for _, file := range shmFiles(data) {
			s.files[file] = true
		}
	}
}

// shmFiles are the files of shmFolder in a process's maps, see proc_pid_maps(5).
func shmFiles(data []byte) (out []string) {
	for _, f := range fields(data) {
		// A removed one is shown with an additional word.
		if len(f) != 6 {
			continue
		}
		// They will be removed, so accept nothing but a file in that folder.
		if file := string(f[5]); strings.HasPrefix(file, shmFolder) && filepath.Clean(file) == file {
			out = append(out, file)
		}
	}
	return out
}

// made notes a process of the tree that ended unexpectedly.
func (s *shared) made(pid int) {
	s.mu.Lock()
	s.makers[pid] = true
	s.mu.Unlock()
}

// remove removes the processes' leftovers after their end.
func (s *shared) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for file := range s.files {
		if !s.old[file] {
			_ = os.Remove(file) // it may be gone by now
		}
	}
	// Some processes end before they can be inspected, and are killed before they tidy up.
	for _, uid := range s.users {
		if running(uid) {
			continue
		}
		for _, file := range allShared() {
			if u, err := owner(file); err == nil && u.UID == uid {
				_ = os.Remove(file)
			}
		}
	}
	for _, seg := range segments() {
		if s.makers[seg.maker] && seg.attached == 0 && !s.before[seg.id] {
			seg.remove()
		}
	}
}

// mark lets the kernel remove each segment of the guard's tree with the last process that uses it, even if the guard is killed. It
// continues until the guard's end; the command is the process that makes the lasting segment.
func (s *shared) mark(command int) {
	others := maps.Clone(s.before) // segments of other programs
	poll := markPoll
	for {
		for _, seg := range segments() {
			if seg.marked || others[seg.id] {
				continue
			}
			ours := seg.maker == command
			for _, pid := range descendants(os.Getpid()) {
				ours = ours || pid == seg.maker
			}
			if !ours {
				others[seg.id] = true
				continue
			}
			// The kernel would at once remove one that is not attached yet.
			if seg.attached > 0 {
				seg.remove()
				if seg.maker == command {
					poll = markedPoll
				}
			}
		}
		time.Sleep(poll)
	}
}

// segment is a segment of System V's shared memory.
type segment struct {
	id, maker, attached int
	owner               User
	// marked segments end with the last process that uses them.
	marked bool
}

// segments lists all segments, see proc_sysvipc(5).
func segments() []segment {
	data, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		return nil // a kernel without them
	}
	return parseSegments(data)
}

func parseSegments(data []byte) (out []segment) {
	for i, f := range fields(data) {
		// key shmid perms size cpid lpid nattch uid gid cuid cgid and more
		if i == 0 || len(f) < 11 {
			continue
		}
		number := func(k int) int {
			n, _ := strconv.Atoi(string(f[k]))
			return n
		}
		const destroyed = 0o1000
		perms, _ := strconv.ParseUint(string(f[2]), 8, 32)
		out = append(out, segment{id: number(1), maker: number(4), attached: number(6), owner: User{UID: uint32(number(9)), GID: uint32(number(10))},
			marked: perms&destroyed != 0})
	}
	return out
}

// remove removes the segment, or lets the kernel do so when no process uses it any more.
func (s segment) remove() {
	remove := func() error {
		_, err := unix.SysvShmCtl(s.id, unix.IPC_RMID, nil)
		return err
	}
	// Root needs a right for this that it may lack in a container; the owner doesn't.
	if err := remove(); errors.Is(err, syscall.EPERM) && os.Getuid() == 0 {
		_ = as(s.owner, remove)
	}
}
