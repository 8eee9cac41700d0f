package trial

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
	"github.com/tqbench/tqbench/workers"
)

// profileOf asks for a profile, with the locked profilers.
func profileOf(t *testing.T, of string) *Profile {
	t.Helper()
	testneeds.Real(t, "workers")
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	env, err := builder.Build(t.Context(), "profile")
	if err != nil {
		t.Fatal(err)
	}
	return &Profile{Of: of, Env: env}
}

// profiledLimit is for drains under a profiler on a busy machine.
const profiledLimit = suite.Duration(2 * time.Minute)

// A profile of real workers names their functions, excludes its trial from verdicts, and loses no task.
func TestProfilesOfWorkersAreKept(t *testing.T) {
	for of, tt := range map[string]struct {
		pattern string
		frame   string
		files   map[string]int // the least number, by contender
	}{
		// Celery's memory is that of the parent and of each process of its pool.
		suite.ProfileCPU:    {"profile-cpu-drain.*", "run", map[string]int{"celery": 2, "asynctasq": 2}},
		suite.ProfileMemory: {"profile-memory-*.html", "celery", map[string]int{"celery": 3}},
	} {
		for name, least := range tt.files {
			t.Run(of+" of "+name, func(t *testing.T) {
				p := profileOf(t, of) // before the test's own temporary folder
				c := config(t, name, scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 3000}))
				c.Profile, c.Scenario.Limit = p, profiledLimit
				r, err := Run(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				if !r.Flagged(results.FlagProfiled) || r.Finished != 3000 || r.Lost+r.Duplicated+r.Failed != 0 {
					t.Errorf("%+v %+v", r.Flags, r.Counts)
				}
				found, err := filepath.Glob(filepath.Join(c.Dir, tt.pattern))
				if err != nil || len(found) < least {
					t.Fatalf("%v (%v): %+v", found, err, r.Flags)
				}
				for _, path := range found {
					data, err := os.ReadFile(path)
					if err != nil || !bytes.Contains(data, []byte(tt.frame)) {
						t.Errorf("%s has no %s (%v)", path, tt.frame, err)
					}
				}
				clean(t)
			})
		}
	}
}

// plantSpy puts a script in place of py-spy.
func plantSpy(t *testing.T, p *Profile, script string) {
	t.Helper()
	p.Env.Packages = t.TempDir()
	bin := filepath.Join(p.Env.Packages, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "py-spy"), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// A py-spy that fails in the middle of a sample, or ends in one, leaves its worker stopped. That loses no task, and no worker has to be killed.
func TestAWorkerThatAProfilerLeftStoppedContinues(t *testing.T) {
	for name, script := range map[string]string{
		"failed": "kill -STOP $3\nexit 1",
		"ended":  "trap 'kill -STOP $3; exit' INT\nwhile :; do sleep 0.1; done",
	} {
		t.Run(name, func(t *testing.T) {
			p := profileOf(t, suite.ProfileCPU)
			plantSpy(t, p, script)
			c := config(t, "celery", scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 3000}))
			c.Profile, c.Scenario.Limit = p, profiledLimit
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if r.Finished != 3000 || r.Lost != 0 || r.Flagged(results.FlagKilled) {
				t.Errorf("%+v %+v", r.Flags, r.Counts)
			}
			clean(t)
		})
	}
}

// If processes may not inspect each other, the trial says so in one line and continues.
func TestARefusedProfilerIsReported(t *testing.T) {
	p := profileOf(t, suite.ProfileCPU)
	// The output of a refused profiler: not every place where tests run has an unprivileged user to be refused.
	plantSpy(t, p, "echo 'Permission Denied: Try running again with elevated permissions' >&2\nexit 1")
	c := config(t, "celery", scenario(t, suite.Phase{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 100}))
	c.Profile = p
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	reported := false
	for _, f := range r.Flags {
		reported = reported || f.Check == results.CheckNoProfile && bytes.Contains([]byte(f.Detail), []byte("Permission Denied")) && !bytes.ContainsRune([]byte(f.Detail), '\n')
	}
	if !reported || r.Finished != 100 {
		t.Errorf("%+v %+v", r.Flags, r.Counts)
	}
	clean(t)
}
