package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/flame"
	"github.com/tqbench/tqbench/selfcheck"
)

func TestBrokerNamesAreKnownAndOnceEach(t *testing.T) {
	for _, tt := range []struct{ given, want []string }{
		{[]string{"redis"}, []string{"redis"}},
		{[]string{"mysql", "redis", "mysql"}, []string{"mysql", "redis"}},
		{[]string{"redis", "all"}, broker.Names()},
	} {
		if got, err := brokerNames(tt.given); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%v: %v, %v, want %v", tt.given, got, err, tt.want)
		}
	}
	if _, err := brokerNames([]string{"kafka"}); !errors.Is(err, broker.ErrSetup) {
		t.Errorf("an unknown broker: %v", err)
	}
}

func TestASelfcheckIsShownInTheFormsAskedFor(t *testing.T) {
	stacks := &flame.Frame{}
	stacks.Add([]string{"main.main"}, 7)
	r := selfcheck.Report{Enqueue: []selfcheck.Enqueue{{Broker: "mysql", Product: "MariaDB", Contender: "some/one", Wire: selfcheck.Figure{Value: 300, Low: 200, High: 400}, Stacks: stacks}}}
	dir := t.TempDir()
	file := filepath.Join(dir, "performance.md")
	picture := filepath.Join(dir, "performance", "mysql-some-one.svg")
	for _, tt := range []struct {
		asJSON bool
		file   string
		want   string
	}{
		{false, file, "ENQUEUE: "},
		{true, "", `"contender": "some/one"`},
		{false, toStdout, "| MariaDB, some/one, 0 bytes | wire producer | 300 (200..400) |"},
	} {
		var out strings.Builder
		cmd := selfcheckCmd()
		cmd.SetOut(&out)
		if err := showSelfcheck(cmd, r, tt.asJSON, tt.file); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), tt.want) {
			t.Errorf("json %v, markdown %q: %s", tt.asJSON, tt.file, out.String())
		}
	}
	if data, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(data), "# ") || !strings.Contains(string(data), "(performance/mysql-some-one.svg)") {
		t.Errorf("%q, %v", data, err)
	}
	if data, err := os.ReadFile(picture); err != nil || !strings.Contains(string(data), "main.main") {
		t.Errorf("%q, %v", data, err)
	}
	// A document whose pictures can't be written isn't written either.
	if err := os.WriteFile(filepath.Join(dir, "performance", "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := showSelfcheck(selfcheckCmd(), selfcheck.Report{}, false, file); !errors.Is(err, errUsage) {
		t.Errorf("a folder with notes was replaced: %v", err)
	}
	if data, err := os.ReadFile(file); err != nil || !strings.Contains(string(data), "(performance/mysql-some-one.svg)") {
		t.Errorf("%q, %v", data, err)
	}
}

func TestABadDocumentPathIsRefusedFirst(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "notes"), 0o755), os.WriteFile(filepath.Join(dir, "notes", "a.txt"), nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"both to the standard output": checkMarkdown(toStdout, true),
		"beside a folder of notes":    checkMarkdown(filepath.Join(dir, "notes.md"), false),
		"without an ending":           checkMarkdown(filepath.Join(dir, "file"), false),
		"no such folder":              checkMarkdown(filepath.Join(t.TempDir(), "none", "file.md"), false),
	} {
		if !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := errors.Join(checkMarkdown(toStdout, false), checkMarkdown(filepath.Join(dir, "file.md"), false)); err != nil {
		t.Error(err)
	}
}
