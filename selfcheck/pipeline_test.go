package selfcheck

import (
	"errors"
	"math"
	"testing"

	"github.com/tqbench/tqbench/results"
)

func TestARunsOverheadIsWhatIsNoLoad(t *testing.T) {
	second := int64(1e9)
	whole := results.Trial{WallSeconds: 20, Startup: results.Startup{BrokerSeconds: 1, WorkerSeconds: 2, StopSeconds: 0.5}, Warmup: results.Warmup{Seconds: 1.5},
		Phases: []results.Phase{
			{EnqueueBegan: 5 * second, EnqueueEnded: 6 * second, Released: 6 * second, Drained: 11 * second},
			{EnqueueBegan: 12 * second, EnqueueEnded: 20 * second, Drained: 19 * second}, // its last tasks were lost
		}}
	starts := results.Trial{WallSeconds: 10, Phases: []results.Phase{{HarnessUsage: results.Usage{WallSeconds: 7}}}}
	for name, tt := range map[string]struct {
		scale  float64
		trials []results.Trial
		load   float64
		over   float64
		goal   string
		met    bool
	}{
		"quick":                         {0.15, []results.Trial{whole}, 14, 30, "at most 25", false},
		"full":                          {1, []results.Trial{whole}, 14, 30, "at most 10", false},
		"one that did not run is none":  {1, []results.Trial{whole, {Reason: "no worker"}}, 14, 30, "at most 10", false},
		"two, one of which only starts": {0.5, []results.Trial{whole, starts}, 10.5, 30, "at most 25", false},
		"little":                        {0.5, []results.Trial{{WallSeconds: 8, Phases: []results.Phase{{EnqueueBegan: 1, Drained: 7*second + 1}}}}, 7, 12.5, "at most 25", true},
	} {
		p, err := sumUp(tt.trials, tt.scale)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if goal, _ := p.Overhead.verdict(); p.Load != tt.load || math.Abs(p.Overhead.Value-tt.over) > 1e-9 || goal != tt.goal || p.Overhead.Goal.Met != tt.met {
			t.Errorf("%s: %+v %s", name, p, goal)
		}
		if parts := p.Broker + p.Workers + p.Warmup + p.Load + p.Stop + p.Rest; math.Abs(parts-p.Wall) > 1e-9 {
			t.Errorf("%s: the parts of %v add up to %v", name, p.Wall, parts)
		}
	}
	for name, trials := range map[string][]results.Trial{"before it was recorded": {{}}, "without a trial": nil, "none ran": {{Reason: "no worker"}}} {
		if _, err := sumUp(trials, 1); !errors.Is(err, results.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := checkPipeline(t.TempDir()); err == nil {
		t.Error("an empty folder has a pipeline")
	}
}
