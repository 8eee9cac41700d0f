// Package realrun gives tests the analysis of a run that was measured, rather than one that was made up.
package realrun

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// compressed is the analysis.json of the run. It says on what and by which command it was measured.
//
//go:embed testdata/analysis.json.gz
var compressed []byte

// Read reads the run's analysis. It fails the test where this tqbench can't read the analysis' version: the run is then to
// be measured again.
func Read(t testing.TB) analysis.Analysis {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Decode("analysis.json.gz", data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
