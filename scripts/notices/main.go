// Notices writes THIRD_PARTY_NOTICES: the works in the released programs, and their terms.
//
//	go run ./scripts/notices > THIRD_PARTY_NOTICES
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2/roboto"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := write(ctx, os.Stdout, "."); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

// errTerms means that a work's terms aren't in the expected place.
var errTerms = errors.New("its terms are not known")

// terms has texts of licences, and the works of each.
type terms map[string][]string

// add adds a file as terms of a work.
func (t terms) add(work, path, name string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", work, err)
	}
	text := strings.Trim(strings.ReplaceAll(string(data), "\r\n", "\n"), "\n")
	if label := work + ": " + filepath.ToSlash(name); !slices.Contains(t[text], label) {
		t[text] = append(t[text], label)
	}
	return nil
}

// of is a work's text under a name.
func (t terms) of(work, name string) (string, bool) {
	for text, works := range t {
		for _, w := range works {
			if strings.HasPrefix(w, work+" ") && strings.HasSuffix(w, ": "+name) {
				return text, true
			}
		}
	}
	return "", false
}

const header = `THIRD-PARTY NOTICES

The released programs of tqbench hold, besides its own code, the works below. Each text is headed by the works that it is of:
Go modules with their versions, what they embed, and the library that draws the curves of a page. What is installed only
when workers are built, from workers/locks, contenders and workers/emulator, isn't in them.

The embedded Python is that of https://github.com/astral-sh/python-build-standalone, whose pythonbuild/downloads.py names where
the sources of each library in it are. Debian's statements of their terms cover programs and build files of these libraries,
too, which aren't in it.

This file is made by: make notices
`

// write writes the notices of the repository in root.
func write(ctx context.Context, w io.Writer, root string) error {
	t := terms{}
	if err := errors.Join(t.addGo(ctx, root), t.addModules(ctx, root)); err != nil {
		return err
	}
	if err := errors.Join(t.addFont(), t.addPython(root), t.addPage(root)); err != nil {
		return err
	}
	type section struct{ works, text string }
	var sections []section
	for text, works := range t {
		slices.Sort(works)
		sections = append(sections, section{strings.Join(works, "\n"), text})
	}
	slices.SortFunc(sections, func(a, b section) int { return strings.Compare(a.works, b.works) })
	var b bytes.Buffer
	b.WriteString(header)
	for _, s := range sections {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n%s\n", strings.Repeat("=", 80), s.works, strings.Repeat("-", 80), s.text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// addGo adds Go's own library.
func (t terms) addGo(ctx context.Context, root string) error {
	out, err := command(ctx, root, nil, "env", "GOROOT")
	if err != nil {
		return err
	}
	for _, name := range []string{"LICENSE", "PATENTS"} {
		if err := t.add("Go standard library and runtime", filepath.Join(strings.TrimSpace(string(out)), name), name); err != nil {
			return err
		}
	}
	return nil
}

// pkg is go list's description of a package.
type pkg struct {
	Dir        string
	EmbedFiles []string
	Module     *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// addModules adds the modules in any of the released programs.
func (t terms) addModules(ctx context.Context, root string) error {
	for _, target := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64"} {
		system, arch, _ := strings.Cut(target, "/")
		out, err := command(ctx, root, []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + arch},
			"list", "-deps", "-json=Dir,EmbedFiles,Module", "./cmd/tqbench")
		if err != nil {
			return err
		}
		for dec := json.NewDecoder(bytes.NewReader(out)); ; {
			var p pkg
			if err := dec.Decode(&p); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return fmt.Errorf("go list: %w", err)
			}
			if p.Module == nil || p.Module.Main {
				continue
			}
			if err := t.addPackage(p); err != nil {
				return err
			}
		}
	}
	return nil
}

// addPackage adds the terms in a package's folder and those above it, and those of its embedded files.
func (t terms) addPackage(p pkg) error {
	work := p.Module.Path + " " + p.Module.Version
	found := 0
	for dir := p.Dir; ; dir = filepath.Dir(dir) {
		files, err := termsIn(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", work, err)
		}
		for _, f := range files {
			name, err := filepath.Rel(p.Module.Dir, f)
			if err == nil {
				err = t.add(work, f, name)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", work, err)
			}
			found++
		}
		if dir == p.Module.Dir || dir == filepath.Dir(dir) {
			break
		}
	}
	if found == 0 {
		return fmt.Errorf("%s: %w", work, errTerms)
	}
	for _, f := range p.EmbedFiles {
		if !isTerms(filepath.Base(f)) {
			continue
		}
		if err := t.add(work, filepath.Join(p.Dir, f), "embedded "+f); err != nil {
			return err
		}
	}
	return nil
}

// termsIn lists a folder's files with terms, including those in folders for terms.
func termsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.Type().IsRegular() && isTerms(e.Name()):
			out = append(out, path)
		case e.IsDir() && (e.Name() == "licenses" || e.Name() == "THIRD_PARTY_LICENSES"):
			inside, err := os.ReadDir(path)
			if err != nil {
				return nil, err
			}
			for _, f := range inside {
				if f.Type().IsRegular() {
					out = append(out, filepath.Join(path, f.Name()))
				}
			}
		}
	}
	return out, nil
}

// isTerms reports whether a file's name is that of terms.
func isTerms(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".go", ".py", ".yml", ".yaml", ".json":
		return false
	}
	return regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright|notice|patents)($|[-._])`).MatchString(name)
}

// addFont adds the charts' font, which states its own terms: go-chart doesn't.
func (t terms) addFont() error {
	f, err := truetype.Parse(roboto.Roboto)
	if err != nil {
		return fmt.Errorf("font: %w", err)
	}
	name := f.Name(truetype.NameIDFontFullName)
	const apache = "Licensed under the Apache License, Version 2.0"
	if says := f.Name(truetype.NameIDFontLicense); says != apache {
		return fmt.Errorf("font %s: %w: it says %q", name, errTerms, says)
	}
	// The text of that licence, from a module under it.
	text, ok := t.of("github.com/prometheus/client_golang", "LICENSE")
	if !ok {
		return fmt.Errorf("font %s: %w", name, errTerms)
	}
	t[text] = append(t[text], fmt.Sprintf("Font %s, %s, in github.com/wcharczuk/go-chart/v2/roboto. %s", name, f.Name(truetype.NameIDNameTableVersion),
		f.Name(truetype.NameIDCopyright)))
	return nil
}

// pythonBuild is the release of python-build-standalone that go-embed-python embeds, the end of its version. Neither has the terms of the
// interpreter's libraries: Berkeley DB, bzip2, Expat, libedit, libffi, liblzma, libuuid, mpdecimal (whose terms are with Python's),
// ncurses, OpenSSL, SQLite, Tcl and Tk, X11's client libraries, zlib and Zstandard. The folder python has those in Debian 12's packages of
// the same libraries, from /usr/share/doc/PACKAGE/copyright.
const pythonBuild = "20260610"

// addPython adds the embedded interpreter's libraries.
func (t terms) addPython(root string) error {
	const module = "github.com/kluctl/go-embed-python"
	if !slices.ContainsFunc(slices.Concat(slices.Collect(maps.Values(t))...), func(work string) bool {
		return strings.HasPrefix(work, module+" ") && strings.Contains(work, "-"+pythonBuild+"-")
	}) {
		return fmt.Errorf("%s: %w: it is no longer of %s: look whether scripts/notices/python has each of its libraries", module, errTerms, pythonBuild)
	}
	files, err := filepath.Glob(filepath.Join(root, "scripts", "notices", "python", "*.txt"))
	if err != nil {
		return fmt.Errorf("embedded Python: %w", err)
	}
	if len(files) == 0 {
		return fmt.Errorf("embedded Python: %w", errTerms)
	}
	for _, f := range files {
		of := strings.TrimSuffix(filepath.Base(f), ".txt")
		if err := t.add("Library of the Python in "+module, f, of+", as Debian states it"); err != nil {
			return err
		}
	}
	return nil
}

// addPage adds the library in the report's pages.
func (t terms) addPage(root string) error {
	dir := filepath.Join(root, "report", "internal", "html", "templates", "vendor")
	code, err := os.ReadFile(filepath.Join(dir, "uPlot.iife.min.js"))
	if err != nil {
		return fmt.Errorf("uPlot: %w", err)
	}
	version := regexp.MustCompile(`^/\*! https://github\.com/leeoniya/uPlot \((v[0-9.]+)\) \*/`).FindSubmatch(code)
	if version == nil {
		return fmt.Errorf("uPlot: %w: it doesn't tell its version", errTerms)
	}
	return t.add("uPlot "+string(version[1]), filepath.Join(dir, "uPlot.LICENSE"), "LICENSE")
}

// command runs the go command.
func command(ctx context.Context, root string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), env...)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return out, nil
}
