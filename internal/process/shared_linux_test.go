package process_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// sharingEnv makes the test binary a program that makes shared memory: a file in /dev/shm of that name, and a System V segment. It prints
// the segment's number and waits.
const sharingEnv = "TQBENCH_TEST_SHARING"

// sharerEnv makes it a harness that starts such a program, to be killed.
const sharerEnv = "TQBENCH_TEST_SHARER"

// maybeShare makes this process one of the two if it was started as one, and then does not return.
func maybeShare() {
	err := error(nil)
	switch {
	case os.Getenv(sharingEnv) != "":
		err = sharing(os.Getenv(sharingEnv))
	case os.Getenv(sharerEnv) != "":
		err = sharer(os.Getenv(sharerEnv), os.Getenv("TQBENCH_TEST_MARKED") == "true")
	default:
		return
	}
	fmt.Println(err)
	os.Exit(1)
}

func sharing(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Truncate(4096); err != nil {
		return err
	}
	if _, err := unix.Mmap(int(f.Fd()), 0, 4096, unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return err
	}
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, 4096, unix.IPC_CREAT|0o600)
	if err != nil {
		return err
	}
	if _, err := unix.SysvShmAttach(id, 0, 0); err != nil {
		return err
	}
	fmt.Println(id)
	forever()
	return nil
}

// forever waits. An empty select would not do: without cgo, the runtime reports it as a deadlock.
func forever() {
	for {
		time.Sleep(time.Hour)
	}
}

// sharer starts such a program and passes on its output.
func sharer(file string, marked bool) error {
	g, dir, err := process.Folder(context.Background(), "tqbench-test-")
	if err != nil {
		return err
	}
	log := filepath.Join(dir, "log")
	if err := g.Run(context.Background(), []process.Command{{Argv: []string{"sharing"}, Self: true, Env: []string{sharingEnv + "=" + file},
		Dir: dir, Log: log, Shared: marked}}); err != nil {
		return err
	}
	for {
		if data, err := os.ReadFile(log); err == nil && strings.HasSuffix(string(data), "\n") {
			fmt.Printf("%s %d %s\n", strings.TrimSpace(string(data)), g.PIDs()[0], dir)
			forever()
		}
		time.Sleep(time.Millisecond)
	}
}

// segment reports whether a segment of that number exists, and whether it ends with its last process.
func segment(t *testing.T, id int) (there, marked bool) {
	t.Helper()
	data, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 2 && f[1] == fmt.Sprint(id) {
			return true, len(f[2]) == 4 && f[2][0] == '1'
		}
	}
	return false, false
}

// separate reports whether a process has segments that we don't see.
func separate(t *testing.T, pid int) bool {
	t.Helper()
	ours, err := os.Readlink("/proc/self/ns/ipc")
	theirs, terr := os.Readlink(fmt.Sprintf("/proc/%d/ns/ipc", pid))
	if err := errors.Join(err, terr); err != nil {
		t.Fatal(err)
	}
	return ours != theirs
}

// The kernel keeps shared memory of killed makers. Their guard removes it when the harness is killed. If the guard is killed as well, root's goes
// with its namespace, and others' goes as it is marked.
func TestSharedMemoryGoesWithItsMakers(t *testing.T) {
	testneeds.Real(t, "a program that makes shared memory")
	for name, c := range map[string]struct{ guardToo, other bool }{
		"the harness is killed": {}, "the harness of another user is killed": {other: true},
		"the guard is killed, too": {guardToo: true}, "the guard of another user is killed, too": {guardToo: true, other: true},
	} {
		guardToo := c.guardToo
		t.Run(name, func(t *testing.T) {
			file := filepath.Join("/dev/shm", filepath.Base(t.TempDir())+fmt.Sprint(os.Getpid()))
			t.Cleanup(func() { _ = os.Remove(file) })
			cmd := exec.Command("/proc/self/exe") // which any user may start
			if c.other && os.Getuid() == 0 {
				cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			}
			cmd.Env = append(os.Environ(), sharerEnv+"="+file, fmt.Sprintf("TQBENCH_TEST_MARKED=%v", guardToo))
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			var id, pid int
			var dir string
			if _, serr := fmt.Sscan(line, &id, &pid, &dir); err != nil || serr != nil {
				t.Fatalf("%q: %v, %v", line, err, serr)
			}
			t.Cleanup(func() { _ = os.RemoveAll(dir) }) // a killed guard leaves it
			apart := separate(t, pid)
			if there, _ := segment(t, id); !there && !apart {
				t.Fatal("there is no segment")
			}
			if guardToo {
				waitFor(t, "the segment is marked", func() bool { _, marked := segment(t, id); return marked || apart })
				guard, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
				if err != nil {
					t.Fatal(err)
				}
				var parent int
				if _, err := fmt.Sscan(strings.Fields(string(guard[strings.LastIndexByte(string(guard), ')')+1:]))[1], &parent); err != nil {
					t.Fatal(err)
				}
				if err := syscall.Kill(parent, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			waitFor(t, "the program is gone", func() bool { return !alive(pid) })
			waitFor(t, "the segment is gone", func() bool { there, _ := segment(t, id); return !there || apart }) // the kernel ends a namespace
			if guardToo {
				return // no process is left that could remove a file
			}
			waitFor(t, "the file is gone", func() bool { _, err := os.Stat(file); return os.IsNotExist(err) })
		})
	}
}

// A stopped group leaves no file in /dev/shm: neither of a command that was killed at once, nor of one that ended by itself without tidying up.
func TestStoppedMakersLeaveNoFiles(t *testing.T) {
	kept := filepath.Join("/dev/shm", filepath.Base(t.TempDir())+fmt.Sprint(os.Getpid()))
	t.Run("killed", func(t *testing.T) {
		stopped(t, process.Command{Argv: []string{"sharing"}, Self: true, Env: []string{sharingEnv + "=" + kept + "killed"}}, kept+"killed")
	})
	t.Run("ended", func(t *testing.T) {
		u, err := process.Apart()
		if err != nil {
			t.Fatal(err)
		}
		if u != nil { // only root has users to spare
			stopped(t, process.Command{Argv: []string{"/bin/sh", "-c", `: > "$0"`, kept + "ended"}, User: u}, kept+"ended")
		}
	})
	t.Run("another program's", func(t *testing.T) {
		file := kept + "old"
		if err := os.WriteFile(file, make([]byte, 4096), 0o600); err != nil {
			t.Fatal(err)
		}
		defer os.Remove(file)
		g := running(t, process.Command{Argv: []string{"sharing"}, Self: true, Env: []string{sharingEnv + "=" + file}}, file)
		g.Stop(syscall.SIGKILL, 0)
		if _, err := os.Stat(file); err != nil {
			t.Errorf("a file that a program shared with others is gone: %v", err)
		}
	})
}

// stopped starts a command that makes a file, stops it, and requires that the file is gone.
func stopped(t *testing.T, c process.Command, file string) {
	t.Helper()
	t.Cleanup(func() { _ = os.Remove(file) })
	running(t, c, file).Stop(syscall.SIGKILL, 0)
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("%s is left (%v)", file, err)
	}
}

// running starts a command and returns when it has made a file, and said so if it says anything.
func running(t *testing.T, c process.Command, file string) *process.Group {
	t.Helper()
	c.Dir, c.Log = "/", filepath.Join(t.TempDir(), "log")
	g, err := process.Start(t.Context(), []process.Command{c})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "it made its file", func() bool {
		_, err := os.Stat(file)
		log, _ := os.ReadFile(c.Log) // not made yet
		return err == nil && (!c.Self || len(log) > 0)
	})
	return g
}
