package workers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestPythonIsCleanByRuff(t *testing.T) {
	env := build(t, "lint")
	for _, dir := range []string{"python", "../contenders", "../examples"} {
		src, err := filepath.Abs(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"check", "--no-cache", src}, {"format", "--no-cache", "--diff", src}} {
			if out, err := python(t, env, nil, append([]string{"-m", "ruff"}, args...)...); err != nil {
				t.Errorf("ruff %s: %s", args[0], out)
			}
		}
	}
}

func TestPythonIsCleanByPyright(t *testing.T) {
	lint := build(t, "lint")
	dir := t.TempDir()
	paths := []string{dir, filepath.Join(dir, "own-queue")}
	paths = append(paths, build(t, "orm").Packages)
	folders, err := filepath.Glob("../contenders/*/requirements.txt")
	if err != nil || len(folders) == 0 {
		t.Fatal(folders, err)
	}
	for _, lock := range folders {
		paths = append(paths, build(t, filepath.Base(filepath.Dir(lock))).Packages)
	}
	// pyright finds imports by its settings, so the modules are copied next to settings for this machine.
	for from, to := range map[string]string{"python/tqbench": "tqbench", "../contenders": "contenders", "../examples/own-queue": "own-queue"} {
		if err := os.CopyFS(filepath.Join(dir, to), os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
	}
	extra, err := json.Marshal(paths)
	if err != nil {
		t.Fatal(err)
	}
	conf := `{"include": ["tqbench", "contenders", "own-queue"], "typeCheckingMode": "strict", "pythonVersion": "3.14",
		"extraPaths": ` + string(extra) + `,
		"reportMissingTypeStubs": false, "reportUnknownMemberType": false, "reportUntypedFunctionDecorator": false}`
	if err := os.WriteFile(filepath.Join(dir, "pyrightconfig.json"), []byte(conf), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := python(t, lint, map[string]string{"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}, "-m", "pyright", "--project", dir)
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
