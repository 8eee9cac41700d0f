package schema

import (
	"bytes"

	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/suite"
)

// set is a closed set of words: those of a block of constants, by one of them, and more.
type set struct {
	path, constant string
	more           []string
}

// maker makes one schema.
type maker struct {
	t    *testing.T
	src  sources
	defs map[string]*jsonschema.Schema
	of   map[string]reflect.Type
	// used are the entries of closed that were met.
	used map[string]bool
}

func (m *maker) make(name string, f file) []byte {
	m.t.Helper()
	s := m.inferred(f.of)
	m.defs, m.of = map[string]*jsonschema.Schema{}, map[string]reflect.Type{}
	m.structured(f.of, s)
	version := any(f.version)
	s.Schema = "https://json-schema.org/draft/2020-12/schema"
	s.Title, s.Description, s.Defs = "tqbench "+name, f.where, m.defs
	if f.version == 0 { // people write it, and it bears no version
		s.ID = "urn:tqbench:schema:" + name
		asWritten(s)
		return m.encoded(s)
	}
	s.ID = fmt.Sprintf("urn:tqbench:schema:%s:%d", name, f.version)
	if slices.Contains(sealed, name) {
		s.Properties["crc32c"] = &jsonschema.Schema{Type: "string", Pattern: "^[0-9a-f]{8}$",
			Description: "CRC-32C of all bytes of the file before the comma before this member, which is its last. A file that was made by hand needs none."}
	}
	s.Properties["version"] = &jsonschema.Schema{Const: &version, Description: "The version of the file's format: another version has another schema."}
	return m.encoded(s)
}

func (m *maker) encoded(s *jsonschema.Schema) []byte {
	m.t.Helper()
	var b bytes.Buffer
	if err := atomicfile.JSON(s)(&b); err != nil {
		m.t.Fatal(err)
	}
	return b.Bytes()
}

// inferred is what the library makes of a type.
func (m *maker) inferred(t reflect.Type) *jsonschema.Schema {
	m.t.Helper()
	s, err := jsonschema.ForType(t, &jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[json.RawMessage](): {}, reflect.TypeFor[time.Time](): {Type: "string", Format: "date-time"},
		reflect.TypeFor[suite.Duration](): {Type: "string", Pattern: duration},
	}})
	if err != nil {
		m.t.Fatal(err)
	}
	return s
}

// field is one of a struct that is written as an object, and the struct that declares it.
type field struct {
	reflect.StructField
	owner reflect.Type
}

// fieldsOf lists the fields of an object: those of an embedded struct are among them, also where it bears the name of one.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for f := range t.Fields() {
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, fieldsOf(f.Type)...)
		} else if jsonName(f) != "" {
			out = append(out, field{f, t})
		}
	}
	return out
}

// structured describes the fields of a struct, and moves the structs within to the definitions.
func (m *maker) structured(t reflect.Type, s *jsonschema.Schema) {
	for _, f := range fieldsOf(t) {
		name, owner := jsonName(f.StructField), f.owner
		if s.Properties[name] == nil {
			// The library follows Go, where an embedded struct hides a field of its own name.
			s.Properties[name] = m.inferred(f.Type)
			s.PropertyOrder, s.Required = append(s.PropertyOrder, name), append(s.Required, name)
		}
		src := m.src.of(m.t, owner.PkgPath())
		p := m.value(f.Type, s.Properties[name])
		about := src.fields[owner.Name()+"."+f.Name]
		if about == "" && owner != t {
			about = src.types[owner.Name()] // the file doesn't show that there is such a struct
		}
		p.Description = src.say(about, t)
		for ending, unit := range units {
			if strings.HasSuffix(name, ending) && !strings.Contains(p.Description, unit) {
				p.Description = strings.TrimSpace(p.Description + " In " + unit + ".")
			}
		}
		key := owner.String() + "." + f.Name
		if c, ok := closed[key]; ok {
			m.used[key] = true
			words := m.src.of(m.t, module+c.path).blocks[c.constant]
			if len(words) == 0 {
				m.t.Fatalf("%s: there is no constant %s", key, c.constant)
			}
			for _, w := range slices.Concat(words, c.more) {
				p.Enum = append(p.Enum, w)
			}
		}
		s.Properties[name] = p
	}
}

// value describes a field's value.
func (m *maker) value(t reflect.Type, s *jsonschema.Schema) *jsonschema.Schema {
	null := false
	for t.Kind() == reflect.Pointer {
		t, null = t.Elem(), true
	}
	switch {
	case t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[json.RawMessage]():
	case t.Kind() == reflect.Slice:
		s.Items = m.value(t.Elem(), s.Items)
	case t.Kind() == reflect.Map:
		s.AdditionalProperties = m.value(t.Elem(), s.AdditionalProperties)
		s.Types, s.Type = []string{"null", "object"}, ""
	case t.Kind() == reflect.Struct:
		name := t.Name()
		if other, ok := m.of[name]; ok && other != t {
			name = strings.ReplaceAll(t.String(), ".", "_")
		}
		if m.of[name] == nil {
			m.of[name] = t
			src := m.src.of(m.t, t.PkgPath())
			m.structured(t, s)
			s.Type, s.Types, s.Description = "object", nil, src.say(src.types[t.Name()], t)
			m.defs[name] = s
		}
		ref := &jsonschema.Schema{Ref: "#/$defs/" + name}
		if null {
			return &jsonschema.Schema{AnyOf: []*jsonschema.Schema{{Type: "null"}, ref}}
		}
		return ref
	}
	return s
}
