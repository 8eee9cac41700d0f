package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/tqbench/tqbench/docs/schema"
)

// keepsToSchemas checks the files of a run against their published schemas.
func keepsToSchemas(t *testing.T, out string) {
	t.Helper()
	for name, pattern := range map[string]string{
		"plan": "plan.json", "run": "results/run.json", "end": "results/end.json", "trial": "results/trials/*/trial.json", "analysis": "analysis.json", "summary": "report/summary.json",
	} {
		data, err := schema.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		var s jsonschema.Schema
		if err := json.Unmarshal(data, &s); err != nil {
			t.Fatal(err)
		}
		r, err := s.Resolve(nil)
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(out, pattern))
		if err != nil || len(files) == 0 {
			t.Errorf("there is no %s (%v)", pattern, err)
		}
		for _, path := range files {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var v any
			if err := json.Unmarshal(data, &v); err != nil {
				t.Fatal(err)
			}
			if err := r.Validate(v); err != nil {
				t.Errorf("%s: %.500s", path, err.Error())
			}
		}
	}
}

func TestSchemaPrintsWhatIsPublished(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "schema")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	for _, name := range strings.Fields(stdout.String()) {
		want, err := os.ReadFile(filepath.Join("..", "..", "docs", "schema", name+".schema.json"))
		if err != nil {
			t.Fatal(err)
		}
		cmd, stdout, stderr := tqbench(t.Context(), t, dir, "schema", name)
		if err := cmd.Run(); err != nil || stdout.String() != string(want) {
			t.Errorf("%s: %v: %s", name, err, stderr)
		}
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "schema", "../schema")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "choose from analysis, bisect, compare, end, gate, live, plan") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
