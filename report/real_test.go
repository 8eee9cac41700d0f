package report

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
)

// realRun is the analysis of a run that was measured.
func realRun(t *testing.T) analysis.Analysis {
	t.Helper()
	return realrun.Read(t, "testdata/real/analysis.json.gz")
}
