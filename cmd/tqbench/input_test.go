package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
)

// folderOfAll has files of each kind that a command reads.
func folderOfAll(t *testing.T, dir string) {
	t.Helper()
	write(t, filepath.Join(dir, "small.yaml"), small)
	write(t, filepath.Join(dir, "traced.yaml"), strings.Replace(small, "arrivals: poisson, producer: wire, tasks: 200, rate: 200", "arrivals: trace, producer: wire, trace: trace.csv", 1))
	write(t, filepath.Join(dir, "trace.csv"), "at\n0\n1\n")
	analysed(t, filepath.Join(dir, "old"), 0, 7, 1)
	analysed(t, filepath.Join(dir, "history", "a"), 1, 7, 1)
	if err := madeup.Basic(1, 30).Write(filepath.Join(dir, "run")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// Kinds of things in place of a file.
const (
	aPipe      = "a pipe"
	aSocket    = "a socket"
	aDirectory = "a directory"
	zeros      = "a device without end"
	theInput   = "the standard input"
	tooLarge   = "a huge file"
)

// stand creates it.
func stand(t *testing.T, kind, path string) {
	t.Helper()
	err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.RemoveAll(path))
	switch kind {
	case aPipe:
		err = errors.Join(err, syscall.Mkfifo(path, 0o644))
	case aDirectory:
		err = errors.Join(err, os.Mkdir(path, 0o755))
	case zeros:
		err = errors.Join(err, os.Symlink("/dev/zero", path))
	case theInput:
		err = errors.Join(err, os.Symlink("/dev/stdin", path))
	case tooLarge:
		err = errors.Join(err, os.WriteFile(path, nil, 0o644), os.Truncate(path, 1<<41))
	case aSocket:
		// The path of a socket must be short when it is created.
		short, terr := os.MkdirTemp("", "")
		fd, serr := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
		at := filepath.Join(short, "s")
		err = errors.Join(err, terr, serr, syscall.Bind(fd, &syscall.SockaddrUnix{Name: at}), syscall.Close(fd), os.Rename(at, path), os.Remove(short))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A command never waits for something that is in place of its file, or fills the memory with it: it says what is there in one line, and
// writes nothing.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	says := map[string]string{aPipe: "it is a pipe", aSocket: "it is a socket", aDirectory: "it is a directory", zeros: "it is a device", theInput: "it is a pipe",
		tooLarge: "it has 2 TiB, and "}
	own := []string{"--app", "celery=shop", "--task", "price"}
	for _, tt := range []struct {
		args string
		// file is what to replace; but are kinds with another meaning there, and want is the message instead of the kind.
		file string
		but  []string
		want string
	}{
		{"plan --scenario x.yaml", "x.yaml", nil, ""},
		{"plan x.yaml", "x.yaml", nil, ""},
		{"run x.yaml", "x.yaml", nil, ""},
		{"quick --scenario x.yaml", "x.yaml", nil, ""},
		{"plan --scenario traced.yaml", "trace.csv", nil, ""},
		{"quick --scenario traced.yaml", "trace.csv", nil, ""},
		{"plan OWN --calls calls.json", "calls.json", nil, ""},
		{"run OWN --calls calls.json", "calls.json", nil, ""},
		{"quick OWN --calls calls.json", "calls.json", nil, ""},
		{"plan OWN --app-path x", "x", []string{aDirectory}, "no such folder"},
		{"plan OWN --app-python x", "x", []string{tooLarge}, "no such program"},
		{"plan --out x", "x", []string{aDirectory}, "not a directory"},
		{"plan --out folder", "folder/plan.json", []string{tooLarge}, "files that are not ours"},
		{"quick --out x", "x", []string{aDirectory}, "not a directory"},
		{"quick --out folder", "folder/plan.json", []string{tooLarge}, "files that are not ours"},
		{"quick --resume --out folder", "folder/plan.json", nil, ""},
		{"quick --resume --blocks 9 --out folder", "folder/plan.json", nil, ""},
		{"run --out x", "x", []string{aDirectory}, "not a directory"},
		{"run --out folder", "folder/plan.json", nil, ""},
		{"run --dry-run --out folder", "folder/plan.json", nil, ""},
		{"run --resume --out folder", "folder/plan.json", nil, ""},
		{"run --blocks 9 --out folder", "folder/plan.json", nil, ""},
		{"analyze --out x", "x", []string{aDirectory}, "not a directory"},
		{"analyze --out run", "run/plan.json", nil, ""},
		{"analyze --out run", "run/results/run.json", nil, ""},
		{"analyze --out run", "run/results/trials/0001/trial.json", nil, ""},
		{"analyze --out run", "run/results/trials/0001/tasks.parquet", nil, ""},
		{"analyze --out run", "run/results/trials/0002/series.parquet", nil, ""},
		{"analyze --out run", "run/results/trials", []string{aDirectory}, "not a directory"},
		{"report --out folder", "folder/analysis.json", nil, ""},
		{"tasks --out run", "run/results/trials/0001/trial.json", nil, ""},
		{"tasks --out run", "run/results/trials/0002/tasks.parquet", nil, ""},
		{"size --rate 5 --p99 1s --out folder", "folder/analysis.json", nil, ""},
		{"trace x", "x", nil, ""},
		{"compare x old", "x", []string{aDirectory}, ""},
		{"compare old x", "x", []string{aDirectory}, ""},
		{"compare folder old", "folder/analysis.json", nil, ""},
		{"compare old folder", "folder/analysis.json", nil, ""},
		{"trend x", "x", []string{aDirectory}, "is not a folder"},
		{"serve x", "x", []string{aDirectory}, "is not a folder"},
		{"selfcheck --results folder", "folder/plan.json", nil, ""},
		{"selfcheck --results run", "run/results/trials/0001/trial.json", nil, ""},
		{"selfcheck aa --resume --out folder", "folder/plan.json", nil, ""},
		{"quick --broker postgres --broker-url postgres=postgresql://localhost/x?passfile=x", "x", nil, ""},
		{"quick --broker postgres --broker-url postgres=postgresql://localhost/x?sslmode=verify-ca&sslrootcert=x", "x", nil, ""},
		{"quick --broker rabbitmq --broker-url rabbitmq=amqps://localhost/?cacertfile=x", "x", nil, ""},
	} {
		for _, kind := range testneeds.First([]string{aPipe, aSocket, aDirectory, zeros, theInput, tooLarge}) {
			if slices.Contains(tt.but, kind) {
				continue
			}
			t.Run(tt.args+", "+tt.file+" is "+kind, func(t *testing.T) {
				dir := t.TempDir()
				folderOfAll(t, dir)
				stand(t, kind, filepath.Join(dir, tt.file))
				input, writer, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				defer input.Close()
				defer writer.Close() // nothing comes, and no end
				var args []string
				for _, word := range strings.Fields(tt.args) {
					if word == "OWN" {
						args = append(args, own...)
					} else {
						args = append(args, word)
					}
				}
				want := tt.want
				if want == "" {
					want = tt.file + ": " + says[kind]
				}
				refusedWith(t, input, dir, want, args...)
			})
		}
	}
}

// A trend leaves such a thing out, and says what it is.
func TestATrendReadsOnlyRegularFiles(t *testing.T) {
	for kind, says := range map[string]string{aPipe: "it is a pipe", aSocket: "it is a socket", aDirectory: "it is a directory", zeros: "it is a device", tooLarge: "it has 2 TiB"} {
		for _, file := range []string{"history/b.json", "history/b/analysis.json"} {
			if kind == aDirectory && file == "history/b.json" {
				continue // it may have runs
			}
			t.Run(file+" is "+kind, func(t *testing.T) {
				dir := t.TempDir()
				folderOfAll(t, dir)
				stand(t, kind, filepath.Join(dir, file))
				cmd, stdout, stderr := tqbench(t.Context(), t, dir, "trend", "history")
				code := exit(cmd.Run())
				if got := stderr.String(); code != exitDone || !strings.HasPrefix(got, "Left out: "+file+": "+says) || strings.Count(got, "\n") != 1 || !strings.HasPrefix(stdout.String(), "1 run ") {
					t.Errorf("exit code %d: %s%s", code, got, stdout)
				}
			})
		}
	}
}

// A link to a regular file works like the file.
func TestALinkToAFileIsRead(t *testing.T) {
	dir := t.TempDir()
	folderOfAll(t, dir)
	if err := errors.Join(os.Symlink("traced.yaml", filepath.Join(dir, "x.yaml")), os.Symlink("old/analysis.json", filepath.Join(dir, "x"))); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"plan", "x.yaml"}, {"compare", "x", "history/a"}} {
		cmd, _, stderr := tqbench(t.Context(), t, dir, args...)
		if err := cmd.Run(); err != nil {
			t.Errorf("%q: %v: %s", args, err, stderr)
		}
	}
	// So does the standard input, if it is a file.
	file, err := os.Open(filepath.Join(dir, "old", "analysis.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd, _, stderr := tqbench(t.Context(), t, dir, "compare", "/dev/stdin", "history/a")
	cmd.Stdin = file
	if err := cmd.Run(); err != nil {
		t.Errorf("the standard input: %v: %s", err, stderr)
	}
}

// A command also doesn't replace other things, such as devices, with a file.
func TestOnlyRegularFilesAreReplaced(t *testing.T) {
	for _, args := range []string{"compare old history/a --json x", "compare old history/a --markdown x", "compare old history/a --junit x", "trend history --json x",
		"trend history --markdown x", "tasks --out run x"} {
		for kind, says := range map[string]string{aPipe: "it is a pipe", aSocket: "it is a socket", aDirectory: "it is a directory", zeros: "it is a device"} {
			t.Run(args+" is "+kind, func(t *testing.T) {
				dir := t.TempDir()
				folderOfAll(t, dir)
				stand(t, kind, filepath.Join(dir, "x"))
				refusedInOneLine(t, dir, " x: "+says+", and only a regular file is replaced: name another", strings.Fields(args)...)
			})
		}
	}
}
