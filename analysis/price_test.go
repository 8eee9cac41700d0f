package analysis

import (
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The command that makes a run again has flags that the command line takes: a fixed number of blocks goes without the most.
func TestTheCommandOfAGrowingPlanIsTaken(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 6)
	within := suite.Duration(3 * time.Minute)
	for _, tt := range []struct {
		growth *suite.Growth
		want   string
	}{
		{nil, "--blocks 6 --scale 1 --seed 3"},
		{&suite.Growth{First: 6, Max: 40, Within: within}, "--scale 1 --seed 3 --max-blocks 40 --within 3m0s"},
		{&suite.Growth{First: 9, Max: 9, Within: within}, "--blocks 9 --scale 1 --seed 3 --within 3m0s"},
		{&suite.Growth{Until: 0.05, First: 9, Max: 40}, "--blocks 9 --scale 1 --seed 3 --until 5% --max-blocks 40"},
	} {
		p := f.plan
		p.Growth = tt.growth
		if got := Command(p, nil); !strings.HasSuffix(got, "asynctasq/async "+tt.want) {
			t.Errorf("%+v: %s", tt.growth, got)
		}
	}
}

// A cell that did not begin has a price: what its scenario is expected to take, or what a trial of its side took.
func TestACellThatDidNotBeginHasAPrice(t *testing.T) {
	t.Parallel()
	plan := suite.Plan{Scenarios: []suite.Scenario{{Name: "load", Phases: []suite.Phase{{Arrivals: suite.Open, Tasks: 600, Rate: 100}}}}}
	cells := []Cell{
		{Scenario: "load", Broker: "redis", Arm: "a", Status: CellNotRun, Reason: Reason{Code: ReasonNotBegun}},
		{Scenario: "load", Broker: "redis", Arm: "b", Status: CellNotRun, Reason: Reason{Code: ReasonNotRun, Detail: "no broker"}},
		{Scenario: "load", Broker: "redis", Arm: "c", Status: CellMeasured},
	}
	cellPrices(cells, plan, nil)
	if got := cells[0].Reason.Seconds; got < 6 || got > 60 {
		t.Errorf("6 s of load are expected to take %g s", got)
	}
	if cells[1].Reason.Seconds != 0 || cells[2].Reason.Seconds != 0 {
		t.Errorf("others have a price: %+v", cells[1:])
	}
	slow := results.Trial{Scenario: "load", Broker: "redis", Arm: "c", WallSeconds: 3600}
	before := cells[0].Reason.Seconds
	cellPrices(cells, plan, []results.Trial{slow})
	if got := cells[0].Reason.Seconds; got <= before {
		t.Errorf("with slow trials of others it is expected to take %g s, as before", got)
	}
}
