package report

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"testing"

	"github.com/tqbench/tqbench/analysis"
)

// realRun is the analysis of a run that was measured; which, on what and by which command stands in it.
func realRun(t *testing.T) analysis.Analysis {
	t.Helper()
	f, err := os.Open("testdata/real/analysis.json.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var a analysis.Analysis
	if err := json.NewDecoder(z).Decode(&a); err != nil {
		t.Fatal(err)
	}
	if a.Version != analysis.Version {
		t.Fatalf("the real run has version %d, the reports are of version %d: run it again", a.Version, analysis.Version)
	}
	return a
}
