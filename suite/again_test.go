package suite

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// reread is a plan as its file has it.
func reread(t *testing.T, p Plan) Plan {
	t.Helper()
	dir := t.TempDir()
	if err := WritePlan(dir, p); err != nil {
		t.Fatal(err)
	}
	p, err := ReadPlan(dir)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Whatever the options, what NewPlan made is what the suite and the seed give, also after looks and further blocks.
func TestAPlanIsWhatItsSuiteAndSeedGive(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	growths := map[string]*Growth{"fixed": nil, "while open": {Max: MaxBlocks, Within: Duration(time.Hour)}, "until narrow": {Until: 0.05, Max: 20}}
	for _, scale := range []float64{0.01, 0.1, 0.37, 1, 3} {
		for name, growth := range growths {
			t.Run(fmt.Sprintf("%s at scale %v", name, scale), func(t *testing.T) {
				p, err := NewPlan(Options{Scenarios: all, Brokers: []string{"redis", "postgres@17"}, Usual: []string{"a/x", "b/y", "a/x"}, Blocks: MinBlocks, Scale: scale,
					Seed: 5, Growth: growth})
				if err != nil {
					t.Fatal(err)
				}
				want := func(_, broker string) bool { return broker == "redis" }
				switch {
				case p.Sequential():
					p = p.Looked(0.4).Extended(want).Extended(want).Looked(0.9)
				case growth != nil:
					p = p.Extended(want)
				}
				if what, err := reread(t, p).Deviation(all); what != "" || err != nil {
					t.Errorf("%s %v", what, err)
				}
				if foreign := p.Foreign(all); len(foreign) > 0 {
					t.Errorf("foreign: %v", foreign)
				}
			})
		}
	}
}

// The length of a soak is the user's.
func TestASoakMayHaveAnyLength(t *testing.T) {
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := soakFor(t, all, 8*time.Hour)
	if what, err := reread(t, p).Deviation(all); what != "" || err != nil {
		t.Errorf("%s %v", what, err)
	}
}

// soakFor is a plan of a soak of that length, as --for makes it.
func soakFor(t *testing.T, all []Scenario, lasts time.Duration) Plan {
	t.Helper()
	for _, s := range all {
		if s.Measure == Soak {
			s.Phases = slices.Clone(s.Phases)
			s.Phases[1].Tasks, s.Phases[1].Fixed = int(lasts.Seconds())*s.Phases[1].Rate, true
			p, err := NewPlan(Options{Scenarios: []Scenario{s}, Brokers: []string{"redis"}, Usual: []string{"a/x"}, Blocks: 1, Scale: 0.5, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
	}
	t.Fatal("the suite has no soak")
	return Plan{}
}

func TestADeviationIsNamed(t *testing.T) {
	sequential := func(p *Plan) { p.Growth = &Growth{First: 6, Max: MaxBlocks} }
	for _, tt := range []struct {
		name   string
		change func(*Plan)
		want   string
	}{
		{"a trial's seed", func(p *Plan) { p.Trials[3].Seed++ }, "trial 4: seed 5 gives"},
		{"a trial less", func(p *Plan) { p.Trials = p.Trials[:11] }, "it has 11 trials, and seed 5 gives 12"},
		{"a look too late", func(p *Plan) { sequential(p); p.Growth.Looks = []Look{{8, 0.5}} }, "the first look is at 8 blocks, and the rule is 6"},
		{"no look", func(p *Plan) { sequential(p); *p = p.Extended(everywhere) }, "it has 7 blocks, and its last look is at 0"},
		{"a look that is missing", func(p *Plan) {
			sequential(p)
			*p = p.Looked(0.3)
			for range 6 {
				*p = p.Extended(everywhere)
			}
			*p = p.Looked(0.6)
		}, "look 2 is at 12 blocks, and the one before at 6: the rule is at most 8"},
		{"many blocks without a trial", func(p *Plan) { p.Blocks = maxBlocks }, "it has 12 trials, and seed 5 gives 14"},
		{"fewer points", func(p *Plan) { p.Scenarios[0].Of = "io" }, "points, and the suite's has"},
		{"a shorter limit", func(p *Plan) { p.Scenarios[0].Limit-- }, "differs in limit from the suite's"},
	} {
		all, err := Builtin()
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewPlan(Options{Scenarios: all[:1], Brokers: []string{"redis"}, Usual: []string{"a/x", "b/y"}, Blocks: 6, Scale: 1, Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		tt.change(&p)
		if what, err := p.Deviation(all); !strings.Contains(what, tt.want) || err != nil {
			t.Errorf("%s: %q %v, want %q", tt.name, what, err, tt.want)
		}
	}
}

func everywhere(string, string) bool { return true }
