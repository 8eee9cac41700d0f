package suite

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// On many machines, each phase that a framework's own client sends is left out with the reason. One machine leaves none out.
func TestPhasesOfTheClientAreLeftOutOfManyMachines(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Scenarios: all, Brokers: []string{"redis"}, Contenders: []string{"a/x", "b/x"}, Blocks: 1, Scale: 1, Seed: 1}
	local, err := NewPlan(o)
	if err != nil || local.OmittedPhases != nil {
		t.Fatal(local.OmittedPhases, err)
	}
	o.Hosts = &Hosts{Workers: 2, Load: 1}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for i, s := range p.Scenarios {
		omitted := p.OmittedPhasesOf(s.Name)
		for _, ph := range local.Scenarios[i].Phases {
			has := slices.ContainsFunc(s.Phases, func(x Phase) bool { return x.Name == ph.Name })
			is := slices.ContainsFunc(omitted, func(x PhaseOmission) bool { return x.Phase == ph.Name && x.Why != "" })
			if is == has || is && !byClient(ph) {
				t.Errorf("phase %s of %s: planned %v, left out %v", ph.Name, s.Name, has, is)
			}
		}
		left += len(omitted)
		if slices.ContainsFunc(s.Phases, byClient) && s.OneMachine() == "" {
			t.Errorf("%s has a phase of the client", s.Name)
		}
	}
	if left == 0 || left != len(p.OmittedPhases) {
		t.Errorf("%d phases are left out of %d", left, len(p.OmittedPhases))
	}
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsePlan(data); err != nil {
		t.Error(err)
	}
	for name, harm := range map[string]func(o *PhaseOmission, s Scenario){
		"no such scenario": func(o *PhaseOmission, _ Scenario) { o.Scenario = "x" },
		"a planned phase":  func(o *PhaseOmission, s Scenario) { o.Phase = s.Phases[0].Name },
		"no reason":        func(o *PhaseOmission, _ Scenario) { o.Why = "" },
		"no name":          func(o *PhaseOmission, _ Scenario) { o.Phase = "" },
	} {
		harmed := p
		harmed.OmittedPhases = slices.Clone(p.OmittedPhases)
		s, _ := p.Scenario(p.OmittedPhases[0].Scenario)
		harm(&harmed.OmittedPhases[0], s)
		text, err := json.Marshal(harmed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsePlan(text); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), "omitted_phases[0]") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
