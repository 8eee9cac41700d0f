package strict

import (
	"strings"
	"testing"
)

// An error is one line that names its line, without Go's terms.
func TestASlipIsReportedWithItsLine(t *testing.T) {
	type inner struct {
		Name string `yaml:"name"`
	}
	var into struct {
		Title string  `yaml:"title"`
		Parts []inner `yaml:"parts"`
	}
	for text, want := range map[string]string{
		"":                        "it is empty",
		"title: a\ntittle: b":     "line 2: field tittle not found (did you mean title?)",
		"parts:\n  - {nme: a}":    "line 2: field nme not found (did you mean name?)",
		"title: a\ncolour: b":     "line 2: field colour not found",
		"title: [a]":              "line 1: cannot unmarshal !!seq",
		"parts: a":                "line 1: cannot unmarshal !!str `a`",
		"title: a\n---\ntitle: b": "more than one document",
		"a: [":                    "line 1",
	} {
		err := YAML([]byte(text), &into)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "strict.") || strings.ContainsAny(err.Error(), "\n") ||
			strings.Contains(err.Error(), "struct") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if err := YAML([]byte("title: a\nparts: [{name: b}]\n"), &into); err != nil || into.Parts[0].Name != "b" {
		t.Errorf("%+v, %v", into, err)
	}
}
