package analysis

import (
	"strings"
	"testing"
	"time"

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
		if got := command(p); !strings.HasSuffix(got, "asynctasq/async "+tt.want) {
			t.Errorf("%+v: %s", tt.growth, got)
		}
	}
}
