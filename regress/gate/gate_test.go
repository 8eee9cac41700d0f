package gate

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// planned is a gate's plan of scenario 1 on Redis.
func planned(t *testing.T, failIf ...string) suite.Plan {
	t.Helper()
	all, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := suite.NewPlan(suite.Options{
		Scenarios: all[:1], Brokers: []string{"redis"}, Contenders: []string{"celery/prefork@5.5.3", "celery/prefork"}, Blocks: suite.FirstGateBlocks,
		Scale: 0.1, Seed: 1, Growth: &suite.Growth{Max: suite.MaxBlocks, Within: suite.Duration(15 * time.Minute)},
		Gate: &suite.Gate{FailIf: failIf, Base: suite.GateSide{Name: "celery@5.5.3"}, Change: suite.GateSide{Name: "celery"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// measured is an analysis whose throughput and p99 latency changed by these ratios, with 2 % of noise.
func measured(p suite.Plan, throughput, p99 float64) analysis.Analysis {
	var a analysis.Analysis
	for _, x := range []struct {
		metric string
		ratio  float64
	}{{"throughput", throughput}, {"latency_p99", p99}} {
		c := analysis.Comparison{Scenario: p.Scenarios[0].Name, Broker: "redis", Metric: x.metric, Title: x.metric, HigherIsBetter: x.metric == "throughput"}
		for n := 1; n <= p.Blocks; n++ {
			r := x.ratio * math.Exp(0.02*float64(n%3-1))
			c.Ratios = append(c.Ratios, analysis.BlockRatio{Block: n, Baseline: 100, Candidate: 100 * r, Ratio: r, Low: r, High: r})
		}
		c.Blocks = len(c.Ratios)
		c.Ratio, c.Bracketed = c.LogRatios().Interval(stats.Confidence)
		a.Comparisons = append(a.Comparisons, c)
	}
	for _, planned := range p.Trials {
		a.Trials = append(a.Trials, analysis.TrialRow{Trial: results.Trial{ID: planned.ID, Block: planned.Block, Scenario: planned.Scenario, Broker: planned.Broker, Arm: planned.Arm, WallSeconds: 5}})
	}
	return a
}

// outcomesOf are those of a gate's decisions.
func outcomesOf(g Gate) []string {
	var out []string
	for _, d := range g.Decisions {
		out = append(out, d.Outcome)
	}
	return out
}

// zeros takes the ratios of the first blocks, whose values are 0 on both sides.
func zeros(c *analysis.Comparison, blocks int) {
	for _, r := range c.Ratios[:blocks] {
		c.Flags = append(c.Flags, analysis.Flagged{Block: r.Block, Arm: suite.Change, Code: "no-ratio", Excluded: true, Fact: results.Fact{Check: results.CheckNoRatio}})
	}
	c.Ratios = c.Ratios[blocks:]
	c.Blocks = len(c.Ratios)
}

// ranLow takes the ratios of the first blocks, in which the producer was too slow for the change.
func ranLow(c *analysis.Comparison, blocks int) {
	for _, r := range c.Ratios[:blocks] {
		c.Flags = append(c.Flags, analysis.Flagged{Trial: 2 * r.Block, Block: r.Block, Arm: suite.Change, Code: results.FlagProducerBound, Excluded: true,
			Fact: results.Fact{Check: results.CheckBacklog, Of: 1000, Count: 3, Limit: 100}})
	}
	c.Ratios = c.Ratios[blocks:]
	c.Blocks = len(c.Ratios)
}

func TestThresholdsAreDecided(t *testing.T) {
	t.Parallel()
	const slower, later = "throughput < -5%", "latency_p99 > +10%"
	for _, test := range []struct {
		name       string
		throughput float64
		p99        float64
		change     func(*analysis.Analysis)
		outcome    string
		each       []string
		open       int
	}{
		{"unchanged", 1, 1, nil, regress.Passes, []string{regress.Passes, regress.Passes}, 0},
		{"slower", 0.85, 1, nil, regress.Fails, []string{regress.Fails, regress.Passes}, 0},
		{"later", 1, 1.3, nil, regress.Fails, []string{regress.Passes, regress.Fails}, 0},
		{"at the limit", 0.95, 1, nil, regress.CantTell, []string{regress.CantTell, regress.Passes}, 1},
		{"a lost task", 1, 1, func(a *analysis.Analysis) {
			a.Comparisons[0].Flags = []analysis.Flagged{{Trial: 3, Arm: suite.Change, Code: results.FlagLost, Excluded: true}, {Trial: 5, Arm: suite.Change, Code: results.FlagLost, Excluded: true}}
		}, Spoiled, []string{Spoiled, regress.Passes}, 0},
		{"a lost task, and slower latency", 1, 1.3, func(a *analysis.Analysis) {
			a.Comparisons[0].Flags = []analysis.Flagged{{Trial: 3, Arm: suite.Change, Code: results.FlagLost, Excluded: true}}
		}, regress.Fails, []string{Spoiled, regress.Fails}, 0},
		{"a noted flag, noise, and a trial that did not begin", 1, 1, func(a *analysis.Analysis) {
			a.Comparisons[0].Flags = []analysis.Flagged{{Trial: 3, Code: results.FlagLost}, {Trial: 4, Code: results.FlagLate, Excluded: true},
				{Trial: 5, Code: "missing", Excluded: true, Fact: results.Fact{Check: results.CheckAbsent}}}
		}, regress.Passes, []string{regress.Passes, regress.Passes}, 0},
		{"nothing measured", 1, 1, func(a *analysis.Analysis) { a.Comparisons = a.Comparisons[:1] }, Spoiled, []string{regress.Passes, Spoiled}, 0},
		{"zeros on both sides", 1, 1, func(a *analysis.Analysis) { zeros(&a.Comparisons[1], len(a.Comparisons[1].Ratios)) }, Spoiled, []string{regress.Passes, Spoiled}, 0},
		{"zeros in one block", 1, 1, func(a *analysis.Analysis) { zeros(&a.Comparisons[1], 1) }, regress.Passes, []string{regress.Passes, regress.Passes}, 0},
		{"a backlog that ran low once", 1, 1, func(a *analysis.Analysis) { ranLow(&a.Comparisons[0], 1) }, regress.Passes, []string{regress.Passes, regress.Passes}, 0},
		{"a backlog that ran low in most blocks", 1, 1, func(a *analysis.Analysis) { ranLow(&a.Comparisons[0], 5) }, Spoiled, []string{Spoiled, regress.Passes}, 0},
		{"a side without a value", 1, 1, func(a *analysis.Analysis) {
			c := &a.Comparisons[1]
			c.Ratios, c.Blocks = nil, 0
			c.Flags = []analysis.Flagged{{Trial: 2, Arm: suite.Change, Code: "no-value", Excluded: true, Fact: results.Fact{Check: results.CheckNoValue}}}
		}, Spoiled, []string{regress.Passes, Spoiled}, 0},
		{"other programs ran", 1, 1, func(a *analysis.Analysis) { a.Comparisons[0].Disturbed = 4 }, regress.Passes, []string{regress.Passes, regress.Passes}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := planned(t, slower, later)
			a := measured(p, test.throughput, test.p99)
			if test.change != nil {
				test.change(&a)
			}
			g, err := Of(p, a)
			if err != nil {
				t.Fatal(err)
			}
			each := outcomesOf(g)
			if g.Outcome != test.outcome || !slices.Equal(each, test.each) {
				t.Errorf("%s %q, want %s %q", g.Outcome, each, test.outcome, test.each)
			}
			open, err := Open(p, a)
			if err != nil || len(open) != test.open {
				t.Errorf("%d are open, %v, want %d", len(open), err, test.open)
			}
			if _, err := json.Marshal(g); err != nil {
				t.Error(err)
			}
		})
	}
}

// A cell without a value isn't passed over because another one has values.
func TestACellThatWasNotMeasuredIsSpoiled(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*analysis.Analysis)
		failIf string
		want   []string
	}{
		"one metric of one broker": {func(a *analysis.Analysis) {
			a.Comparisons = slices.DeleteFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Broker == "valkey" && c.Metric == "throughput" })
		}, "throughput < -5%", []string{regress.Passes, Spoiled}},
		"nothing of one broker": {func(a *analysis.Analysis) {
			a.Comparisons = slices.DeleteFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Broker == "valkey" })
		}, "throughput < -5%", []string{regress.Passes, Spoiled}},
		"a broker outside the threshold": {func(a *analysis.Analysis) {
			a.Comparisons = slices.DeleteFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Broker == "valkey" })
		}, "*/redis: throughput < -5%", []string{regress.Passes}},
		"both": {nil, "throughput < -5%", []string{regress.Passes, regress.Passes}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := planned(t, test.failIf)
			a := measured(p, 1, 1)
			p.Brokers = append(p.Brokers, "valkey")
			for _, c := range slices.Clone(a.Comparisons) {
				c.Broker = "valkey"
				a.Comparisons = append(a.Comparisons, c)
			}
			for _, planned := range slices.Clone(p.Trials) {
				planned.ID, planned.Broker = planned.ID+len(p.Trials), "valkey"
				p.Trials = append(p.Trials, planned)
			}
			if test.change != nil {
				test.change(&a)
			}
			g, err := Of(p, a)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range g.Decisions {
				if d.Outcome == Spoiled && (d.Broker != "valkey" || d.Title == "") {
					t.Errorf("the spoiled decision names %v, %q", d.Cell, d.Title)
				}
			}
			if each := outcomesOf(g); !slices.Equal(each, test.want) {
				t.Errorf("%q, want %q", each, test.want)
			}
		})
	}
}

// A scenario that doesn't run on one of the brokers has no trial there, and so no cell that could be spoiled.
func TestAGateHasNoCellWhereAScenarioDoesNotRun(t *testing.T) {
	t.Parallel()
	p := planned(t, "throughput < -5%")
	p.Scenarios = slices.Clone(p.Scenarios)
	p.Scenarios[0].Brokers = []string{"redis"}
	p.Brokers = append(p.Brokers, "postgres")
	g, err := Of(p, measured(p, 1, 1))
	if err != nil {
		t.Fatal(err)
	}
	if each := outcomesOf(g); !slices.Equal(each, []string{regress.Passes}) {
		t.Errorf("%q: %+v", each, g.Decisions)
	}
	p.Gate.FailIf = []string{"*/postgres: throughput < -5%"}
	if _, err := Check(p); err == nil || !strings.Contains(err.Error(), "covers nothing here") {
		t.Errorf("a threshold on the other broker: %v", err)
	}
}

// A producer is too slow for fast trials: the blocks that are left are slow ones, and a decision is about those.
func TestManyBlocksThatRanLowDecideHereAlone(t *testing.T) {
	t.Parallel()
	p := planned(t, "throughput < -5%")
	for blocks, want := range map[int]string{0: analysis.GradeSure, 1: analysis.GradeSure, 2: analysis.GradeHere} {
		a := measured(p, 1, 1)
		ranLow(&a.Comparisons[0], blocks)
		g, err := Of(p, a)
		if err != nil {
			t.Fatal(err)
		}
		if d := g.Decisions[0]; d.Outcome != regress.Passes || d.Grade != want {
			t.Errorf("%d of %d blocks ran low: %s, %s", blocks, p.Blocks, d.Outcome, d.Grade)
		}
	}
}

// On a broker that tqbench didn't start, noise can't be known: a decision holds as measured here, and no further block would change that.
func TestUnknownNoiseDecidesHereAlone(t *testing.T) {
	t.Parallel()
	p := planned(t, "throughput < -5%")
	for _, ratio := range []float64{1, 0.85, 0.95} {
		a := measured(p, ratio, 1)
		a.Comparisons[0].NoiseUnknown = analysis.NoiseAttached
		g, err := Of(p, a)
		if err != nil {
			t.Fatal(err)
		}
		open, err := Open(p, a)
		if err != nil {
			t.Fatal(err)
		}
		d := g.Decisions[0]
		decided := d.Outcome != regress.CantTell
		if d.NoiseUnknown != analysis.NoiseAttached || (d.Grade == analysis.GradeHere) != decided || d.Grade == analysis.GradeSure || (len(open) == 0) != decided {
			t.Errorf("ratio %v: %s, %q, %d open", ratio, d.Outcome, d.Grade, len(open))
		}
	}
}

func TestWhatWouldDecideIsSaid(t *testing.T) {
	t.Parallel()
	p := planned(t, "throughput < -5%")
	a := measured(p, 0.953, 1)
	open, err := Open(p, a)
	if err != nil || len(open) != 1 {
		t.Fatalf("%v, %v", open, err)
	}
	if c := open[0]; c.NeedBlocks <= p.Blocks || c.NeedSeconds != 10*float64(c.NeedBlocks-p.Blocks) {
		t.Errorf("%d blocks, %g s", c.NeedBlocks, c.NeedSeconds)
	}
}

func TestDecisionsAreCounted(t *testing.T) {
	t.Parallel()
	p := planned(t, "throughput < -5%", "*/redis: latency_p99 > +10%")
	if n, err := Check(p); err != nil || n != 2 {
		t.Errorf("%d decisions, %v", n, err)
	}
	p.Brokers = append(p.Brokers, "valkey")
	if n, err := Check(p); err != nil || n != 3 {
		t.Errorf("%d decisions on two brokers, %v", n, err)
	}
}

func TestThresholdsThatTestNothingAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"throughput < -5%", "*/redis: latency_p99 > +10%", "throughput/redis/celery/prefork: latency_p50 > +5%"} {
		if _, err := Check(planned(t, text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]string{
		"throughputs < -5%":                          "did you mean",
		"nosuch: throughput < -5%":                   "covers nothing",
		"*/postgres: throughput < -5%":               "covers nothing",
		"*/*/celery/prefork@5.5.3: throughput < -5%": "covers nothing",
		"throughput -5%":                             "neither",
		"web_cpu > +5%":                              "no metric",
		"failed_share > +5%":                         "no metric",
	} {
		if _, err := Check(planned(t, text)); !errors.Is(err, regress.ErrThreshold) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	p := planned(t, "tasks_lost > +5%")
	p.Scenarios[0].Measure = suite.Recovery
	if _, err := Check(p); !errors.Is(err, regress.ErrThreshold) || !strings.Contains(err.Error(), "may be 0") || strings.Contains(err.Error(), "choose from tasks_lost") {
		t.Error(err)
	}
	p = planned(t, "throughput < -5%")
	p.Gate = nil
	if _, err := Check(p); !errors.Is(err, regress.ErrInput) {
		t.Error(err)
	}
}
