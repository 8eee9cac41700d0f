package trial

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/suite"
)

// Programs that run tasks have as few rights as possible: they aren't root, gain no rights from a program's file, don't know the secrets of
// tqbench's caller, and keep their files private.
func TestWorkersMayDoLittle(t *testing.T) {
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PGPASSWORD", "SOME_SECRET", "SSH_AUTH_SOCK"} {
		t.Setenv(name, "correct horse battery staple")
	}
	for _, name := range []string{"asynctasq", "celery"} {
		t.Run(name, func(t *testing.T) {
			c := config(t, name, scenario(t, suite.Phase{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 50},
				suite.Phase{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 100, Rate: 50}))
			seen := 0
			c.Progress = func(p Progress) {
				if p.Stage != "paced" || p.Done == 0 || seen > 0 {
					return
				}
				for _, pid := range ours(t) {
					seen++
					humble(t, pid)
				}
				folders, err := filepath.Glob(filepath.Join(os.TempDir(), "tqbench-*"))
				if err != nil || len(folders) == 0 {
					t.Errorf("%d folders (%v)", len(folders), err)
				}
				for _, dir := range folders {
					if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
						t.Errorf("%s: %v (%v)", dir, info.Mode(), err)
					}
				}
			}
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if seen < 2 || r.Finished != 150 {
				t.Errorf("%d processes were looked at, %+v", seen, r.Counts)
			}
			clean(t)
		})
	}
}

// humble checks a process of the framework's.
func humble(t *testing.T, pid int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return // it ended
	}
	environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	if err != nil {
		return
	}
	if !strings.Contains(string(status), "NoNewPrivs:\t1\n") {
		t.Errorf("process %d may gain privileges", pid)
	}
	if os.Getuid() == 0 && (strings.Contains(string(status), "Uid:\t0") || !strings.Contains(string(status), "CapEff:\t0000000000000000\n")) {
		t.Errorf("process %d has rights of root: %s", pid, status)
	}
	if strings.Contains(string(environ), "battery") {
		t.Errorf("process %d has a secret of its caller: %q", pid, environ)
	}
	for _, name := range []string{"HOME=", "TMPDIR="} {
		if !strings.Contains("\x00"+string(environ), "\x00"+name+os.TempDir()) {
			t.Errorf("process %d has another %s: %q", pid, name, environ)
		}
	}
}

// scripted is a contender whose worker is a shell.
type scripted struct {
	contender.Contender
	script string
}

func (s scripted) Setup(t contender.Target) (contender.Setup, error) {
	setup, err := s.Contender.Setup(t)
	setup.Commands = [][]string{{"/bin/sh", "-c", s.script}}
	return setup, err
}

// A worker that replaces its log by a link or a pipe gains neither what root may read nor our time.
func TestNoLinkOfAWorkerIsFollowed(t *testing.T) {
	const secret = "root's own words"
	hidden := filepath.Join(t.TempDir(), "hidden")
	if err := os.WriteFile(hidden, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		"a link": fmt.Sprintf("ln -sf %s worker-1.log; exit 7", hidden),
		"a pipe": "rm worker-1.log; mkfifo worker-1.log; exit 7",
	} {
		t.Run(name, func(t *testing.T) {
			c := config(t, "celery", scenario(t, drain))
			c.Contender = scripted{c.Contender, script}
			_, err := Run(t.Context(), c)
			if err == nil || strings.Contains(err.Error(), secret) {
				t.Errorf("err = %v", err)
			}
			if data, _ := os.ReadFile(filepath.Join(c.Dir, "worker-1.log")); strings.Contains(string(data), secret) {
				t.Errorf("the log is %q", data)
			}
			clean(t)
		})
	}
}
