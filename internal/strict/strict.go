// Package strict reads files that people write so that a slip is told with its line.
package strict

import (
	"bytes"
	"errors"
	"io"
	"regexp"
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
		return errors.New(plain(err))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return errors.New("it has more than one document: a line with --- begins another")
	}
	return nil
}

// plain is an error of the library's as one line, without its own name and its caller's types.
func plain(err error) string {
	several := []string{strings.TrimPrefix(err.Error(), "yaml: ")}
	var slips *yaml.TypeError
	if errors.As(err, &slips) {
		several = slips.Errors
	}
	types := regexp.MustCompile(` (in type|into) .*$`)
	for i, s := range several {
		several[i] = types.ReplaceAllString(strings.Join(strings.Fields(s), " "), "")
	}
	return strings.Join(several, "; ")
}
