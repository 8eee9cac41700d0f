package suite

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

// A cell that a contender doesn't offer is left out with the reason, in later blocks too. All other cells are planned.
func TestWhatIsNotOfferedIsLeftOut(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Scenarios: all, Brokers: []string{"redis", "postgres"}, Contenders: []string{"a/x", "b/x", "c/x"}, Blocks: 6, Scale: 1, Seed: 1,
		Growth: &Growth{Max: 40},
		Offered: func(c, broker string, s Scenario) (string, error) {
			switch {
			case c == "c/x" && broker == "postgres":
				return "c has no transport", nil
			case c == "a/x" && len(s.Needs()) > 0:
				return "a lacks " + strings.Join(s.Needs(), " and "), nil
			}
			return "", nil
		}}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	check := func(p Plan) {
		t.Helper()
		cells := map[Omission]int{}
		for _, tr := range p.Trials {
			cells[Omission{Scenario: tr.Scenario, Broker: tr.Broker, Arm: tr.Arm}]++
		}
		omitted := 0
		for _, s := range p.Scenarios {
			for _, b := range p.Brokers {
				if !s.RunsOn(b) {
					continue
				}
				sides := p.Sides(s, b)
				for _, a := range p.ArmsOf(s) {
					why, _ := o.Offered(a.Contender, b, s)
					n := cells[Omission{Scenario: s.Name, Broker: b, Arm: a.Name}]
					if got := p.Omits(s.Name, b, a.Name); got != why || (why == "") != (n == p.Blocks) || (why != "") != (n == 0) {
						t.Errorf("%s on %s, %s: left out for %q, want %q; %d trials", s.Name, b, a.Name, got, why, n)
					}
					if why != "" {
						omitted++
					}
				}
				if len(sides) == 0 {
					t.Errorf("%s on %s: no side is left", s.Name, b)
				}
			}
		}
		if omitted != len(p.Omitted) || omitted == 0 {
			t.Errorf("%d omissions, want %d", len(p.Omitted), omitted)
		}
	}
	check(p)
	check(p.Extended(func(string, string) bool { return true }))
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parsePlan(data); err != nil {
		t.Error(err)
	}
	for name, harm := range map[string]func(p *Plan){
		"no such cell":     func(p *Plan) { p.Omitted[0].Arm = "d/x" },
		"no such scenario": func(p *Plan) { p.Omitted[0].Scenario = "x" },
		"no such broker":   func(p *Plan) { p.Omitted[0].Broker = "x" },
		"no reason":        func(p *Plan) { p.Omitted[0].Why = "" },
		"a trial of its own": func(p *Plan) {
			p.Omitted = append(p.Omitted, Omission{p.Trials[0].Scenario, p.Trials[0].Broker, p.Trials[0].Arm, "x"})
		},
	} {
		var harmed Plan
		if err := json.Unmarshal(data, &harmed); err != nil {
			t.Fatal(err)
		}
		harm(&harmed)
		text, err := json.Marshal(harmed)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parsePlan(text); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), "omitted") {
			t.Errorf("%s: %v", name, err)
		}
	}

	o.Offered = func(string, string, Scenario) (string, error) { return "it is closed", nil }
	if _, err := NewPlan(o); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), "no contender offers any of it: it is closed") {
		t.Error(err)
	}
	o.Offered = func(string, string, Scenario) (string, error) { return "", errors.New("broken") }
	if _, err := NewPlan(o); err == nil || err.Error() != "broken" {
		t.Error(err)
	}
}
