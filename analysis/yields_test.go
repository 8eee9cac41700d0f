package analysis

import (
	"slices"
	"testing"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/suite"
)

// What decides a scenario is among what it is compared by, and each way of measuring has its figures in some scenario.
func TestEachScenarioHasTheFiguresOfItsMeasure(t *testing.T) {
	t.Parallel()
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	var points []suite.Scenario
	for _, sc := range all {
		points = append(points, sc.Expand(1)...)
	}
	for _, sc := range points {
		compared := Compared(sc)
		for _, name := range compared {
			have[name] = true
		}
		for _, name := range sc.Decide {
			if !slices.Contains(compared, name) {
				t.Errorf("%s is decided by %s, and compared by %q", sc.Name, name, compared)
			}
		}
		if sc.Name == "depth" && slices.Contains(compared, metric.LatencyP99) || sc.Measure == "" && slices.Contains(compared, metric.WebCPU) {
			t.Errorf("%s is compared by what it doesn't measure: %q", sc.Name, compared)
		}
	}
	for _, m := range metric.In(metric.Own) {
		if !have[m.Name] {
			t.Errorf("no scenario has %s", m.Name)
		}
	}
}
