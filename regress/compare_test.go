package regress

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

var start = time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)

// made is an analysis of one scenario on Redis and RabbitMQ, made by hand: run number n, with a throughput of scale times
// 1000 in each of so many trials of both arms, give or take 2 %.
func made(n, trials int, scale float64) analysis.Analysis {
	a := analysis.Analysis{
		Version: analysis.Version,
		Run: results.Run{
			ID: start.Format("20060102") + "-" + string(rune('a'+n)), Began: start.AddDate(0, 0, n), Tqbench: results.Software{Version: "1.0"},
			Machine:  results.Machine{CPU: "EPYC", CPUs: 2, Kernel: "6.12"},
			Software: []results.Software{{Name: "cpython", Version: "3.14.6"}},
			Brokers:  []results.Broker{{Name: "redis", Product: "Redis", Version: "7.0.15"}, {Name: "rabbitmq", Product: "RabbitMQ", Version: "3.10"}},
			Contenders: []results.Setup{{Contender: "celery/prefork", Broker: "redis", Scenario: "throughput", Framework: "Celery", Version: "5.6.3",
				Delivery: results.AtLeastOnce, Settings: []results.Setting{{Name: "processes", Value: "2"}}}},
		},
		Scenarios: []analysis.Scenario{{Name: "throughput", Definitions: map[string]map[string]string{
			"redis":    {"phases.drain.tasks": "20000", "concurrency": "10"},
			"rabbitmq": {"phases.drain.tasks": "20000", "concurrency": "10"},
		}}},
	}
	for _, broker := range []string{"redis", "rabbitmq"} {
		for _, arm := range []string{"celery/prefork", "asynctasq/async"} {
			a.Cells = append(a.Cells, analysis.Cell{Scenario: "throughput", Broker: broker, Arm: arm, Planned: trials})
			for i := range trials {
				v := 1000 * scale * (1 + 0.02*math.Sin(float64(7*n+3*i+len(a.Trials))))
				a.Trials = append(a.Trials, analysis.TrialRow{
					Trial:   results.Trial{ID: len(a.Trials) + 1, Block: i + 1, Scenario: "throughput", Broker: broker, Arm: arm},
					Metrics: map[string]float64{"throughput": v, "latency_p99": 40000 / v, "tasks_lost": 0, "memory_growth": 1 - scale},
				})
			}
		}
	}
	return a
}

// pair is one run a side, of which thresholds are decided anyway.
func pair(old, new *Run) Sides { return Sides{Old: []*Run{old}, New: []*Run{new}, Anyway: true} }

func compared(t *testing.T, old, new analysis.Analysis, thresholds ...string) Comparison {
	t.Helper()
	var list []Threshold
	for _, s := range thresholds {
		x, err := ParseThreshold(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, x)
	}
	c, err := Compare(pair(newRun("old", old), newRun("new", new)), list)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestThresholdsAreDecidedByTheInterval(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		oldTrials, newTrials int
		scale                float64
		thresholds           []string
		want                 string
		decisions            int
	}{
		"shown only":                     {7, 7, 0.5, nil, "", 0},
		"fell far":                       {7, 7, 0.85, []string{"throughput < -5%"}, Fails, 4},
		"fell, and may fall":             {7, 7, 0.85, []string{"throughput < -30%"}, Passes, 4},
		"rose":                           {7, 7, 1.2, []string{"throughput < -5%", "latency_p99 > +5%"}, Passes, 8},
		"p99 rose":                       {7, 7, 0.85, []string{"latency_p99 > +5%"}, Fails, 4},
		"just at the threshold":          {7, 7, 0.95, []string{"throughput < -5%"}, CantTell, 4},
		"must have risen, and did":       {7, 7, 1.2, []string{"throughput < +5%"}, Passes, 4},
		"must have risen, and did not":   {7, 7, 1.0, []string{"throughput < +5%"}, Fails, 4},
		"one passes, another can't tell": {7, 7, 0.95, []string{"throughput < -30%", "throughput < -5%"}, CantTell, 8},
		"one can't tell, another passes": {7, 7, 0.95, []string{"throughput < -5%", "throughput < -30%"}, CantTell, 8},
		"one fails, another can't tell":  {7, 7, 0.85, []string{"throughput < -15%", "throughput < -5%"}, Fails, 8},
		"four a side":                    {4, 4, 0.5, []string{"throughput < -5%"}, Fails, 4},
		"three a side":                   {3, 3, 0.5, []string{"throughput < -5%"}, CantTell, 4},
		"two a side":                     {2, 2, 0.5, []string{"throughput < -5%"}, CantTell, 4},
		"one a side":                     {1, 1, 0.5, []string{"throughput < -5%"}, CantTell, 4},
		"one new":                        {7, 1, 0.5, []string{"throughput < -5%"}, CantTell, 4},
		"a metric that neither has":      {7, 7, 1, []string{"recovery > +5%"}, CantTell, 1},
		"on one broker":                  {7, 7, 0.85, []string{"*/redis: throughput < -5%"}, Fails, 2},
		"of one arm on one broker":       {7, 7, 0.85, []string{"throughput/redis/celery/prefork: throughput < -5%"}, Fails, 1},
	} {
		c := compared(t, made(0, tt.oldTrials, 1), made(1, tt.newTrials, tt.scale), tt.thresholds...)
		if c.Outcome != tt.want || len(c.Decisions) != tt.decisions {
			t.Errorf("%s: %q of %d decisions, want %q of %d: %+v", name, c.Outcome, len(c.Decisions), tt.want, tt.decisions, c.Decisions)
		}
		for _, r := range c.Rows {
			if r.Ratio != nil && r.Old.Mean > 0 && math.Abs(r.New.Mean/r.Old.Mean/r.Ratio.Estimate-1) > 1e-9 {
				t.Errorf("%s: means of %v and %v have the ratio %v", name, r.Old.Mean, r.New.Mean, r.Ratio.Estimate)
			}
		}
		for _, d := range c.Decisions {
			if tt.want != CantTell && (d.Row < 0 || c.Rows[d.Row].Cell != d.Cell || c.Rows[d.Row].Metric != d.Metric || d.Bound <= 0) || d.P > d.CorrectedP || !(d.CorrectedP >= 0 && d.CorrectedP <= 1) {
				t.Errorf("%s: %+v", name, d)
			}
			// A decision by an interval of 95 % is one that Welch's test makes, too.
			if d.Outcome != CantTell && d.P > 0.05 {
				t.Errorf("%s: decided with p = %v", name, d.P)
			}
		}
	}
}

func TestHolmCorrectsOverAllThatWasTested(t *testing.T) {
	t.Parallel()
	one := compared(t, made(0, 7, 1), made(1, 7, 0.93), "throughput/redis/celery/prefork: throughput < -5%").Decisions[0]
	many := compared(t, made(0, 7, 1), made(1, 7, 0.93), "throughput < -5%", "latency_p99 > +5%").Decisions
	i := slices.IndexFunc(many, func(d Decision) bool { return d.Cell == one.Cell && d.Metric == one.Metric })
	if one.P != one.CorrectedP || many[i].P != one.P || many[i].CorrectedP <= one.P || many[i].Outcome != one.Outcome {
		t.Errorf("alone %+v, among %d %+v", one, len(many), many[i])
	}
}

func TestFlaggedTrialsAreLeftOutAndToldOf(t *testing.T) {
	t.Parallel()
	new := made(1, 7, 1)
	for i := range new.Trials {
		x := &new.Trials[i]
		if x.Broker == "redis" && x.Block <= 5 {
			x.Metrics["throughput"] = 1
			x.Flags = []results.Flag{{Code: results.FlagDisturbed, Metrics: []string{"throughput"}}, {Code: results.FlagUnsteady}}
		}
	}
	c := compared(t, made(0, 7, 1), new, "*/redis: throughput < -5%")
	for _, d := range c.Decisions {
		if d.Outcome != CantTell || len(c.Rows[d.Row].New.Values) != 2 || c.Rows[d.Row].Reason.Code != ReasonNoInterval && c.Rows[d.Row].Reason.Code != ReasonAssumes {
			t.Errorf("%+v", d)
		}
	}
	for _, r := range c.Rows {
		want := 7
		if r.Broker == "redis" && r.Metric == "throughput" {
			want = 2
		}
		if len(r.New.Values) != want || r.New.Trials != 7 {
			t.Errorf("%s of %s: %d values of %d, want %d", r.Metric, r.Cell, len(r.New.Values), r.New.Trials, want)
		}
	}
}

func TestWhatAskedSomethingElseIsNotCompared(t *testing.T) {
	t.Parallel()
	new := made(1, 7, 0.5)
	new.Scenarios[0].Definitions["redis"]["phases.drain.tasks"] = "3000"
	c := compared(t, made(0, 7, 1), new, "throughput < -5%")
	for _, r := range c.Rows {
		bar := Difference{"phases.drain.tasks", "20000", "3000", NotCompared, "throughput/redis"}
		if (r.Ratio == nil && r.Reason.Code == ReasonDiffers && *r.Reason.Difference == bar) != (r.Broker == "redis") && r.Metric != "memory_growth" {
			t.Errorf("%s of %s: %v %+v", r.Metric, r.Cell, r.Ratio, r.Reason)
		}
	}
	if c.Outcome != Fails || c.Count(CantTell) != 2 || c.Count(Fails) != 2 {
		t.Errorf("%s: %+v", c.Outcome, c.Decisions)
	}

	product := made(1, 7, 0.5)
	product.Run.Brokers[0].Product = "Valkey"
	if c := compared(t, made(0, 7, 1), product, "*/redis: throughput < -5%"); c.Outcome != CantTell || barOf(c) != (Difference{"product", "Redis", "Valkey", NotCompared, "*/redis"}) {
		t.Errorf("another product: %+v", c.Decisions)
	}
	before := made(0, 7, 1)
	before.Scenarios[0].Definitions = nil
	if c := compared(t, before, made(1, 7, 0.5), "throughput < -5%"); c.Outcome != CantTell || barOf(c).What != "what is asked" {
		t.Errorf("without definitions: %+v", c.Decisions)
	}
}

// barOf is what keeps the first decision's row from being compared.
func barOf(c Comparison) Difference {
	if d := c.Rows[c.Decisions[0].Row].Reason.Difference; d != nil {
		return *d
	}
	return Difference{}
}

func TestDifferencesAreListedOnceWithWhatTheyMean(t *testing.T) {
	t.Parallel()
	new := made(1, 7, 1)
	new.Run.Machine.CPU, new.Run.Machine.LoadBefore = "Xeon", 3
	new.Run.Brokers[0].Version, new.Run.Brokers[1].Version = "7.2.0", "4.0"
	new.Run.Contenders[0].Version = "5.7.0"
	new.Run.Contenders[0].Settings = []results.Setting{{Name: "processes", Value: "4"}, {Name: "optimisation", Value: "fair"}}
	new.Run.Tqbench.Version = "1.1"
	got := compared(t, made(0, 7, 1), new).Differences
	want := []Difference{
		{"CPU", "EPYC", "Xeon", Warning, ""},
		{"version of Redis", "7.0.15", "7.2.0", Told, "*/redis"},
		{"version of RabbitMQ", "3.10", "4.0", Warning, "*/rabbitmq"},
		{"version of Celery", "5.6.3", "5.7.0", Told, "*/*/celery/prefork"},
		{"setting optimisation", "", "fair", Told, "*/*/celery/prefork"},
		{"setting processes", "2", "4", Told, "*/*/celery/prefork"},
		{"version of tqbench", "1.0", "1.1", Told, ""},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant\n%+v", got, want)
	}
	if d := compared(t, made(0, 7, 1), made(1, 7, 1)).Differences; len(d) > 0 {
		t.Errorf("two alike differ in %v", d)
	}
}

func TestCellsOfOneRunAloneAreToldOf(t *testing.T) {
	t.Parallel()
	old := made(0, 7, 1)
	old.Cells = append(old.Cells, analysis.Cell{Scenario: "io", Broker: "redis", Arm: "celery/threads"})
	c := compared(t, old, made(1, 7, 1))
	if len(c.OnlyOld) != 1 || c.OnlyOld[0] != (Cell{"io", "redis", "celery/threads"}) || len(c.OnlyNew) != 0 {
		t.Errorf("only old %v, only new %v", c.OnlyOld, c.OnlyNew)
	}
	// A threshold on it tests nothing, and must not pass.
	if c := compared(t, old, made(1, 7, 1), "io: throughput < -5%"); c.Outcome != CantTell || len(c.Decisions) != 1 {
		t.Errorf("%+v", c.Decisions)
	}
	// A cell whose every trial failed is no cell that wasn't asked for.
	dead := made(1, 7, 1)
	dead.Trials = slices.DeleteFunc(dead.Trials, func(r analysis.TrialRow) bool { return r.Arm == "celery/prefork" })
	if c := compared(t, made(0, 7, 1), dead, "*/*/celery/prefork: throughput < -5%"); c.Outcome != CantTell || len(c.Decisions) != 2 {
		t.Errorf("%+v", c.Decisions)
	}
}

func TestThresholdsOnNothingInTheRunsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"io: throughput < -5%":        `neither run has the scenario "io": choose from throughput`,
		"*/sqs: throughput < -5%":     `neither run has the broker "sqs": choose from rabbitmq, redis`,
		"*/*/celery: throughput < 0%": `neither run has the arm "celery": choose from asynctasq/async, celery/prefork`,
		"latency_p95:fast > +5%":      `neither run has the metric "latency_p95:fast": they have throughput, latency_p99`,
		"tasks_lost > +1%":            "tasks_lost may be 0, of which no change is a percentage",
		"memory_growth > +10%":        "memory_growth may be 0, of which no change is a percentage",
	} {
		x, err := ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Compare(pair(newRun("old", made(0, 7, 1)), newRun("new", made(1, 7, 1))), []Threshold{x})
		if !errors.Is(err, ErrThreshold) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := Compare(pair(newRun("a", made(0, 7, 1)), newRun("b", made(0, 7, 1))), nil); !errors.Is(err, ErrInput) {
		t.Errorf("a run with itself: %v", err)
	}
}

func TestAScopeOfASweepTakesItsPointsIn(t *testing.T) {
	t.Parallel()
	point := func(n int) analysis.Analysis {
		a := made(n, 7, 1)
		a.Scenarios[0].Name, a.Scenarios[0].Of = "throughput@2x10", "throughput"
		for i := range a.Cells {
			a.Cells[i].Scenario = "throughput@2x10"
		}
		for i := range a.Trials {
			a.Trials[i].Scenario = "throughput@2x10"
		}
		return a
	}
	for _, scope := range []string{"throughput", "throughput@2x10"} {
		if c := compared(t, point(0), point(1), scope+"/redis: throughput < -5%"); c.Outcome != Passes || len(c.Decisions) != 2 {
			t.Errorf("%s: %+v", scope, c.Decisions)
		}
	}
}
