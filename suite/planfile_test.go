package suite

import (
	"errors"
	"strings"
	"testing"
)

// A plan of an earlier tqbench may have a phase after which no file can be named: its run is read, but not continued.
func TestAnEarlierPlanIsReadThoughItCantBeRun(t *testing.T) {
	t.Parallel()
	p, err := NewPlan(options(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckRun("plan.json"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"10/s", `a\b`, "a\nb", strings.Repeat("x", 101)} {
		p.Scenarios[1].Phases[0].Name = name
		back, err := parsePlan([]byte(marshal(t, p)))
		if err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if err := back.CheckRun("plan.json"); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), `read plan.json: not a usable plan: scenario 2: phases[0].name`) {
			t.Errorf("%q: err = %v", name, err)
		}
	}
}
