package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/tqbench/tqbench/internal/madeup"
)

func TestTasksWritesTheTasksOfARunIntoOneFile(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := madeup.Basic(2, 40).Write("run"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "notes.txt"), "mine")
	for _, tt := range []struct {
		args, says string
		code       int
	}{
		{"", "run/tasks.parquet: 164 tasks of 4 trials\n", exitDone},
		{"x.parquet", "x.parquet: 164 tasks of 4 trials\n", exitDone},
		{"x.parquet", "x.parquet: 164 tasks of 4 trials\n", exitDone}, // again
		{"notes.txt", "write notes.txt: there is a file that is not the tasks of a run: move it away or name another", exitInput},
		{"none/x.parquet", "bad command line: write none/x.parquet: its folder: no such file or directory", exitInput},
	} {
		args := []string{"tasks", "--out", "run"}
		if tt.args != "" {
			args = append(args, tt.args)
		}
		var out bytes.Buffer
		cmd := root(runtime.GOOS)
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		err := cmd.ExecuteContext(t.Context())
		said := out.String()
		if err != nil {
			said = oneLine(err)
		}
		if code := exitCode(t.Context(), err); code != tt.code || said != tt.says {
			t.Errorf("%q: exit code %d, %q", tt.args, code, said)
		}
	}
	f, err := os.Open("x.parquet")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	pf, err := parquet.OpenFile(f, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	if rows, columns := pf.NumRows(), len(pf.Root().Columns()); rows != 164 || columns != 20 {
		t.Errorf("%d rows of %d columns", rows, columns)
	}
	if text, err := os.ReadFile("notes.txt"); err != nil || string(text) != "mine" {
		t.Errorf("notes.txt has %q (%v)", text, err)
	}
}
