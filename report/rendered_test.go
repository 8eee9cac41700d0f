package report

import (
	"bytes"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// rendered is the page of a report.
func rendered(t *testing.T, a analysis.Analysis) string {
	t.Helper()
	return renderedAs(t, a, "index.html")
}

// renderedAs is a file of a report.
func renderedAs(t *testing.T, a analysis.Analysis, name string) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, t.TempDir(), name, a); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
