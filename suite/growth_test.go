package suite

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// A plan that grows keeps what it had, keeps its hash, and gets a block of what is wanted alone.
func TestAGrowingPlanKeepsWhatItHad(t *testing.T) {
	o := options(t)
	o.Until, o.MaxBlocks = 0.05, 8
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	fixed, err := NewPlan(options(t))
	if err != nil || !slices.Equal(p.Trials, fixed.Trials) {
		t.Errorf("its first blocks are not those of a fixed plan (%v)", err)
	}
	hash, err := p.Hash()
	if err != nil {
		t.Fatal(err)
	}
	if h, err := fixed.Hash(); err != nil || h == hash {
		t.Errorf("a fixed plan has the same hash (%v)", err)
	}
	before := marshal(t, p)
	name := p.Scenarios[0].Name
	more := p.Extended(func(scenario, broker string) bool { return scenario == name && broker == "redis" })
	if marshal(t, p) != before {
		t.Error("extending changed the plan itself")
	}
	if !slices.Equal(more.Trials[:len(p.Trials)], p.Trials) || more.Blocks != 7 {
		t.Error("the extended plan lost trials")
	}
	added := more.Trials[len(p.Trials):]
	if len(added) != len(p.Scenarios[0].Arms) {
		t.Fatalf("%d trials were added", len(added))
	}
	for i, tr := range added {
		if tr.Block != 7 || tr.Scenario != name || tr.Broker != "redis" || tr.ID != len(p.Trials)+i+1 {
			t.Errorf("added %+v", tr)
		}
	}
	if h, err := more.Hash(); err != nil || h != hash {
		t.Errorf("it has another hash when it has grown (%v)", err)
	}
	if back, err := parsePlan([]byte(marshal(t, more))); err != nil || back.Blocks != 7 || *back.Growth != (Growth{Until: 0.05, First: 6, Max: 8}) {
		t.Errorf("it came back as %d blocks (%v)", back.Blocks, err)
	}
	all := func(string, string) bool { return true }
	beyond := more.Extended(all).Extended(all)
	if _, err := parsePlan([]byte(marshal(t, beyond))); err == nil || !strings.Contains(err.Error(), "it has 9 blocks and grows from 6 to 8") {
		t.Errorf("%v", err)
	}
}

func TestGrowthIsChecked(t *testing.T) {
	for _, bad := range []func(*Options){
		func(o *Options) { o.Until = -1 }, func(o *Options) { o.Until = 0.0001 }, func(o *Options) { o.Until = 1.5 },
		func(o *Options) { o.Blocks = 5 }, func(o *Options) { o.MaxBlocks = 5 }, func(o *Options) { o.MaxBlocks = 1001 },
	} {
		o := options(t)
		o.Until, o.MaxBlocks = 0.05, 40
		bad(&o)
		if _, err := NewPlan(o); !errors.Is(err, ErrPlan) {
			t.Errorf("%+v: %v", o.Until, err)
		}
	}
}
