package workers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// builder uses the user's cache, so that the tests of all packages share one build.
func builder(t *testing.T) *workers.Builder {
	t.Helper()
	testneeds.Real(t, "workers")
	b, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func build(t *testing.T, name string) workers.Env {
	t.Helper()
	env, err := builder(t).Build(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func python(t *testing.T, env workers.Env, set map[string]string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), env.Python, args...)
	cmd.Env = env.Environ(set)
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestBothFrameworksRunOnOneInterpreter(t *testing.T) {
	a, c := build(t, "asynctasq"), build(t, "celery")
	if a.Python != c.Python || a.Apps != c.Apps {
		t.Errorf("two interpreters or two task modules: %s and %s, %s and %s", a.Python, c.Python, a.Apps, c.Apps)
	}
	if a.Version("cpython") == "" || a.Version("cpython") != c.Version("cpython") {
		t.Errorf("versions %q and %q", a.Version("cpython"), c.Version("cpython"))
	}
	for _, pkg := range []string{"redis", "hiredis"} {
		if a.Version(pkg) != c.Version(pkg) {
			t.Errorf("%s: %q on one side, %q on the other", pkg, a.Version(pkg), c.Version(pkg))
		}
	}
}

// A second build must find the first one's work: it installs nothing and changes no file.
func TestASecondBuildDoesNothing(t *testing.T) {
	first := build(t, "celery")
	stamp := func() string {
		info, err := os.Stat(first.Packages)
		if err != nil {
			t.Fatal(err)
		}
		return info.ModTime().String()
	}
	before := stamp()
	b, err := workers.NewBuilder(func(format string, args ...any) {
		if said := fmt.Sprintf(format, args...); !strings.HasPrefix(said, "waiting for another tqbench") { // of another test
			t.Errorf("the second build said: %s", said)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	again, err := b.Build(t.Context(), "celery")
	if err != nil {
		t.Fatal(err)
	}
	if again.Packages != first.Packages || stamp() != before {
		t.Error("the second build changed the environment")
	}
}

func TestBuildOfAnUnknownEnvironmentNamesTheKnownOnes(t *testing.T) {
	_, err := builder(t).Build(t.Context(), "shelf")
	if err == nil || !strings.Contains(err.Error(), "celery, data") {
		t.Errorf("err = %v", err)
	}
}

func TestACancelledBuildLeavesNoEnvironment(t *testing.T) {
	testneeds.Real(t, "an environment")
	cache := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	b := &workers.Builder{Cache: cache, Log: func(string, ...any) { cancel() }}
	if _, err := b.Build(ctx, "celery"); err == nil {
		t.Fatal("a cancelled build has no error")
	}
	left, err := filepath.Glob(filepath.Join(cache, "packages", "*"))
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := filepath.Glob(filepath.Join(cache, "packages", ".*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left)+len(hidden) > 0 {
		t.Errorf("left behind: %v %v", left, hidden)
	}
}

// The locks pin every package by hash, and name no registry.
func TestLocksPinByHashAndNameNoRegistry(t *testing.T) {
	names, err := filepath.Glob("locks/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("../contenders/*/requirements.txt")
	if err != nil || len(more) == 0 {
		t.Fatalf("locks of contenders: %v (%v)", more, err)
	}
	pinned := regexp.MustCompile(`^[a-z0-9-]+(\[[a-z,]+\])?==[^ ]+ \\$`)
	for _, name := range append(names, more...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("://")) {
			t.Errorf("%s names an address", name)
		}
		lines := strings.Split(string(data), "\n")
		for i, line := range lines {
			if line == "" || line[0] == ' ' || line[0] == '#' {
				continue
			}
			if !pinned.MatchString(line) || !strings.Contains(lines[i+1], "--hash=sha256:") {
				t.Errorf("%s:%d: not pinned by hash: %s", name, i+1, line)
			}
		}
	}
}

// npm's locks pin every package by hash, and name no registry either.
func TestNpmLocksPinByHashAndNameNoRegistry(t *testing.T) {
	locks, err := filepath.Glob("../contenders/*/package-lock.json")
	if err != nil || len(locks) == 0 {
		t.Fatalf("locks of contenders: %v (%v)", locks, err)
	}
	for _, name := range append(locks, "emulator/package-lock.json", "javascript/package-lock.json") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var lock struct {
			Packages map[string]struct{ Resolved, Integrity string }
		}
		if err := json.Unmarshal(data, &lock); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for place, p := range lock.Packages {
			if place != "" && (p.Resolved != "" || !strings.HasPrefix(p.Integrity, "sha512-")) {
				t.Errorf("%s: %s has the address %q and the hash %q", name, place, p.Resolved, p.Integrity)
			}
		}
	}
}

// Python and Go both define the layout of a probe record; each must read what the other writes.
func TestProbeRecordsAreReadAsTheyWereWritten(t *testing.T) {
	dir := t.TempDir()
	script := `
import os
from tqbench import probe, tasks
tasks.noop(7)
tasks.ready(8, 2)
try:
    tasks.fail(2**40)
except RuntimeError:
    pass
if os.fork() == 0:
    tasks.noop(9)
    os._exit(0)
os.wait()`
	out, err := python(t, build(t, "celery"), map[string]string{"TQBENCH_PROBE_DIR": dir}, "-c", script)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.probe"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 {
		t.Fatalf("%d probe files, want one for the parent and one for the child", len(files))
	}
	got := map[uint64]results.Probe{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for ; len(data) > 0; data = data[results.ProbeSize:] {
			p, err := results.DecodeProbe(data)
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.TrimSuffix(filepath.Base(f), ".probe"); want != strconv.Itoa(int(p.PID)) {
				t.Errorf("process %d wrote into the file of %s", p.PID, want)
			}
			got[p.Seq] = p
		}
	}
	if len(got) != 4 {
		t.Fatalf("records %v", got)
	}
	for seq, outcome := range map[uint64]uint8{7: results.ProbeOK, 8: results.ProbeOK, 1 << 40: results.ProbeFailed, 9: results.ProbeOK} {
		if got[seq].Outcome != outcome {
			t.Errorf("task %d: outcome %d, want %d", seq, got[seq].Outcome, outcome)
		}
	}
	if d := got[8].Finished - got[8].Started; d < 2_000_000 {
		t.Errorf("a task that held for 2 ms took %d ns", d)
	}
	if got[9].PID == got[7].PID {
		t.Error("the forked child wrote under its parent's number")
	}
}

// A worker that forks a process per task shares its one file with them; each record has the worker's number.
func TestForksOfASharedProbeWriteIntoOneFile(t *testing.T) {
	dir := t.TempDir()
	script := `
import os
from tqbench import probe, tasks
probe.share()
for seq in range(3):
    if os.fork() == 0:
        tasks.noop(seq)
        probe.foreign()
        os._exit(0)
    os.wait()
tasks.noop(3)
print(os.getpid())`
	out, err := python(t, build(t, "celery"), map[string]string{"TQBENCH_PROBE_DIR": dir}, "-c", script)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != strings.TrimSpace(out)+".probe" {
		t.Fatalf("process %s left %v (%v)", out, files, err)
	}
	data, err := os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil {
		t.Fatal(err)
	}
	seqs, pids := map[uint64]bool{}, map[uint32]bool{}
	for ; len(data) > 0; data = data[results.ProbeSize:] {
		p, err := results.DecodeProbe(data)
		if err != nil {
			t.Fatal(err)
		}
		seqs[p.Seq], pids[p.PID] = true, true
	}
	if len(seqs) != 7 || len(pids) != 1 {
		t.Errorf("tasks %v of processes %v, want 4 tasks and 3 foreign ones of one worker", seqs, pids)
	}
}

// A scenario may only name existing bodies.
func TestTheSuiteKnowsTheTasks(t *testing.T) {
	out, err := python(t, build(t, "celery"), nil, "-c", "from tqbench import tasks; print(*tasks.BODIES)")
	if err != nil {
		t.Fatal(out, err)
	}
	if got := strings.Fields(out); !slices.Equal(got, suite.Tasks()) {
		t.Errorf("the bodies are %q, suite.Tasks has %q", got, suite.Tasks())
	}
}

// A worker's start is its framework's: only the points that send ORM models import ORMs.
func TestAWorkerImportsNoORMUnlessAPointNeedsIt(t *testing.T) {
	for app, name := range map[string]string{"contenders.asynctasq.app": "asynctasq", "contenders.celery.app": "celery"} {
		out, err := python(t, build(t, name), nil, "-c", `
import sys, `+app+`
print([m for m in sys.modules if m.split(".")[0] in ("sqlalchemy", "django", "tortoise") or m.startswith("tqbench.models")])`)
		if err != nil || strings.TrimSpace(out) != "[]" {
			t.Errorf("%s imports %s (%v)", app, out, err)
		}
	}
}

// Processes that run few tasks import what these need before the first one: a process that RQ forks for a job inherits it, and one of
// AsyncTasQ's pool has it when it can make a task. Without a need, nothing is imported, and nothing connects.
func TestATasksTimeHasNoImportsWhereProcessesRunFewTasks(t *testing.T) {
	const (
		forks = `
import sys
from unittest import mock
import rq
from contenders.rq import app
with mock.patch.object(rq.Worker, "bootstrap"):
    app.Worker.bootstrap(object.__new__(app.Worker))
print("urllib3" in sys.modules)`
		pool = `
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from contenders.asynctasq import process
with ProcessPoolExecutor(1, get_context("spawn")) as pool:
    print(pool.submit(eval, "__import__('contenders.asynctasq.process') and 'urllib3' in __import__('sys').modules").result())`
		models = `
import sys
from tqbench import tasks
tasks.preload()
print("psycopg2" in sys.modules)`
	)
	api := map[string]string{"TQBENCH_MOCKAPI_URL": "http://127.0.0.1:1"}
	for _, tt := range []struct {
		env, script string
		set         map[string]string
		want        string
	}{
		{"rq", forks, nil, "False"},
		{"rq", forks, api, "True"},
		{"asynctasq", pool, nil, "False"},
		{"asynctasq", pool, api, "True"},
		{"orm", models, nil, "False"},
		{"orm", models, map[string]string{"TQBENCH_DATABASE_URL": "postgresql://user:password@127.0.0.1:1/tqbench"}, "True"},
	} {
		set := map[string]string{"TQBENCH_PROBE_DIR": t.TempDir()}
		maps.Copy(set, tt.set)
		out, err := python(t, build(t, tt.env), set, "-c", tt.script)
		if err != nil || strings.TrimSpace(out) != tt.want {
			t.Errorf("%s with %v: %s, want %s (%v)", tt.env, tt.set, out, tt.want, err)
		}
	}
}

// Workers in Go that were built, as in a container image, are found on a machine without the go command.
func TestBuiltGoProgramsNeedNoGoCommand(t *testing.T) {
	before := build(t, "asynq")
	t.Setenv("PATH", t.TempDir())
	after := build(t, "asynq")
	if after.Folder != before.Folder || after.Version("asynq") == "" {
		t.Errorf("%s with version %q, was %s", after.Folder, after.Version("asynq"), before.Folder)
	}
}
