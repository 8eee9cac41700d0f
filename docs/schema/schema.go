// Package schema has the JSON Schema (draft 2020-12) of each JSON file that tqbench writes for others.
//
// The schemas are made of the Go types that the files are written from: `go test ./docs/schema -update` takes the names and
// kinds of fields from the types, descriptions from their comments, and closed sets of words from the constants. They
// name every field of their version, and refuse any other.
package schema

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed *.schema.json
var files embed.FS

const ending = ".schema.json"

// Names are the files that have a schema, without their .json.
func Names() ([]string, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("list the schemas: %w", err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSuffix(e.Name(), ending))
	}
	slices.Sort(out)
	return out, nil
}

// Read is the schema of the file of that name.
func Read(name string) ([]byte, error) {
	data, err := files.ReadFile(name + ending)
	if err != nil {
		return nil, fmt.Errorf("schema %q: %w", name, err)
	}
	return data, nil
}
