package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
)

// A file that init writes can be planned unchanged, and an existing file is kept.
func TestInitWritesALoadThatCanBePlanned(t *testing.T) {
	dir := t.TempDir()
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "init")
	if err := cmd.Run(); err != nil || !strings.Contains(stdout.String(), "tqbench quick --scenario my-load.yaml") {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	for _, name := range []string{"my-load.yaml", "scenario.schema.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	cmd, stdout, stderr = tqbench(t.Context(), t, dir, "quick", "--scenario", "my-load.yaml", "--dry-run")
	if err := cmd.Run(); err != nil || !strings.Contains(stdout.String()+stderr.String(), "trials") {
		t.Errorf("%v: %s%s", err, stdout, stderr)
	}
	mine := filepath.Join(dir, "my-load.yaml")
	if err := os.WriteFile(mine, []byte("name: mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "init")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "my-load.yaml exists already") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if data, err := os.ReadFile(mine); err != nil || string(data) != "name: mine\n" {
		t.Errorf("the file is now %q (%v)", data, err)
	}
	// tqbench takes no scenario of another name.
	cmd, _, stderr = tqbench(t.Context(), t, dir, "init", "my-load")
	if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "my-load: name a file that ends with .yaml") || results.Exists(filepath.Join(dir, "my-load")) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	cmd, _, stderr = tqbench(t.Context(), t, dir, "init", "no/such/folder/it.yaml")
	if code := exit(cmd.Run()); code != exitInput || strings.Count(strings.TrimSpace(stderr.String()), "\n") > 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

// A file of another's that has the schema's name is kept, and so is the folder as it was.
func TestInitKeepsAnothersSchema(t *testing.T) {
	dir := t.TempDir()
	theirs := filepath.Join(dir, "scenario.schema.json")
	for _, text := range []string{`{"$id": "https://example.org/other.json"}`, "no JSON"} {
		if err := os.WriteFile(theirs, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd, _, stderr := tqbench(t.Context(), t, dir, "init")
		if code := exit(cmd.Run()); code != exitInput || !strings.Contains(stderr.String(), "is no schema of tqbench's") {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		if data, err := os.ReadFile(theirs); err != nil || string(data) != text {
			t.Errorf("the file is now %q (%v)", data, err)
		}
		if _, err := os.Stat(filepath.Join(dir, "my-load.yaml")); err == nil {
			t.Error("a scenario file was written")
		}
	}
}
