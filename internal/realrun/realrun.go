// Package realrun gives tests the analysis of a measured run, rather than a made-up one.
package realrun

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// compressed is the run's analysis.json. It states the machine and the command.
//
//go:embed testdata/analysis.json.gz
var compressed []byte

// Read reads the run's analysis. It fails the test if this tqbench can't read the analysis's version: the run must then be measured again.
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
