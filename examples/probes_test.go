//go:build linux

// Package examples_test runs the example probes for workers in other languages.
package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/workers"
)

// Each probe writes the record that tqbench reads, with the same clock.
func TestProbesWriteTheRecordThatIsRead(t *testing.T) {
	testneeds.Real(t, "Python and Node.js")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	c, err := clock.New()
	if err != nil {
		t.Fatal(err)
	}
	builder, err := workers.NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	emulator, err := builder.BuildEmulator(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	python, err := builder.Build(t.Context(), "lint")
	if err != nil {
		t.Fatal(err)
	}
	run := func(t *testing.T, dir string, argv ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
		cmd.Dir = here
		cmd.Env = append(os.Environ(), "TQBENCH_PROBE_DIR="+dir, "PYTHONPATH="+filepath.Join(here, "own-queue"), "PYTHONDONTWRITEBYTECODE=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for name, write := range map[string]func(t *testing.T, dir string){
		"go": func(t *testing.T, dir string) {
			run(t, dir, "go", "-C", "go-queue", "test", "-count=1", "./probe")
		},
		"javascript": func(t *testing.T, dir string) {
			run(t, dir, emulator.Exe, "--input-type=module", "-e",
				`import {now, record, FAILED} from "./node-queue/probe.mjs"; for (let i = 0; i < 2; i++) record(2**40 + 7, now(), now(), FAILED)`)
		},
		"python": func(t *testing.T, dir string) {
			run(t, dir, python.Python, "-c", "from probe import *\nfor _ in range(2): record(2**40 + 7, now(), now(), FAILED)")
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			began := uint64(c.Now())
			write(t, dir)
			files, err := filepath.Glob(filepath.Join(dir, "*.probe"))
			if err != nil || len(files) != 1 {
				t.Fatal(files, err)
			}
			data, err := os.ReadFile(files[0])
			if err != nil || len(data) != 2*results.ProbeSize {
				t.Fatalf("%d bytes, %v", len(data), err)
			}
			for ; len(data) > 0; data = data[results.ProbeSize:] {
				p, err := results.DecodeProbe(data)
				if err != nil {
					t.Fatal(err)
				}
				if p.Seq != 1<<40+7 || p.Outcome != 2 || p.Started < began || p.Finished < p.Started || p.Finished > uint64(c.Now()) || p.PID == 0 {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}
