package suite

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// Again is the plan laid out again from its declarations: the seed, the scenarios, the brokers and the arms. Blocks that were added after a
// look have the places that the plan has in them. Its trials are equal to the plan's unless someone changed one of the two. It has at most
// one block more of trials than the plan: a file may declare far more than it has.
func (p Plan) Again() Plan {
	q, first := p, p.Blocks
	if p.Growth != nil {
		first = p.Growth.First
	}
	q.Blocks, q.Trials = 0, nil
	q.lay(1)
	if each := len(q.Trials); each > 0 && first > 1 {
		q.Trials = nil
		q.lay(min(first, len(p.Trials)/each+1))
	}
	if q.Blocks < first {
		return q
	}
	for q.Blocks < p.Blocks {
		in := map[Place]bool{}
		for _, t := range p.Trials {
			if t.Block == q.Blocks+1 {
				in[At(t.Scenario, t.Broker)] = true
			}
		}
		q = q.Extended(func(scenario, broker string) bool { return in[At(scenario, broker)] })
	}
	return q
}

// Deviation is what a plan has that the scenarios of a suite, its seed and its options don't give; "" if they give it.
func (p Plan) Deviation(all []Scenario) (string, error) {
	if what := p.strayTrial(); what != "" {
		return what, nil
	}
	if what := p.strayLook(); what != "" {
		return what, nil
	}
	return p.StrayScenario(all)
}

// StrayScenario is what the plan's scenarios have that those of a suite with their names don't give; "" if they give it. Scenarios that the suite lacks
// are Foreign.
func (p Plan) StrayScenario(all []Scenario) (string, error) {
	for name, points := range p.byBase() {
		i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == name })
		if i < 0 {
			continue
		}
		if what, err := p.strayScenario(all[i], points); err != nil || what != "" {
			return what, err
		}
	}
	return "", nil
}

// strayTrial names a trial that the seed doesn't give.
func (p Plan) strayTrial() string {
	want := p.Again().Trials
	for i, t := range p.Trials {
		if i >= len(want) {
			return fmt.Sprintf("trial %d: seed %d gives %d trials", t.ID, p.Seed, len(want))
		}
		if w := want[i]; t != w {
			return fmt.Sprintf("trial %d: seed %d gives %s on %s with %s in block %d and the seed %d, and the plan has %s on %s with %s in block %d and the seed %d",
				t.ID, p.Seed, w.Scenario, w.Broker, w.Arm, w.Block, w.Seed, t.Scenario, t.Broker, t.Arm, t.Block, t.Seed)
		}
	}
	if len(want) > len(p.Trials) {
		return fmt.Sprintf("it has %d trials, and seed %d gives %d", len(p.Trials), p.Seed, len(want))
	}
	return ""
}

// strayLook names a look at verdicts that the rule doesn't give: it needs one before each addition of blocks.
func (p Plan) strayLook() string {
	if !p.Sequential() {
		return ""
	}
	at := 0
	for i, l := range p.Growth.Looks {
		switch {
		case i == 0 && l.Blocks != p.Growth.First:
			return fmt.Sprintf("the first look is at %d blocks, and the rule is %d", l.Blocks, p.Growth.First)
		case i > 0 && (l.Blocks <= at || l.Blocks > p.Growth.NextLook(at)):
			return fmt.Sprintf("look %d is at %d blocks, and the one before at %d: the rule is at most %d", i+1, l.Blocks, at, p.Growth.NextLook(at))
		}
		at = l.Blocks
	}
	if most := cmp.Or(at, p.Growth.First); at == 0 && p.Blocks > most || at > 0 && p.Blocks > p.Growth.NextLook(at) {
		return fmt.Sprintf("it has %d blocks, and its last look is at %d: a look before the last blocks is missing", p.Blocks, at)
	}
	return ""
}

// Foreign are the plan's scenarios that aren't in a suite, by name: a user's file or task.
func (p Plan) Foreign(all []Scenario) []string {
	var out []string
	for name := range p.byBase() {
		if !slices.ContainsFunc(all, func(s Scenario) bool { return s.Name == name }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// byBase are the plan's scenarios by the name that they have in a suite: points of a sweep share one.
func (p Plan) byBase() map[string][]Scenario {
	out := map[string][]Scenario{}
	for _, s := range p.Scenarios {
		name := cmp.Or(s.Of, s.Name)
		out[name] = append(out[name], s)
	}
	return out
}

// strayScenario names what differs between a scenario of the suite at the plan's scale and the plan's points of it. The user may choose the
// contenders, and how long a soak lasts.
func (p Plan) strayScenario(base Scenario, points []Scenario) (string, error) {
	if len(points) > 0 && points[0].Measure == Soak && len(points[0].Phases) > 1 && points[0].Phases[1].Fixed && len(base.Phases) > 1 {
		base.Phases = slices.Clone(base.Phases)
		base.Phases[1].Tasks, base.Phases[1].Fixed = points[0].Phases[1].Tasks, true
	}
	base, _ = base.onHosts(p.Hosts)
	want := base.doubled(p.UpTo()).Expand(p.Scale)
	if len(want) != len(points) {
		return fmt.Sprintf("scenario %s: it has %d points, and the suite's has %d at scale %v", base.Name, len(points), len(want), p.Scale), nil
	}
	for i, have := range points {
		w := want[i].Scaled(p.Scale)
		w.Contenders, w.Arms = have.Contenders, have.Arms
		a, err := members(have)
		if err != nil {
			return "", err
		}
		b, err := members(w)
		if err != nil {
			return "", err
		}
		for _, name := range names(a, b) {
			if !bytes.Equal(a[name], b[name]) {
				return fmt.Sprintf("scenario %s differs in %s from the suite's", have.Name, name), nil
			}
		}
	}
	return "", nil
}

// members are the members of a scenario in JSON, by name.
func members(s Scenario) (map[string]json.RawMessage, error) {
	data, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("compare scenario %s: %w", s.Name, err)
	}
	var out map[string]json.RawMessage
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("compare scenario %s: %w", s.Name, err)
	}
	return out, nil
}

// names are those of the members of two objects, sorted.
func names(a, b map[string]json.RawMessage) []string {
	var out []string
	for _, of := range []map[string]json.RawMessage{a, b} {
		for name := range of {
			if !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}
