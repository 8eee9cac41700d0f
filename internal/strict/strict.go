// Package strict reads files that people write, and reports a slip with its line.
package strict

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tqbench/tqbench/internal/text"
)

// YAML reads a document: an unknown field is an error of one line that names its line.
func YAML(data []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	err := dec.Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case err != nil:
		return errors.New(plain(err, fields(reflect.TypeOf(into), map[reflect.Type]bool{})))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("it has more than one document: a line with --- begins another")
	}
	return nil
}

// plain turns a library error into one line, without the library's name and Go types.
func plain(err error, known []string) string {
	several := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var slips *yaml.TypeError
	if errors.As(err, &slips) {
		several = slips.Errors
	}
	types := regexp.MustCompile(` (in type|into) .*$`)
	unknown := regexp.MustCompile(`field (\S+) not found$`)
	for i, s := range several {
		several[i] = types.ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
		if m := unknown.FindStringSubmatch(several[i]); m != nil {
			several[i] += text.DidYouMean(m[1], known)
		}
	}
	return strings.Join(several, "; ")
}

// fields are the names that a document of a type may use, at any depth.
func fields(t reflect.Type, seen map[reflect.Type]bool) []string {
	if seen[t] {
		return nil
	}
	seen[t] = true
	var out []string
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return fields(t.Elem(), seen)
	case reflect.Struct:
		for f := range t.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if name != "" && name != "-" {
				out = append(out, name)
			}
			out = append(out, fields(f.Type, seen)...)
		}
	}
	return out
}
