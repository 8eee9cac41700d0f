// Package strict reads files that people write so that a slip is told with its line.
package strict

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v3"
)

// YAML reads a document: an unknown field is an error of one line that names its own.
func YAML(data []byte, into any) error {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	err := dec.Decode(into)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case err != nil:
		// The library prefixes its own name and spreads its errors over lines.
		text := strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
		return errors.New(strings.TrimPrefix(text, "unmarshal errors: "))
	}
	return nil
}
