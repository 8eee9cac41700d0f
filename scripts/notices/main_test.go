package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

const root = "../.."

func committed(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "THIRD_PARTY_NOTICES"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTheCommittedNoticesAreCurrent(t *testing.T) {
	var b bytes.Buffer
	if err := write(t.Context(), &b, root); err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(committed(t), "\n"), strings.Split(b.String(), "\n")
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("line %d is another (run: make notices): %q, want %q", i+1, slices.Concat(got, []string{""})[min(i, len(got))],
				slices.Concat(want, []string{""})[min(i, len(want))])
		}
	}
}

// Asked differently than by the program that writes them.
func TestEachModuleOfTheProgramIsNamedWithItsTerms(t *testing.T) {
	notices := committed(t)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/tqbench")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if work, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			modules[work] = dir
		}
	}
	if len(modules) < 50 {
		t.Errorf("the program has %d modules", len(modules))
	}
	for work, dir := range modules {
		if !strings.Contains(notices, "\n"+work+": ") {
			t.Errorf("%s isn't named", work)
		}
		found, err := filepath.Glob(filepath.Join(dir, "LICEN*"))
		if err != nil || len(found) == 0 {
			t.Errorf("%s has no licence (%v)", work, err)
		}
		for _, f := range found {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(notices, strings.Trim(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")) {
				t.Errorf("the text of %s of %s isn't there", filepath.Base(f), work)
			}
		}
	}
}

func TestWhatIsEmbeddedIsNamed(t *testing.T) {
	notices := committed(t)
	for _, want := range []string{"uPlot v1.6.32: LICENSE", "Copyright (c) 2022 Leon Sorokin", "Font Roboto Medium", "Go standard library and runtime: LICENSE",
		"Copyright 2009 The Go Authors.", "libssl3, as Debian states it", "libmpdec", "PYTHON SOFTWARE FOUNDATION LICENSE VERSION 2", "embedded pip/_vendor/rich/LICENSE"} {
		if !strings.Contains(notices, want) {
			t.Errorf("there is no %q", want)
		}
	}
}

func TestAPackageWithoutTermsIsRefused(t *testing.T) {
	module := t.TempDir()
	p := pkg{Dir: filepath.Join(module, "a", "b")}
	if err := os.MkdirAll(p.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	p.Module = &struct {
		Path, Version, Dir string
		Main               bool
	}{Path: "example.com/m", Version: "v1.2.3", Dir: module}
	if err := (terms{}).addPackage(p); !errors.Is(err, errTerms) || !strings.Contains(err.Error(), "example.com/m v1.2.3") {
		t.Errorf("without terms: %v", err)
	}
	for name, text := range map[string]string{"LICENSE": "all of it\r\n", "a/NOTICE": "a part\n", "other/LICENSE": "another part\n"} {
		path := filepath.Join(module, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := terms{}
	if err := got.addPackage(p); err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !slices.Equal(got["all of it"], []string{"example.com/m v1.2.3: LICENSE"}) || !slices.Equal(got["a part"], []string{"example.com/m v1.2.3: a/NOTICE"}) {
		t.Errorf("%q", got)
	}
}

func TestTermsAreKnownByTheirNames(t *testing.T) {
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENSE.txt": true, "license.md": true, "LICENCE": true, "COPYING": true, "NOTICE.txt": true, "PATENTS": true, "LICENSE-MIT": true,
		"UNLICENSE": true, "LICENSE.APACHE": true, "Copyright": true,
		"notice_response.go": false, "licenses": false, "license-check.yml": false, "README.md": false, "sublicense": false, "LICENSES.py": false,
	} {
		if got := isTerms(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestTheReleaseHasTheNotices(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root, ".goreleaser.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var release struct {
		Archives []struct{ Files []struct{ Src string } }
	}
	if err := yaml.Unmarshal(data, &release); err != nil || len(release.Archives) == 0 {
		t.Fatalf("%d archives (%v)", len(release.Archives), err)
	}
	for _, a := range release.Archives {
		for _, want := range []string{"LICENSE", "THIRD_PARTY_NOTICES"} {
			if !slices.ContainsFunc(a.Files, func(f struct{ Src string }) bool { return f.Src == want }) {
				t.Errorf("an archive lacks %s: %v", want, a.Files)
			}
		}
	}
}
