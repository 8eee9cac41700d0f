package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// reading are the commands that work on every system.
var reading = []string{"", "analyze", "broker", "bundle", "compare", "doctor", "gate github", "init", "kube", "kube manifest", "kube run", "list", "monitor", "plan", "report", "schema", "serve",
	"show", "site", "size", "tasks", "trace", "trend", "verify", "version", "workers"}

// commands are all runnable commands at and below one, by name.
func commands(cmd *cobra.Command) map[string]*cobra.Command {
	out := map[string]*cobra.Command{}
	for _, c := range cmd.Commands() {
		for name, below := range commands(c) {
			out[name] = below
		}
	}
	if cmd.Runnable() {
		_, name, _ := strings.Cut(cmd.CommandPath(), " ")
		out[name] = cmd
	}
	return out
}

func TestEachCommandMeasuresOrWorksEverywhere(t *testing.T) {
	all := commands(root("darwin"))
	for name := range all {
		if slices.Contains(reading, name) == slices.Contains(measuring(), name) {
			t.Errorf("tqbench %s must be either in reading or in measuring", name)
		}
	}
	for _, name := range slices.Concat(reading, measuring()) {
		if all[name] == nil {
			t.Errorf("there is no command tqbench %s", name)
		}
	}
	for name, cmd := range all {
		for goos, refused := range map[string]bool{"linux": false, "darwin": slices.Contains(measuring(), name)} {
			if err := root(goos).PersistentPreRunE(cmd, nil); errors.Is(err, errors.ErrUnsupported) != refused {
				t.Errorf("tqbench %s on %s: %v", name, goos, err)
			}
		}
		// cobra only runs the nearest hook: another one would let its command pass.
		if cmd.HasParent() && (cmd.PersistentPreRunE != nil || cmd.PersistentPreRun != nil) {
			t.Errorf("tqbench %s has its own hook", name)
		}
	}
}

// A command that measures is refused before anything is written or started, with one line that says where it can run.
func TestMeasuringIsRefusedWhereThereIsNoProc(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, args := range [][]string{{"quick"}, {"quick", "--metrics", "127.0.0.1:0"}, {"run", "all"}, {"run", "--resume"}, {"selfcheck"}, {"selfcheck", "aa"},
		{"selfcheck", "crash"}, {"broker", "serve", "redis"}, {"workers", "build"}, {"collect"}, {"agent"}} {
		var out bytes.Buffer
		cmd := root("darwin")
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		err := cmd.ExecuteContext(t.Context())
		if !errors.Is(err, errors.ErrUnsupported) || exitCode(context.Background(), err) != exitInvalid || out.Len() > 0 {
			t.Errorf("%v: %v, printed %q", args, err, &out)
			continue
		}
		const want = "measuring on darwin: unsupported operation: it needs Linux's /proc: use Dagger (dagger call quick) or a Linux VM; " +
			"plan, analyze, report, compare, trend and serve work here"
		if got := oneLine(err); got != want {
			t.Errorf("%v: %q, want %q", args, got, want)
		}
	}
	if files := snapshot(t, "."); len(files) != 1 {
		t.Errorf("written: %v", files)
	}
}

func TestDoctorSaysThatItCantMeasure(t *testing.T) {
	for goos, want := range map[string]bool{"darwin": true, "linux": false} {
		var out bytes.Buffer
		cmd := root(goos)
		cmd.SetArgs([]string{"doctor", "--json"})
		cmd.SetOut(&out)
		if err := cmd.ExecuteContext(t.Context()); err != nil {
			t.Fatal(err)
		}
		var d diagnosis
		if err := json.Unmarshal(out.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		if (d.Unmeasurable != "") != want || (len(d.Brokers) == 0) != want || d.Brokers == nil {
			t.Errorf("%s: %s", goos, &out)
		}
	}
}

// No code depends on the architecture: one of them is enough to compile.
func TestMacOSBuilds(t *testing.T) {
	testneeds.Real(t, "more than a few seconds")
	// All packages, as a release doesn't link all of them.
	cmd := exec.CommandContext(t.Context(), "go", "build", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=darwin", "GOARCH=arm64")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
