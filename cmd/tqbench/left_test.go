package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tqbench/tqbench/broker/brokertest"
	"github.com/tqbench/tqbench/results"
)

// sharedMemory lists shared memory and whether it is unused: unused segments of System V, and PostgreSQL's files in /dev/shm.
func sharedMemory(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	data, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 6 && f[6] == "0" {
			out["segment "+f[1]] = true
		}
	}
	files, err := filepath.Glob("/dev/shm/PostgreSQL.*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		out[f] = !mapped(t, f)
	}
	return out
}

// mapped tells whether a process has a file in its memory.
func mapped(t *testing.T, file string) bool {
	t.Helper()
	maps, err := filepath.Glob("/proc/[0-9]*/maps")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(maps, func(path string) bool {
		data, err := os.ReadFile(path) // it is gone if the process is
		return err == nil && bytes.Contains(data, []byte(file))
	})
}

// freeAddress is a port of loopback that is free now.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// firstLine starts a command and waits for the first line of its standard output.
func firstLine(t *testing.T, cmd *exec.Cmd) (string, error) {
	t.Helper()
	return started(t, cmd).ReadString('\n')
}

// started starts a command and reads its standard output.
func started(t *testing.T, cmd *exec.Cmd) *bufio.Reader {
	t.Helper()
	cmd.Stdout = nil
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return bufio.NewReader(stdout)
}

// guardsOf are the children of a process.
func guardsOf(t *testing.T, pid int) (out []int) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, _ := os.ReadFile(f) // of a thread that ended
		for _, word := range strings.Fields(string(data)) {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, n)
		}
	}
	return out
}

// A PostgreSQL that is killed together with tqbench never leaves shared memory or processes; if its guard lives, it leaves nothing.
func TestAKilledPostgresLeavesNoSharedMemory(t *testing.T) {
	for _, guardsToo := range []bool{false, true} {
		// From the creation of its data to well after its first answer.
		for _, moment := range []time.Duration{200 * time.Millisecond, 700 * time.Millisecond, 1200 * time.Millisecond, 0} {
			t.Run(fmt.Sprintf("after %s, guards too %v", moment, guardsToo), func(t *testing.T) {
				dir := brokertest.OpenDir(t)
				before := sharedMemory(t)
				cmd, _, stderr := tqbench(t.Context(), t, dir, "broker", "serve", "postgres", "--listen", freeAddress(t))
				stdout := started(t, cmd)
				said := make(chan error, 1)
				go func() {
					_, err := stdout.ReadString('\n')
					said <- err
				}()
				if moment > 0 {
					time.Sleep(moment)
				} else if err := <-said; err != nil {
					t.Fatalf("%v: %s", err, stderr)
				}
				descendants := brokertest.Descendants(cmd.Process.Pid)
				if guardsToo {
					for _, pid := range guardsOf(t, cmd.Process.Pid) {
						if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && err != syscall.ESRCH { // it may have ended
							t.Error(err)
						}
					}
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
				var left []string
				for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
					left = nil
					for _, pid := range descendants {
						if syscall.Kill(pid, 0) == nil {
							left = append(left, fmt.Sprintf("process %d", pid))
						}
					}
					for name, unused := range sharedMemory(t) {
						if _, known := before[name]; unused && !known {
							left = append(left, name)
						}
					}
					if !guardsToo {
						left = append(left, remains(t, dir)...)
					}
					if len(left) == 0 {
						return
					}
				}
				t.Errorf("left behind: %q", left)
			})
		}
	}
}

// A build that replaces the binary doesn't end a run: later trials and their processes use the running program.
func TestARunSurvivesItsBinarysReplacement(t *testing.T) {
	dir := brokertest.OpenDir(t)
	write(t, filepath.Join(dir, "small.yaml"), small)
	cmd, _, stderr := tqbench(t.Context(), t, dir, "run", "--scenario", "small.yaml", "--blocks", "1", "--scale", "1")
	program, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(dir, "program")
	if err := os.WriteFile(cmd.Path, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	replaced := false
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		select {
		case err := <-over:
			tick.Stop()
			trials, rerr := results.ReadTrials(filepath.Join(dir, defaultOut))
			if code := exit(err); code != exitDone || !replaced || rerr != nil || len(trials) != 2 {
				t.Fatalf("exit code %d, replaced %v, %d trials (%v): %s", code, replaced, len(trials), rerr, stderr)
			}
			for _, r := range trials {
				if r.Finished != 900 || r.Reason != "" {
					t.Errorf("trial %d: %+v, %s", r.ID, r.Counts, r.Reason)
				}
			}
			return
		case <-tick.C:
		}
		if trials, _ := results.ReadTrials(filepath.Join(dir, defaultOut)); len(trials) == 1 && !replaced {
			replaced = true
			other := cmd.Path + ".new"
			write(t, other, "no program")
			if err := os.Rename(other, cmd.Path); err != nil {
				t.Fatal(err)
			}
		}
	}
}
