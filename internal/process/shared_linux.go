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

// shmFolder has the shared memory and the semaphores of POSIX that have a name.
const shmFolder = "/dev/shm/"

const (
	// markPoll is how often a guard looks for a segment that is not yet marked, markedPoll how often once there was one: a
	// server that lost a process may make another.
	markPoll   = 2 * time.Millisecond
	markedPoll = time.Second
)

// shared is the shared memory of a tree of processes. The kernel keeps it when they are killed, unless somebody removes it:
// PostgreSQL has a segment of System V that tells it of another server on the same data, and Python's pools of processes
// have semaphores.
type shared struct {
	// before are segments that were there when the tree began.
	before map[int]bool

	mu sync.Mutex
	// makers are processes of the tree, files what they used of shmFolder.
	makers map[int]bool
	files  map[string]bool
}

func newShared() *shared {
	s := &shared{before: map[int]bool{}, makers: map[int]bool{}, files: map[string]bool{}}
	for _, seg := range segments() {
		s.before[seg.id] = true
	}
	return s
}

// note looks at processes that are about to be killed.
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
		// What was removed is shown with a word more.
		if len(f) != 6 {
			continue
		}
		// They are removed: nothing but a file in that folder may be.
		if file := string(f[5]); strings.HasPrefix(file, shmFolder) && filepath.Clean(file) == file {
			out = append(out, file)
		}
	}
	return out
}

// made tells of a process of the tree that ended by itself.
func (s *shared) made(pid int) {
	s.mu.Lock()
	s.makers[pid] = true
	s.mu.Unlock()
}

// remove removes what the processes left, now that they are gone.
func (s *shared) remove() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for file := range s.files {
		_ = os.Remove(file) // it may be gone by now
	}
	for _, seg := range segments() {
		if s.makers[seg.maker] && seg.attached == 0 && !s.before[seg.id] {
			seg.remove()
		}
	}
}

// mark has the kernel remove each segment of the guard's tree when the last process that uses it ends, even where the guard is
// killed. It goes on until the end of the guard; the command is the process that makes the one that lasts.
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
			// The kernel would remove one that is not attached yet at once.
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
	// marked is one that goes with the last process that uses it.
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

// remove removes the segment, or has the kernel do so when no process uses it any more.
func (s segment) remove() {
	remove := func() error {
		_, err := unix.SysvShmCtl(s.id, unix.IPC_RMID, nil)
		return err
	}
	// Root needs a right for this that it may lack in a container; its owner doesn't.
	if err := remove(); errors.Is(err, syscall.EPERM) && os.Getuid() == 0 {
		_ = as(s.owner, remove)
	}
}
