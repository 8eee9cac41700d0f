package workers

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"

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
