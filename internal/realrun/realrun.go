// Package realrun gives tests the analysis of a run that was measured, rather than one that was made up.
package realrun

import (
	"compress/gzip"
	"io"
	"os"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// Read reads a compressed analysis.json; on what and by which command it was measured stands in it. It fails the test where
// this tqbench doesn't read the analysis' version: the run is to be made anew.
func Read(t testing.TB, path string) analysis.Analysis {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	a, err := analysis.Decode(path, data)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
