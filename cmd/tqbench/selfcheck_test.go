package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/broker"
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
	r := selfcheck.Report{Enqueue: []selfcheck.Enqueue{{Product: "MariaDB", Contender: "some/one", Wire: selfcheck.Figure{Value: 300, Low: 200, High: 400}}}}
	file := filepath.Join(t.TempDir(), "performance.md")
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
	if data, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(data), "# ") {
		t.Errorf("%q, %v", data, err)
	}
}

func TestWhereADocumentCantGoIsToldBeforeTheMeasuring(t *testing.T) {
	for name, err := range map[string]error{
		"both to the standard output": checkMarkdown(toStdout, true),
		"no such folder":              checkMarkdown(filepath.Join(t.TempDir(), "none", "file.md"), false),
	} {
		if !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := checkMarkdown(toStdout, false); err != nil {
		t.Error(err)
	}
}
