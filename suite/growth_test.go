package suite

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/stats/sequential"
)

// A growing plan keeps its trials and its hash, and only gets a block of the given cells.
func TestAGrowingPlanKeepsWhatItHad(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Growth = &Growth{Until: 0.05, Max: 8}
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
	if back, err := parsePlan([]byte(marshal(t, more))); err != nil || back.Blocks != 7 || !reflect.DeepEqual(*back.Growth, Growth{Until: 0.05, First: 6, Max: 8}) {
		t.Errorf("it came back as %d blocks (%v)", back.Blocks, err)
	}
	all := func(string, string) bool { return true }
	beyond := more.Extended(all).Extended(all)
	if _, err := parsePlan([]byte(marshal(t, beyond))); err == nil || !strings.Contains(err.Error(), "it has 9 blocks and grows from 6 to 8") {
		t.Errorf("%v", err)
	}
}

func TestGrowthIsChecked(t *testing.T) {
	t.Parallel()
	for _, bad := range []func(*Options){
		func(o *Options) { o.Growth.Until = -1 }, func(o *Options) { o.Growth.Until = 0.0001 }, func(o *Options) { o.Growth.Until = 1.5 },
		func(o *Options) { o.Blocks = 5 }, func(o *Options) { o.Growth.Max = 5 }, func(o *Options) { o.Growth.Max = 1001 },
		func(o *Options) { o.Growth.Within = -1 },
		func(o *Options) { o.Growth.Looks = []Look{{Blocks: 6, Fraction: 1.5}} },
		func(o *Options) { o.Growth.Looks = []Look{{Blocks: 40, Fraction: 0.5}} },
		func(o *Options) { o.Growth.Looks = []Look{{Blocks: 6, Fraction: 0.5}, {Blocks: 6, Fraction: 0.4}} },
	} {
		o := options(t)
		o.Growth = &Growth{Until: 0.05, Max: 40}
		bad(&o)
		if _, err := NewPlan(o); !errors.Is(err, ErrPlan) {
			t.Errorf("%+v: %v", o.Growth, err)
		}
	}
}

// A cell has the looks at its blocks. A run that was cut short has its last look where it ended.
func TestACellHasTheLooksAtItsBlocks(t *testing.T) {
	t.Parallel()
	p := Plan{Blocks: 12, Growth: &Growth{First: 6, Max: 40, Looks: []Look{{6, 0.5}, {8, 0.7}, {12, 1}}}}
	cut := Plan{Blocks: 12, Growth: &Growth{First: 6, Max: 40, Looks: []Look{{6, 0.15}}}}
	for _, tt := range []struct {
		plan Plan
		last int
		want []sequential.Look
	}{
		{p, 6, []sequential.Look{{Fraction: 0.5, Data: 6}}}, {p, 8, []sequential.Look{{Fraction: 0.5, Data: 6}, {Fraction: 0.7, Data: 8}}},
		{p, 12, []sequential.Look{{Fraction: 0.5, Data: 6}, {Fraction: 0.7, Data: 8}, {Fraction: 1, Data: 12}}},
		{cut, 6, []sequential.Look{{Fraction: 0.15, Data: 6}}}, {cut, 12, []sequential.Look{{Fraction: 0.15, Data: 6}, {Fraction: 0.3, Data: 12}}},
		{Plan{Blocks: 3, Growth: &Growth{First: 6, Max: 40}}, 3, []sequential.Look{{Fraction: 0.075, Data: 3}}},
		{Plan{Blocks: 7}, 7, []sequential.Look{{Fraction: 1, Data: 7}}},
		{Plan{Blocks: 9, Growth: &Growth{Until: 0.05, First: 6, Max: 40}}, 9, []sequential.Look{{Fraction: 1, Data: 9}}},
	} {
		if got := tt.plan.LooksAt(tt.last); !slices.Equal(got, tt.want) {
			t.Errorf("%+v, %d blocks: %v, want %v", tt.plan.Growth, tt.last, got, tt.want)
		}
	}
}

// Looks change what a plan has seen, not what it asks.
func TestALookLeavesThePlanAndItsHash(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.Growth = &Growth{Max: 40, Within: Duration(time.Minute)}
	p, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	before := marshal(t, p)
	looked := p.Looked(0.5)
	a, err := p.Hash()
	b, err2 := looked.Hash()
	if err = errors.Join(err, err2); err != nil || a != b || marshal(t, p) != before || len(looked.Growth.Looks) != 1 {
		t.Errorf("%s, %s (%v)", a, b, err)
	}
	if back, err := parsePlan([]byte(marshal(t, looked))); err != nil || !reflect.DeepEqual(back.Growth, looked.Growth) {
		t.Errorf("%+v (%v)", back.Growth, err)
	}
}

func TestLooksComeLessOften(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ max, at, want int }{{40, 6, 8}, {40, 8, 12}, {40, 27, 40}, {10, 8, 10}, {100, 40, 60}, {50, 40, 50}, {7, 6, 7}} {
		if got := (Growth{Max: tt.max}).NextLook(tt.at); got != tt.want {
			t.Errorf("after %d of at most %d: %d, want %d", tt.at, tt.max, got, tt.want)
		}
	}
}
