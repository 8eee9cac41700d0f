package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A JSON file of an output folder that is cut off anywhere, or of another version, is refused by name. A flipped bit never causes a crash:
// the file is refused by name, or its content is still possible.
func TestDamagedJSONIsRefusedByName(t *testing.T) {
	out := t.TempDir()
	builtin, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: builtin[:1], Brokers: []string{"redis"}, Contenders: []string{"celery/prefork"}, Blocks: 1, Scale: 1})
	if err != nil {
		t.Fatal(err)
	}
	dir := results.TrialDir(out, 1)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	trial := results.Trial{ID: 1, Block: 1, Scenario: builtin[0].Name, Broker: "redis", Arm: "celery/prefork", Contender: "celery/prefork",
		Flags: []results.Flag{{Code: results.FlagLost, Metrics: []string{"*"}}}, Phases: []results.Phase{{Name: "drain", Count: 3}}}
	run := results.Run{ID: "id", Began: time.Date(2026, 11, 24, 1, 2, 3, 4, time.UTC), Command: []string{"tqbench"}, Machine: results.Machine{CPUs: 2}}
	if err := errors.Join(suite.WritePlan(out, plan), results.WriteRun(out, run), results.WriteTrial(dir, trial),
		analysis.Write(out, analysis.Analysis{Version: analysis.Version, Run: run, Trials: []analysis.TrialRow{{Trial: trial}}})); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		read func() error
	}{
		{suite.PlanPath(out), func() error { _, err := suite.ReadPlan(out); return err }},
		{results.RunPath(out), func() error { _, err := results.ReadRun(out); return err }},
		{filepath.Join(dir, "trial.json"), func() error { _, err := results.ReadTrials(out); return err }},
		{analysis.Path(out), func() error { _, err := analysis.Read(out); return err }},
	} {
		t.Run(filepath.Base(tt.path), func(t *testing.T) {
			good, err := os.ReadFile(tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.read(); err != nil {
				t.Fatal(err)
			}
			attempt := func(data []byte) error {
				t.Helper()
				if err := os.WriteFile(tt.path, data, 0o644); err != nil {
					t.Fatal(err)
				}
				err := tt.read()
				if err != nil && (exitCode(t.Context(), err) != exitInput || !strings.Contains(err.Error(), tt.path)) {
					t.Fatalf("err = %v", err)
				}
				return err
			}
			for n := 0; n < len(good); n += 1 + len(good)/1000 {
				if n < len(bytes.TrimSpace(good)) && attempt(good[:n]) == nil {
					t.Fatalf("the first %d bytes of %d are taken", n, len(good))
				}
				bad := bytes.Clone(good)
				bad[n] ^= 1 << (n % 8)
				// A plan may be written by hand and has no checksum.
				if seal := bytes.LastIndex(good, []byte(`"crc32c"`)); attempt(bad) == nil && tt.path != suite.PlanPath(out) && n < seal-4 {
					t.Fatalf("bit %d of byte %d of %d may be another: %.60q", n%8, n, len(good), bad[max(0, n-20):])
				}
			}
			later := bytes.Replace(good, []byte(`"version": `), []byte(`"version": 9`), 1)
			if err := attempt(later); err == nil || !strings.Contains(err.Error(), "version 9") {
				t.Errorf("a file of the future: %v", err)
			}
			if err := attempt([]byte("null")); err == nil {
				t.Error("nothing is taken for a file")
			}
		})
	}
}
