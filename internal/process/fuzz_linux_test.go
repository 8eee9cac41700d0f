package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

// With any process name, its figures are read as the kernel wrote them.
func FuzzStat(f *testing.F) {
	f.Add("python", byte('S'), uint32(1), uint32(2), uint32(3), uint32(4))
	f.Add(") S 1 2 3 (x", byte('T'), uint32(0), uint32(1<<32-1), uint32(7), uint32(0))
	f.Add("\x00\xff\n) R", byte('Z'), uint32(5), uint32(6), uint32(7), uint32(8))
	f.Fuzz(func(t *testing.T, name string, state byte, user, system, childUser, childSystem uint32) {
		if state < 'A' || state > 'z' {
			return
		}
		line := fmt.Sprintf("4711 (%s) %c 1 4711 4711 0 -1 4194560 150 0 0 0 %d %d %d %d 20 0 1 0 100\n", name, state, user, system, childUser, childSystem)
		want := stat{state: state, ticks: int64(user) + int64(system), childTicks: int64(childUser) + int64(childSystem)}
		if got := parseStat([]byte(line)); got != want {
			t.Errorf("%q is read as %+v, want %+v", line, got, want)
		}
	})
}

// What the CPUs did adds up.
func FuzzMachine(f *testing.F) {
	f.Add(uint32(1), uint32(2), uint32(3), uint32(4), uint32(5), uint32(6), uint32(7), uint32(8), " 9 10\ncpu0 1 2 3")
	f.Fuzz(func(t *testing.T, user, nice, system, idle, wait, irq, soft, stolen uint32, more string) {
		data := fmt.Sprintf("cpu  %d %d %d %d %d %d %d %d\n%s", user, nice, system, idle, wait, irq, soft, stolen, more)
		sum := func(ticks ...uint32) (d time.Duration) {
			for _, n := range ticks {
				d += time.Duration(n) * Tick
			}
			return d
		}
		want := Machine{Stolen: sum(stolen), Busy: sum(user, nice, system, irq, soft), Interrupts: sum(irq, soft),
			All: sum(user, nice, system, idle, wait, irq, soft, stolen)}
		if got := parseMachine([]byte(data)); got != want {
			t.Errorf("%q is read as %+v, want %+v", data, got, want)
		}
	})
}

// No content of a file in /proc ends the guard, and it removes no file except shared memory.
func FuzzProcFiles(f *testing.F) {
	for _, file := range []string{"/proc/self/stat", "/proc/self/status", "/proc/self/schedstat", "/proc/self/maps", "/proc/stat", "/proc/sysvipc/shm"} {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("7f00-7f01 rw-s 00000000 00:1a 7 /dev/shm/sem.a\n7f00-7f01 rw-s 00000000 00:1a 7 /dev/shm/../../etc/passwd\n"))
	f.Add([]byte("key shmid perms size cpid lpid nattch uid gid cuid cgid\n 1 2 1600 4 5 6 7 8 9 10 11 12 13 14 15 16\n"))
	f.Add([]byte("Pss:\nPss: x\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		parseMachine(data)
		parseStat(data)
		parseWait(data)
		fieldOf(data, "Pss:")
		for _, file := range shmFiles(data) {
			if !strings.HasPrefix(file, shmFolder) || filepath.Clean(file) != file {
				t.Errorf("%q would be removed", file)
			}
		}
		lines := strings.Count(string(data), "\n") + 1
		if n := len(parseSegments(data)); n >= lines {
			t.Errorf("%d segments in %d lines", n, lines)
		}
	})
}

// A log's end is one line of text within the length limit.
func FuzzLastLines(f *testing.F) {
	f.Add([]byte("Traceback:\n  File \"a.py\"\nValueError: 1\n"), 20)
	f.Add([]byte("\x1b[31m\xffaé日本語語語語語語"), 7)
	f.Add([]byte("│ boxed │\u0085\u2028x"), 100)
	f.Fuzz(func(t *testing.T, data []byte, limit int) {
		if limit < 1 || limit > 1000 {
			return
		}
		got := lastLines(data, limit)
		if len(got) > limit+len("... ") && got != "it said nothing" || !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || got == "" {
			t.Errorf("%q ends with %q, of at most %d bytes", data, got, limit)
		}
		if line := LastLine(data); line == "" || strings.Contains(line, "\n") {
			t.Errorf("the last line is %q", line)
		}
	})
}
