package regress

import (
	"reflect"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/realrun"
)

// A history keeps of a run what a comparison does, though it reads only a part of its file.
func TestAHistoryKeepsWhatAComparisonDoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := analysis.Write(dir, realrun.Read(t)); err != nil {
		t.Fatal(err)
	}
	whole, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := ReadHistory(dir)
	if err != nil {
		t.Fatal(err)
	}
	whole.Path = analysis.Path(dir)
	if len(h.Runs) != 1 || !reflect.DeepEqual(h.Runs[0], whole) {
		t.Errorf("%+v, want %+v", h.Runs[0], whole)
	}
}
