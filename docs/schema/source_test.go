package schema

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// source is what the Go files of a package say in words.
type source struct {
	// types have the comments of types, fields those of their fields, by Type.Field.
	types, fields map[string]string
	// words are the values of string constants by their names, blocks those of the constants declared together.
	words  map[string]string
	blocks map[string][]string
}

const module = "github.com/tqbench/tqbench/"

// sources are the packages that were read, by their paths.
type sources map[string]*source

// of reads the package of a type.
func (s sources) of(t *testing.T, path string) *source {
	t.Helper()
	if s[path] != nil {
		return s[path]
	}
	dir, ok := strings.CutPrefix(path, module)
	if !ok {
		t.Fatalf("a type of %s has no schema", path)
	}
	src := &source{types: map[string]string{}, fields: map[string]string{}, words: map[string]string{}, blocks: map[string][]string{}}
	files, err := fs.Glob(os.DirFS("../.."), filepath.ToSlash(filepath.Join(dir, "*.go")))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no files (%v)", dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join("../..", name), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if d, ok := d.(*ast.GenDecl); ok {
				src.declared(d)
			}
		}
	}
	s[path] = src
	return src
}

func (s *source) declared(d *ast.GenDecl) {
	var block []string
	var names []string
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc.Text()
			if doc == "" {
				doc = d.Doc.Text()
			}
			s.types[spec.Name.Name] = doc
			if st, ok := spec.Type.(*ast.StructType); ok {
				s.structured(spec.Name.Name, st)
			}
		case *ast.ValueSpec:
			for i, n := range spec.Names {
				if d.Tok != token.CONST || i >= len(spec.Values) {
					continue
				}
				if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if v, err := strconv.Unquote(lit.Value); err == nil {
						s.words[n.Name] = v
						block, names = append(block, v), append(names, n.Name)
					}
				}
			}
		}
	}
	for _, n := range names {
		s.blocks[n] = block
	}
}

// structured keeps the comments of a struct's fields. One that has none takes the comment above that speaks of it.
func (s *source) structured(name string, st *ast.StructType) {
	above := ""
	for _, f := range st.Fields.List {
		if doc := f.Doc.Text(); doc != "" {
			above = doc
		}
		for _, n := range f.Names {
			if f.Doc.Text() != "" || regexp.MustCompile(`\b`+n.Name+`\b`).MatchString(above) {
				s.fields[name+"."+n.Name] = above
			}
		}
	}
}

// word is a Go name that stands alone or after its package's.
var word = regexp.MustCompile(`(\b[a-z]+\.)?\b[A-Z][A-Za-z0-9]*\b`)

// say puts a comment on a struct in the words of its file: fields by their names there, constants by their values.
func (s *source) say(comment string, of reflect.Type) string {
	names := map[string]string{}
	if of.Kind() == reflect.Struct {
		for _, f := range fieldsOf(of) {
			names[f.Name] = jsonName(f.StructField)
		}
	}
	comment = strings.Join(strings.Fields(comment), " ")
	return word.ReplaceAllStringFunc(comment, func(w string) string {
		// CPU is a field's name where the comment begins with it, and else an abbreviation.
		if name, ok := names[w]; ok && (w != strings.ToUpper(w) || strings.HasPrefix(comment, w+" ")) {
			return name
		}
		if v, ok := s.words[w]; ok {
			return strconv.Quote(v)
		}
		return w
	})
}

// jsonName is what a field is called in its file, or nothing.
func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous || !f.IsExported() || name == "-":
		return ""
	case name == "":
		return f.Name
	}
	return name
}
