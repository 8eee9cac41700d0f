package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/contenders"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// given is for flags that were given.
func given(flags ...string) func(string) bool {
	return func(flag string) bool {
		for _, f := range flags {
			if f == flag {
				return true
			}
		}
		return false
	}
}

func TestHowLongARunIs(t *testing.T) {
	within := suite.Duration(3 * time.Minute)
	for name, tt := range map[string]struct {
		o       lengthOptions
		profile bool
		blocks  int
		growth  *suite.Growth
	}{
		"as it comes":            {lengthOptions{scale: 1, maxBlocks: 40, within: 3 * time.Minute, given: given()}, false, 6, &suite.Growth{Max: 40, Within: within}},
		"a fixed number":         {lengthOptions{scale: 1, maxBlocks: 40, blocks: 9, within: 3 * time.Minute, given: given("blocks")}, false, 9, nil},
		"a number and a time":    {lengthOptions{scale: 1, maxBlocks: 40, blocks: 9, within: 3 * time.Minute, given: given("blocks", "within")}, false, 9, &suite.Growth{Max: 9, Within: within}},
		"one block and a time":   {lengthOptions{scale: 1, maxBlocks: 40, blocks: 1, within: 3 * time.Minute, given: given("blocks", "within")}, false, 1, &suite.Growth{Max: 1, Within: within}},
		"profiles and a time":    {lengthOptions{scale: 1, maxBlocks: 40, within: 3 * time.Minute, given: given("within")}, true, 1, &suite.Growth{Max: 1, Within: within}},
		"without a limit":        {lengthOptions{scale: 1, maxBlocks: 40, blocks: 1, given: given("blocks", "within")}, false, 1, nil},
		"at most":                {lengthOptions{scale: 1, maxBlocks: 12, within: 3 * time.Minute, given: given("max-blocks")}, false, 6, &suite.Growth{Max: 12, Within: within}},
		"to see that it works":   {lengthOptions{scale: 0.05, maxBlocks: 40, within: 3 * time.Minute, given: given("scale")}, false, 1, nil},
		"small, but six times":   {lengthOptions{scale: 0.05, maxBlocks: 40, blocks: 6, given: given("scale", "blocks")}, false, 6, nil},
		"profiles":               {lengthOptions{scale: 1, maxBlocks: 40, within: 3 * time.Minute, given: given()}, true, 1, nil},
		"until it is narrow":     {lengthOptions{scale: 1, maxBlocks: 40, until: "5%", within: 3 * time.Minute, given: given("until")}, false, 6, &suite.Growth{Until: 0.05, Max: 40}},
		"narrow, within a time":  {lengthOptions{scale: 1, maxBlocks: 40, until: "5%", within: 3 * time.Minute, given: given("until", "within")}, false, 6, &suite.Growth{Until: 0.05, Max: 40, Within: within}},
		"narrow, after a number": {lengthOptions{scale: 1, maxBlocks: 40, until: "5%", blocks: 10, given: given("until", "blocks")}, false, 10, &suite.Growth{Until: 0.05, Max: 40}},
	} {
		blocks, g, err := tt.o.growth(tt.profile)
		if err != nil || blocks != tt.blocks || (g == nil) != (tt.growth == nil) {
			t.Errorf("%s: %d blocks, %+v (%v)", name, blocks, g, err)
			continue
		}
		if g != nil && (g.Max != tt.growth.Max || g.Within != tt.growth.Within || g.Until != tt.growth.Until) {
			t.Errorf("%s: %+v, want %+v", name, g, tt.growth)
		}
	}
	for name, o := range map[string]lengthOptions{
		"two numbers":        {scale: 1, blocks: 9, maxBlocks: 12, given: given("blocks", "max-blocks")},
		"a time below zero":  {scale: 1, maxBlocks: 40, within: -time.Second, given: given("within")},
		"a width that isn't": {scale: 1, maxBlocks: 40, until: "wide", given: given("until")},
	} {
		if _, _, err := o.growth(false); !errors.Is(err, errUsage) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// planAt makes plans of the basic scenario.
func planAt(t *testing.T, within time.Duration) func(float64) (suite.Plan, error) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return func(scale float64) (suite.Plan, error) {
		return suite.NewPlan(suite.Options{Scenarios: all[:1], Brokers: []string{"redis"}, Usual: contenders.Usual(), Blocks: 6, Scale: scale, Seed: 1,
			Growth: &suite.Growth{Max: 40, Within: suite.Duration(within)}})
	}
}

func TestTheScaleIsTheLargestThatFits(t *testing.T) {
	o := lengthOptions{scale: 1, given: given()}
	last := 2.0
	for _, within := range []time.Duration{24 * time.Hour, 6 * time.Minute, 3 * time.Minute, time.Minute} {
		p, err := o.fitting(planAt(t, within))
		if err != nil || p.Scale > last || p.Scale < suite.SmallScale {
			t.Fatalf("%s: scale %g (%v)", within, p.Scale, err)
		}
		if p.Scale > suite.SmallScale && expected(p) > within {
			t.Errorf("%s: scale %g takes %s", within, p.Scale, expected(p))
		}
		last = p.Scale
	}
	if last != suite.SmallScale {
		t.Errorf("a minute: scale %g", last)
	}
	o = lengthOptions{scale: 0.7, given: given("scale")}
	if p, err := o.fitting(planAt(t, time.Minute)); err != nil || p.Scale != 0.7 {
		t.Errorf("scale %g (%v)", p.Scale, err)
	}
}

func TestAPlanSaysHowLongItTakes(t *testing.T) {
	var b bytes.Buffer
	p, err := planAt(t, 3*time.Minute)(0.15)
	if err != nil {
		t.Fatal(err)
	}
	tellPlan(&b, p)
	if got := b.String(); !strings.HasPrefix(got, "12 trials in 6 blocks at scale 0.15: about ") || !strings.HasSuffix(got, "; more while a verdict is open, up to 40 blocks or 3 min\n") {
		t.Errorf("%q", got)
	}
	for want, g := range map[string]suite.Growth{
		"; it ends after 10 min\n":                                                {Max: 6, Within: suite.Duration(10 * time.Minute)},
		"; more while an interval is wider than 5 %, up to 40 blocks\n":           {Max: 40, Until: 0.05},
		"; more while an interval is wider than 5 %, up to 40 blocks or 10 min\n": {Max: 40, Until: 0.05, Within: suite.Duration(10 * time.Minute)},
	} {
		b.Reset()
		grown := p
		grown.Growth = &g
		tellPlan(&b, grown)
		if got := b.String(); !strings.HasSuffix(got, want) || strings.Contains(got, "verdict") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	b.Reset()
	p.Growth.Within = suite.Duration(10 * time.Second)
	tellPlan(&b, p)
	if got := b.String(); !strings.Contains(got, "that is more than --within 10 s allows: about ") {
		t.Errorf("%q", got)
	}
}

// --for is the length on each broker, also where a broker has other numbers.
func TestASoakIsAsLongOnEachBroker(t *testing.T) {
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s suite.Scenario) bool { return s.Measure == suite.Soak })
	soak := all[i]
	soak.Phases[1].On = map[string]suite.Numbers{"postgres": {Tasks: 9000, Rate: 50}, "mysql": {Rate: 20}, "sqs": {Tasks: 10}}
	before := maps.Clone(soak.Phases[1].On)
	o := planOptions{soak: time.Hour}
	scenarios := []suite.Scenario{soak}
	scenarios[0].Phases = slices.Clone(soak.Phases)
	if err := o.lengthen(scenarios); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"redis", "postgres", "mysql", "sqs"} {
		if p := scenarios[0].For(name).Phases[1]; p.Tasks != 3600*p.Rate || !p.Fixed {
			t.Errorf("%s: %d tasks at %d/s", name, p.Tasks, p.Rate)
		}
	}
	if !maps.Equal(soak.Phases[1].On, before) {
		t.Error("the scenario itself has changed")
	}
}

// The longest soak has a phase's most tasks, and may be far shorter than an hour.
func TestASoaksLimitIsThatOfItsRate(t *testing.T) {
	for rate, want := range map[int]string{20: "must be from 1s to 720h0m0s", 200: "must be from 1s to 138h53m20s", 30_000: "must be from 1s to 55m33s", 1_000_000: "must be from 1s to 1m40s"} {
		o := planOptions{soak: 1000 * time.Hour}
		err := o.lengthen([]suite.Scenario{{Measure: suite.Soak, Phases: []suite.Phase{{}, {Rate: rate}}}})
		if !errors.Is(err, errUsage) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("at %d/s: %v, want %q", rate, err, want)
		}
	}
}

func TestAPlanSaysHowMuchOfItsFirstBlockFits(t *testing.T) {
	o := planOptions{scenarios: []string{"1", "2"}, brokers: []string{"redis"}, lengthOptions: lengthOptions{scale: 0.1, maxBlocks: 40, within: time.Hour, given: given("within")}}
	p, err := o.plan()
	if err != nil {
		t.Fatal(err)
	}
	first := 0
	for _, x := range p.Trials {
		if x.Block == 1 {
			first++
		}
	}
	if got := firstBlock(p, first); got != "beginning with one block of everything" {
		t.Errorf("%q", got)
	}
	if got, want := firstBlock(p, first-1), fmt.Sprintf("and one block of everything has %d: name fewer", first); !strings.HasPrefix(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestASlowTaskCorrectsTheAnnouncedTime(t *testing.T) {
	p := runner.Progress{Trial: suite.Trial{Arm: "celery/prefork", Broker: "redis"}}
	for want, s := range map[string]runner.Slower{
		"the warm-up of celery/prefork on redis ran 0.67 tasks/s: this trial takes about 8 min, not 35 s": {
			Pace: 0.667, Expected: 35 * time.Second, Takes: 8 * time.Minute, All: 8 * time.Minute, Trials: 1, Fit: 1},
		"the warm-up of celery/prefork on redis ran 2 tasks/s: this trial takes about 8 min, not 35 s, and all 12 that are left about 96 min; the run's time is enough for about 1 of them (--within)": {
			Pace: 2, Expected: 35 * time.Second, Takes: 8 * time.Minute, All: 96 * time.Minute, Trials: 12, Fit: 1},
	} {
		p.Slower = &s
		if got := slower(p); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	own, err := suite.OwnScenario(suite.Own{}, 50)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{own}, Brokers: []string{"redis"}, Contenders: []string{"celery/prefork"}, Blocks: 1, Scale: 0.1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	tellPlan(&out, plan)
	if !strings.Contains(out.String(), "about 9 s if your task is short, which the first warm-up shows\n") {
		t.Errorf("%q", out.String())
	}
}
