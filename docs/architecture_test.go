// Package docs tests the documents that are made of the code.
package docs

import (
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the documents")

const module = "github.com/tqbench/tqbench/"

// room is a package, what it says of itself in a sentence, and what it imports of this module.
type room struct {
	about   string
	imports []string
}

// The picture and the table are made of the packages' imports and comments.
func TestTheArchitectureIsThatOfTheCode(t *testing.T) {
	rooms := roomsOf(t)
	isMade(t, "architecture.md", "<!-- packages -->\n", "<!-- end of packages -->\n", picture(rooms)+table(rooms))
}

// roomsOf reads the packages that are neither internal to others nor tests alone.
func roomsOf(t *testing.T) map[string]room {
	t.Helper()
	out := map[string]room{}
	err := filepath.WalkDir("..", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		name, err := filepath.Rel("..", dir)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if strings.Trim(path.Base(name)[:1], "._") == "" && name != "." || slices.Contains([]string{"internal", "testdata", "node_modules", "examples", "scripts", "docs"}, path.Base(name)) {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && name != "." {
			return fs.SkipDir // another module
		}
		r, err := roomOf(dir)
		if err == nil && r.about != "" {
			out[name] = r
		}
		return err
	})
	if err != nil || len(out) < 15 {
		t.Fatalf("%d packages (%v)", len(out), err)
	}
	return out
}

func roomOf(dir string) (room, error) {
	var r room
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return r, err
	}
	for _, p := range paths {
		if strings.HasSuffix(p, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			return r, err
		}
		r.about += synopsis(f)
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return r, err
			}
			if name, ok := strings.CutPrefix(name, module); ok && !slices.Contains(r.imports, name) {
				r.imports = append(r.imports, name)
			}
		}
	}
	slices.Sort(r.imports)
	return r, nil
}

// synopsis is the first sentence of a package's comment.
func synopsis(f *ast.File) string {
	if f.Doc == nil {
		return ""
	}
	return new(doc.Package).Synopsis(f.Doc.Text())
}

// picture draws the arrows that no way around replaces: what a package imports by way of another one isn't drawn.
func picture(rooms map[string]room) string {
	var b strings.Builder
	b.WriteString("\n```mermaid\nflowchart TD\n")
	for _, from := range sorted(rooms) {
		for _, to := range rooms[from].imports {
			if _, ok := rooms[to]; ok && !around(rooms, from, to) {
				fmt.Fprintf(&b, "  %s --> %s\n", node(from), node(to))
			}
		}
	}
	b.WriteString("```\n")
	return b.String()
}

// around tells whether a package imports another one by way of a third, too.
func around(rooms map[string]room, from, to string) bool {
	for _, via := range rooms[from].imports {
		if via != to && reaches(rooms, via, to, map[string]bool{}) {
			return true
		}
	}
	return false
}

func reaches(rooms map[string]room, from, to string, seen map[string]bool) bool {
	if from == to {
		return true
	}
	if seen[from] {
		return false
	}
	seen[from] = true
	return slices.ContainsFunc(rooms[from].imports, func(via string) bool { return reaches(rooms, via, to, seen) })
}

func node(name string) string { return strings.ReplaceAll(name, "/", "_") + "[" + name + "]" }

func table(rooms map[string]room) string {
	var b strings.Builder
	b.WriteString("\n| package | |\n|---|---|\n")
	for _, name := range sorted(rooms) {
		about := rooms[name].about
		for _, begin := range []string{"Package " + path.Base(name) + " ", "Command " + path.Base(name) + " "} {
			about = strings.TrimPrefix(about, begin)
		}
		fmt.Fprintf(&b, "| [%s](../%s) | %s |\n", name, name, about)
	}
	b.WriteString("\n")
	return b.String()
}

func sorted(rooms map[string]room) []string {
	var out []string
	for name := range rooms {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
