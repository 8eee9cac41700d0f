package suite

import (
	"fmt"
	"slices"
)

// Omission is a cell that the plan leaves out, and why.
type Omission struct {
	Scenario string `json:"scenario"`
	Broker   string `json:"broker"`
	Arm      string `json:"arm"`
	Why      string `json:"why"`
}

// PhaseOmission is a phase that the plan leaves out of a scenario, and why.
type PhaseOmission struct {
	Scenario string `json:"scenario"`
	Phase    string `json:"phase"`
	Why      string `json:"why"`
}

// omit leaves out what contenders don't offer.
func (p *Plan) omit(offered func(contender, broker string, s Scenario) (why string, err error)) error {
	if offered == nil {
		return nil
	}
	for _, s := range p.Scenarios {
		for _, b := range p.Brokers {
			if !s.RunsOn(b) {
				continue
			}
			for _, a := range p.ArmsOf(s) {
				why, err := offered(a.Contender, b, s)
				if err != nil {
					return err
				}
				if why != "" {
					p.Omitted = append(p.Omitted, Omission{s.Name, b, a.Name, why})
				}
			}
		}
	}
	return nil
}

// Omits is why the plan leaves a cell out, or "".
func (p Plan) Omits(scenario, broker, arm string) string {
	for _, o := range p.Omitted {
		if o.Scenario == scenario && o.Broker == broker && o.Arm == arm {
			return o.Why
		}
	}
	return ""
}

// OmittedPhasesOf are the phases that the plan leaves out of a scenario.
func (p Plan) OmittedPhasesOf(scenario string) []PhaseOmission {
	return slices.DeleteFunc(slices.Clone(p.OmittedPhases), func(o PhaseOmission) bool { return o.Scenario != scenario })
}

// ArmsOf are a scenario's arms, the baseline first.
func (p Plan) ArmsOf(s Scenario) []Arm {
	var out []Arm
	for _, name := range s.Arms {
		for _, a := range p.Arms {
			if a.Name == name {
				out = append(out, a)
			}
		}
	}
	return out
}

// Sides are the scenario's arms on a broker, the baseline first, without those that the plan leaves out: none on a broker that it doesn't run on.
func (p Plan) Sides(s Scenario, broker string) []Arm {
	if !s.RunsOn(broker) {
		return nil
	}
	return slices.DeleteFunc(p.ArmsOf(s), func(a Arm) bool { return p.Omits(s.Name, broker, a.Name) != "" })
}

// checkOmitted checks the omissions: each is of one of the plan's cells or scenarios, and no trial has what is omitted.
func (p Plan) checkOmitted() error {
	for i, o := range p.Omitted {
		s, ok := p.Scenario(o.Scenario)
		switch {
		case !ok || !slices.Contains(s.Arms, o.Arm) || !slices.Contains(p.Brokers, o.Broker):
			return fmt.Errorf("%w: omitted[%d]: the plan has no cell of %s, %s and %s", ErrPlan, i, o.Scenario, o.Broker, o.Arm)
		case o.Why == "":
			return fmt.Errorf("%w: omitted[%d]: it has no reason", ErrPlan, i)
		}
	}
	for i, o := range p.OmittedPhases {
		s, ok := p.Scenario(o.Scenario)
		switch {
		case !ok:
			return fmt.Errorf("%w: omitted_phases[%d]: the plan has no scenario %q", ErrPlan, i, o.Scenario)
		case slices.ContainsFunc(s.Phases, func(ph Phase) bool { return ph.Name == o.Phase }):
			return fmt.Errorf("%w: omitted_phases[%d]: %s has the phase %q", ErrPlan, i, o.Scenario, o.Phase)
		case o.Phase == "" || o.Why == "":
			return fmt.Errorf("%w: omitted_phases[%d]: it has no name, or no reason", ErrPlan, i)
		}
	}
	for i, t := range p.Trials {
		if p.Omits(t.Scenario, t.Broker, t.Arm) != "" {
			return fmt.Errorf("%w: trial %d: it is of a cell that is omitted", ErrPlan, i+1)
		}
	}
	return nil
}
