package workers

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// JavaScript has types, in comments, which the TypeScript compiler checks as strictly as it can.
func TestJavaScriptIsCleanByTypeScript(t *testing.T) {
	testneeds.Real(t, "workers")
	b, err := NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	node, err := b.Build(t.Context(), nodeLock)
	if err != nil {
		t.Fatal(err)
	}
	// The compiler finds types by where a file is, so the sources are laid as in the repository, next to the installed packages.
	root := t.TempDir()
	folders, err := filepath.Glob("../contenders/*/package-lock.json")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, lock := range append(folders, "javascript/package-lock.json") {
		from := filepath.Dir(lock)
		to := filepath.Join(root, "workers", from)
		if err := os.MkdirAll(to, 0o755); err != nil {
			t.Fatal(err)
		}
		sources, err := filepath.Glob(from + "/*.*s*") // .mjs and .json
		if err != nil {
			t.Fatal(err)
		}
		var packages []folderFile
		for _, source := range sources {
			data, err := os.ReadFile(source)
			if err != nil {
				t.Fatal(err)
			}
			name := filepath.Base(source)
			if path.Ext(name) == ".json" && name != "tsconfig.json" {
				packages = append(packages, folderFile{name, data, 0o644})
			}
			if err := os.WriteFile(filepath.Join(to, name), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(installed(t, b, node, packages), filepath.Join(to, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(root, "workers", "javascript")
	compiler := filepath.Join(dir, "node_modules", "typescript", "bin", "tsc")
	cmd := exec.CommandContext(t.Context(), node.nodeExe(), compiler, "--project", dir)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v:\n%s", err, out)
	}
}

// installed is the folder of the locked packages, in the cache.
func installed(t *testing.T, b *Builder, node Env, packages []folderFile) string {
	t.Helper()
	unlock, err := b.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	dir, err := b.keep("types", packages, b.npm(t.Context(), node, ".", "the type checker"))
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "node_modules")
}

// A process notes its first failure once, in UTF-8 and at most 1 KiB, whatever is thrown.
func TestJavaScriptNotesItsFirstFailureOnce(t *testing.T) {
	testneeds.Real(t, "workers")
	b, err := NewBuilder(t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	node, err := b.Build(t.Context(), nodeLock)
	if err != nil {
		t.Fatal(err)
	}
	module, err := filepath.Abs("javascript/failure.mjs")
	if err != nil {
		t.Fatal(err)
	}
	const place = "\nin [eval1], line 4\n"
	for thrown, want := range map[string]string{
		"new TypeError('x')":                     "TypeError: x" + place,
		"new Error('two\\n lines')":              "Error: two lines" + place,
		"new Error()":                            "Error" + place,
		"new Error('\u00e9\\ud800'.repeat(999))": "Error: \u00e9\ufffd\u00e9",
		"'no error'":                             "no error\n",
		"{toString() { throw 1; }}":              "object\n",
	} {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), node.nodeExe(), "--input-type=module", "--eval", fmt.Sprintf(`import {note} from %q;
for (const _ of [1, 2]) {
  try {
    throw %s;
  } catch (error) {
    note(error);
  }
  note(new Error("a later one"));
}`, module, thrown))
		cmd.Env = append(os.Environ(), "TQBENCH_PROBE_DIR="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", thrown, err, out)
		}
		notes, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(notes) != 1 || filepath.Base(notes[0]) != fmt.Sprintf("%d.failure", cmd.Process.Pid) {
			t.Fatalf("%s: %q (%v)", thrown, notes, err)
		}
		got, err := os.ReadFile(notes[0])
		if err != nil || !strings.HasPrefix(string(got), want) || strings.HasSuffix(want, place) && len(got) != len(want) || len(got) > 1<<10 || !utf8.Valid(got) {
			t.Errorf("%s: %q, want %q (%v)", thrown, got, want, err)
		}
	}
}
