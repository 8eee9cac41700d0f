package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// example copies the example queue into a folder outside the checkout.
func example(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my-queue")
	copyExample(t, "own-queue", dir)
	return dir
}

func copyExample(t *testing.T, name, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", name))); err != nil {
		t.Fatal(err)
	}
}

// edit replaces a text in a file, which must contain it.
func edit(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		t.Fatalf("%s has no %q", path, from)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// One command in another folder measures the example queue, which is not part of tqbench: each task of its client ended once.
func TestAnExternalQueueIsMeasured(t *testing.T) {
	dir := example(t)
	cmd, stdout, stderr := tqbench(t.Context(), t, filepath.Dir(dir), "quick", "--contender", "./my-queue", "--broker", "own", "--blocks", "1", "--scale", "0.05")
	if code := exit(cmd.Run()); code != exitDone {
		t.Fatalf("exit code %d: %s\n%s", code, stdout, stderr)
	}
	a, err := analysis.Read(filepath.Join(filepath.Dir(dir), defaultOut))
	if err != nil {
		t.Fatal(err)
	}
	row := a.Trials[0]
	if row.Sent < 1000 || row.Finished != row.Sent || row.Lost+row.Duplicated+row.Unexpected != 0 || row.Flagged(results.FlagWorkerDied) {
		t.Errorf("%+v", row.Trial)
	}
	if c := a.Run.Contenders[0]; c.Framework != "shelf" || c.Version != "1" || strings.Join(c.Command, " ") != "python ./shelf.py worker $(url)/shelf.db" && !strings.HasPrefix(strings.Join(c.Command, " "), "python ./shelf.py worker /") {
		t.Errorf("%+v", c)
	}
}

// A path may name one of a folder's configurations and early acknowledgement.
func TestAPathNamesAConfiguration(t *testing.T) {
	dir := example(t)
	t.Chdir(filepath.Dir(dir))
	for name, want := range map[string][2]string{
		"./my-queue":               {"./my-queue", ""},
		"./my-queue/":              {"./my-queue/", ""},
		"./my-queue/process":       {"my-queue", "/process"},
		"./my-queue+early":         {"./my-queue", "+early"},
		"./my-queue/process+early": {"my-queue", "/process+early"},
		"./my-queue@2":             {"./my-queue", "@2"},
		"./my-queue/process@2":     {"my-queue", "/process@2"},
		"./nothing@2":              {"./nothing@2", ""},
		"./nothing":                {"./nothing", ""},
		"./nothing+early":          {"./nothing+early", ""},
	} {
		if of, rest := folderOf(name); of != want[0] || rest != want[1] {
			t.Errorf("%s: %q, %q", name, of, rest)
		}
	}
}

// A run only continues with its original files.
func TestARunDoesNotContinueWithAnEditedFolder(t *testing.T) {
	dir := example(t)
	run := func(more ...string) (int, string) {
		args := append([]string{"quick", "--contender", "./my-queue", "--broker", "own", "--blocks", "1", "--scale", "0.01"}, more...)
		cmd, stdout, stderr := tqbench(t.Context(), t, filepath.Dir(dir), args...)
		return exit(cmd.Run()), stdout.String() + stderr.String()
	}
	if code, text := run(); code != exitDone {
		t.Fatalf("exit code %d: %s", code, text)
	}
	trials, err := filepath.Glob(filepath.Join(filepath.Dir(dir), defaultOut, "results", "trials", "*"))
	if err != nil || len(trials) == 0 {
		t.Fatal(trials, err)
	}
	for _, trial := range trials { // as if the run had been stopped before
		if err := os.RemoveAll(trial); err != nil {
			t.Fatal(err)
		}
	}
	edit(t, filepath.Join(dir, "shelf.py"), "planned failure", "a failure")
	if code, text := run("--resume"); code != exitInput || !strings.Contains(text, "contender's files") {
		t.Errorf("exit code %d: %s", code, text)
	}
}

// Queues in JavaScript and Go are built from their locks and measured with the messages in their folders: each task ended once.
func TestQueuesInOtherLanguagesAreMeasured(t *testing.T) {
	dir := t.TempDir()
	copyExample(t, "node-queue", filepath.Join(dir, "node-queue"))
	copyExample(t, "go-queue", filepath.Join(dir, "go-queue"))
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "quick", "--contender", "./node-queue,./go-queue", "--blocks", "1", "--scale", "0.05")
	if code := exit(cmd.Run()); code != exitDone && code != exitInvalid { // one of them may outrun its producer
		t.Fatalf("exit code %d: %s\n%s", code, stdout, stderr)
	}
	a, err := analysis.Read(filepath.Join(dir, defaultOut))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range a.Trials {
		if row.Sent < 1000 || row.Finished != row.Sent || row.Lost+row.Duplicated+row.Unexpected != 0 || row.Flagged(results.FlagWorkerDied) {
			t.Errorf("%+v", row.Trial)
		}
	}
	commands := map[string]string{"node-queue": "node ./queue.mjs worker redis://", "go-queue": "./bin/go-queue worker redis://"}
	for _, c := range a.Run.Contenders {
		if c.Version == "" || !strings.HasPrefix(strings.Join(c.Command, " "), commands[c.Framework]) {
			t.Errorf("%+v", c)
		}
	}
	for _, name := range []string{"node-queue", "go-queue", "nodejs", "go command", "files of go-queue"} {
		if !slices.ContainsFunc(a.Run.Software, func(s results.Software) bool { return s.Name == name && s.Version != "" }) {
			t.Errorf("no version of %s in %+v", name, a.Run.Software)
		}
	}
}

// Wrong places would show an empty queue: that is the trial's reason, not a figure.
func TestWrongPlacesAreReported(t *testing.T) {
	dir := t.TempDir()
	copyExample(t, "node-queue", filepath.Join(dir, "mine"))
	manifest := filepath.Join(dir, "mine", "contender.yaml")
	edit(t, manifest, "{key: $(queue), kind: list}", "{key: $(queue)-elsewhere, kind: list}")
	edit(t, manifest, `{key: "$(queue):taken", kind: list}`, `{key: $(queue)-nowhere, kind: list}`)
	cmd, stdout, stderr := tqbench(t.Context(), t, dir, "quick", "--contender", "./mine", "--blocks", "1", "--scale", "0.02")
	if code := exit(cmd.Run()); code != exitInvalid || !strings.Contains(stdout.String()+stderr.String(), "tasks wait, but the places of node-queue/list hold none") {
		t.Errorf("exit code %d: %s\n%s", code, stdout, stderr)
	}
}

// A folder's environment is built like those of tqbench's own frameworks.
func TestAFoldersEnvironmentIsBuilt(t *testing.T) {
	dir := example(t)
	cmd, stdout, stderr := tqbench(t.Context(), t, filepath.Dir(dir), "workers", "build", "./my-queue")
	if code := exit(cmd.Run()); code != exitDone || !strings.Contains(stdout.String(), "shelf: shelf 1, cpython") {
		t.Errorf("exit code %d: %s\n%s", code, stdout, stderr)
	}
}

// An unusable folder is refused before anything is written.
func TestAnUnusableFolderIsRefusedAtOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		example string
		spoil   func(t *testing.T, dir string) error
		want    string
	}{
		"a link":            {"own-queue", func(_ *testing.T, dir string) error { return os.Symlink("shelf.py", filepath.Join(dir, "link.py")) }, "link.py is not a regular file"},
		"a lock that lacks": {"node-queue", func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "package-lock.json")) }, "package-lock.json is missing, which its runtime, node, needs"},
		"no module":         {"go-queue", func(_ *testing.T, dir string) error { return os.Remove(filepath.Join(dir, "go.mod")) }, "go.mod is missing, which its runtime, go, needs"},
		"too much": {"own-queue", func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "data"), make([]byte, 65<<20), 0o644)
		}, "it has more than 64 MiB"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			copyExample(t, tt.example, filepath.Join(dir, "mine"))
			if err := tt.spoil(t, filepath.Join(dir, "mine")); err != nil {
				t.Fatal(err)
			}
			cmd, stdout, stderr := tqbench(t.Context(), t, dir, "quick", "--contender", "celery,./mine")
			code := exit(cmd.Run())
			if code != exitInput || !strings.Contains(stderr.String(), tt.want) || strings.Count(strings.TrimSpace(stderr.String()), "\n") > 0 {
				t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			}
			if _, err := os.Stat(filepath.Join(dir, defaultOut)); !os.IsNotExist(err) {
				t.Errorf("it left an output folder (%v)", err)
			}
		})
	}
}

// An error in a folder is one line with the place; an error of its programs is the trial's reason.
func TestAWrongFolderIsReported(t *testing.T) {
	for name, tt := range map[string]struct {
		file, from, to string
		code           int
		want           string
	}{
		"an unknown field":              {"contender.yaml", "title: Shelf", "tittle: Shelf", exitInput, "contender.yaml: line 2: field tittle not found"},
		"a missing variable":            {"contender.yaml", "worker, \"$(url)", "worker, \"$(uri)", exitInput, "line 22: command: unknown name $(uri)"},
		"the name of another":           {"contender.yaml", "framework: shelf", "framework: celery", exitInput, `framework "celery": the name is taken`},
		"a worker that never gets up":   {"shelf.py", "def worker(path: str) -> None:\n", "def worker(path: str) -> None:\n    sys.exit('out of order')\n", exitInvalid, "out of order"},
		"a client of another version":   {"shelf.py", `{"tqbench": 1}`, `{"tqbench": 9}`, exitInvalid, "speaks version 9 of the protocol"},
		"a probe record of another one": {"probe.py", "OK, FAILED, VERSION = 1, 2, 1", "OK, FAILED, VERSION = 1, 2, 7", exitInvalid, "version 7"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := example(t)
			edit(t, filepath.Join(dir, tt.file), tt.from, tt.to)
			cmd, stdout, stderr := tqbench(t.Context(), t, filepath.Dir(dir), "quick", "--contender", "./my-queue", "--broker", "own", "--blocks", "1", "--scale", "0.01")
			code := exit(cmd.Run())
			if text := stdout.String() + stderr.String(); code != tt.code || !strings.Contains(text, tt.want) {
				t.Errorf("exit code %d: %s", code, text)
			}
			if tt.code == exitInput && strings.Count(strings.TrimSpace(stderr.String()), "\n") > 0 {
				t.Errorf("more than one line: %s", stderr)
			}
		})
	}
}
