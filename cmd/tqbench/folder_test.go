package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// example copies the example of a queue of one's own into a folder far from the checkout.
func example(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "my-queue")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "examples", "own-queue"))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// edit replaces a text of a file, which must be there.
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

// The example queue, which is no part of tqbench, is measured by one command from another folder: each task that its client sent
// ended once.
func TestAQueueOfOnesOwnIsMeasured(t *testing.T) {
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

// What is wrong with a folder is one line with the place; what is wrong with its programs is the trial's reason.
func TestAFolderThatIsWrongIsToldOf(t *testing.T) {
	for name, tt := range map[string]struct {
		file, from, to string
		code           int
		want           string
	}{
		"an unknown field":              {"contender.yaml", "title: Shelf", "tittle: Shelf", exitInput, "contender.yaml: line 2: field tittle not found"},
		"a missing variable":            {"contender.yaml", "worker, \"$(url)", "worker, \"$(uri)", exitInput, "line 22: command: there is no $(uri) here"},
		"the name of another":           {"contender.yaml", "framework: shelf", "framework: celery", exitInput, `framework "celery": there is one of that name already`},
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
