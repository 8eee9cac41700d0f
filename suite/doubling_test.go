package suite

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// scalingPlan is a plan of the suite's own scenario.
func scalingPlan(t *testing.T, edit func(*Options)) (Plan, error) {
	t.Helper()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.Name == "scaling" })
	o := Options{Scenarios: all[i : i+1], Brokers: []string{"redis"}, Contenders: []string{"a/x", "b/y"}, Blocks: 3, Scale: 1, Seed: 1,
		Environment: Environment{CPUs: 6}}
	edit(&o)
	return NewPlan(o)
}

func TestWorkersAreDoubled(t *testing.T) {
	t.Parallel()
	all, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	hosts := &Hosts{Workers: 5, Load: 1}
	for _, tt := range []struct {
		name  string
		edit  func(*Options)
		want  []int
		depth int
	}{
		{"up to the CPUs", func(*Options) {}, []int{1, 2, 4, 6}, 500},
		{"up to the hosts", func(o *Options) { o.Hosts = hosts }, []int{1, 2, 4, 5}, 500},
		{"one CPU", func(o *Options) { o.Environment.CPUs = 1 }, []int{1, 2}, 500},
		{"up to a limit", func(o *Options) { o.UpTo, o.Hosts = 16, hosts }, []int{1, 2, 4, 8, 16}, 800},
	} {
		p, err := scalingPlan(t, tt.edit)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var got []int
		for _, s := range p.Scenarios {
			got = append(got, s.Processes)
			if d := s.For("redis").Phases[0].Depth; d != tt.depth || !s.Doubling || s.Of != "scaling" {
				t.Errorf("%s: %s has the depth %d, want %d; doubling %v", tt.name, s.Name, d, tt.depth, s.Doubling)
			}
		}
		if !slices.Equal(got, tt.want) || p.UpTo() != tt.want[len(tt.want)-1] {
			t.Errorf("%s: %v workers up to %d, want %v", tt.name, got, p.UpTo(), tt.want)
		}
		if n := 3 * 2 * len(tt.want); len(p.Trials) != n {
			t.Errorf("%s: %d trials, want %d: each step is a cell", tt.name, len(p.Trials), n)
		}
		if stray, err := reread(t, p).Deviation(all); err != nil || stray != "" {
			t.Errorf("%s: it isn't what its suite and seed give: %s, %v", tt.name, stray, err)
		}
	}
}

func TestWorkersAreNotDoubledInVain(t *testing.T) {
	t.Parallel()
	for want, edit := range map[string]func(*Options){
		"must be from 2 to 1024": func(o *Options) { o.UpTo = 1 },
		"leave out --defaults":   func(o *Options) { o.Defaults = true },
		"such as scaling":        func(o *Options) { o.UpTo, o.Scenarios = 4, options(t).Scenarios[:1] },
	} {
		if _, err := scalingPlan(t, edit); !errors.Is(err, ErrPlan) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
}

// Workers are spread evenly, and hosts without any are left out. Other scenarios have their number on each host.
func TestWorkersAreSpread(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		s     Scenario
		hosts int
		want  []int
	}{
		{Scenario{Doubling: true, Setting: Setting{Processes: 1}}, 3, []int{1}},
		{Scenario{Doubling: true, Setting: Setting{Processes: 2}}, 3, []int{1, 1}},
		{Scenario{Doubling: true, Setting: Setting{Processes: 8}}, 3, []int{3, 3, 2}},
		{Scenario{Setting: Setting{Processes: 2}}, 3, []int{2, 2, 2}},
	} {
		if got := tt.s.Spread(tt.hosts); !slices.Equal(got, tt.want) {
			t.Errorf("%d processes on %d hosts: %v, want %v", tt.s.Processes, tt.hosts, got, tt.want)
		}
	}
}
