package analysis

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func publishedClaims(t testing.TB) []suite.Claim {
	t.Helper()
	list, err := suite.Claims()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// planOf has two scenarios, one of them a sweep, on two brokers, with the arms of rowsOf.
func planOf(blocks int) suite.Plan {
	setting := suite.Setting{Processes: 4, Concurrency: 10}
	sides := []string{"a", "b"}
	scenario := func(name, of, at string) suite.Scenario {
		return suite.Scenario{Name: name, Of: of, At: at, Task: "noop", Setting: setting, Decide: []string{"throughput", "pss"}, Arms: sides}
	}
	return suite.Plan{Blocks: blocks, Seed: 1, Brokers: []string{"redis", "postgres"},
		Arms: []suite.Arm{{Name: "a", Contender: "celery/prefork"}, {Name: "b", Contender: "asynctasq/async"}},
		Scenarios: []suite.Scenario{
			scenario("throughput", "", ""), scenario("size@1", "size", "1"), scenario("size@2", "size", "2"), scenario("size@3", "size", "3"),
		}}
}

// row is a trial with one metric.
func row(block int, scenario, broker, arm, metric string, v float64) TrialRow {
	return TrialRow{Metrics: map[string]float64{metric: v},
		Trial: results.Trial{Block: block, Scenario: scenario, Broker: broker, Arm: arm}}
}

// column is the trials of one arm in the blocks 1, 2, ...
func column(scenario, broker, arm, metric string, values ...float64) []TrialRow {
	var out []TrialRow
	for i, v := range values {
		out = append(out, row(i+1, scenario, broker, arm, metric, v))
	}
	return out
}

func bound(v float64) *float64 { return &v }

// The whole interval must lie on one side of a target; a figure that was published as measured is reproduced between
// 90 % of the interval's low end and 110 % of its high one, unless the interval is wider than half as much again.
func TestClaimsAreDecidedByTheInterval(t *testing.T) {
	t.Parallel()
	about := func(v float64) suite.Check { return suite.Check{About: bound(v)} }
	least := suite.Check{AtLeast: bound(100)}
	most := suite.Check{AtMost: bound(100)}
	between := suite.Check{AtLeast: bound(100), AtMost: bound(200)}
	for _, tt := range []struct {
		name      string
		check     suite.Check
		low, high float64
		want      string
	}{
		{"as published", about(1121), 1100, 1140, ClaimReproduced},
		{"just within 10 %, more here", about(900), 1000, 1100, ClaimReproduced},
		{"just beyond it", about(899.9), 1000, 1100, ClaimHigher},
		{"just within 10 %, less here", about(1100), 900, 1000, ClaimReproduced},
		{"just beyond that", about(1100.1), 900, 1000, ClaimLower},
		{"as wide as may be", about(1121), 1000, 1500, ClaimReproduced},
		{"too wide", about(1121), 1000, 1501, Undecided},
		{"too wide, and yet more", about(100), 1000, 9000, ClaimHigher},

		{"at least, reached exactly", least, 100, 120, ClaimHolds},
		{"at least, the low end is below", least, 99.9, 120, Undecided},
		{"at least, missed", least, 80, 99.9, ClaimFails},
		{"at least, the high end reaches it", least, 80, 100, Undecided},
		{"at most, kept exactly", most, 80, 100, ClaimHolds},
		{"at most, the high end is above", most, 80, 100.1, Undecided},
		{"at most, missed", most, 100.1, 120, ClaimFails},
		{"at most, below zero", most, -20, -10, ClaimHolds},
		{"within a range", between, 100, 200, ClaimHolds},
		{"over its end", between, 150, 201, Undecided},
		{"below it", between, 50, 99, ClaimFails},
		{"above it", between, 201, 300, ClaimFails},
		{"wider than it", between, 50, 300, Undecided},
	} {
		if got := outcome(tt.check, tt.low, tt.high); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// one is the outcome of a single claim.
func one(t *testing.T, k suite.Check, plan suite.Plan, rows []TrialRow) Claim {
	t.Helper()
	c := claims([]suite.Claim{{Text: "t", Source: "s", Check: &k}}, plan, rows)[0]
	mustMarshal(t, c)
	if c.Checked() == (c.Reason.Code != "" && c.Trials == 0) || c.Text != "t" || c.Source != "s" || c.Checked() && !(c.Low <= c.Measured && c.Measured <= c.High) {
		t.Errorf("%+v", c)
	}
	return c
}

func TestOneSideIsMeasuredByItsTrials(t *testing.T) {
	t.Parallel()
	k := suite.Check{Side: suite.Side{Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}, AtLeast: bound(1000), Unit: "tasks/s"}
	// The median of six, and the interval from the smallest to the largest: 1 - 2/2^6 = 97 %.
	rows := column("throughput", "redis", "b", "throughput", 1010, 1060, 1020, 1050, 1030, 1040)
	c := one(t, k, planOf(6), rows)
	if c.Measured != 1035 || c.Low != 1010 || c.High != 1060 || c.Trials != 6 || c.Outcome != ClaimHolds || c.Contender != "b" || c.Bound != "at least 1000" || c.Claimed != 1000 {
		t.Errorf("%+v", c)
	}
	// Of two, Student's interval on the logs: 12.706 = t(0.975; 1) times sd/sqrt 2, which is |ln 1100 - ln 1200|/2. It
	// reaches far below what both trials have.
	c = one(t, k, planOf(2), column("throughput", "redis", "b", "throughput", 1100, 1200))
	half := 12.706204736174694 * math.Log(1200.0/1100) / 2
	closeTo(t, "low", c.Low, math.Sqrt(1100*1200)*math.Exp(-half))
	closeTo(t, "high", c.High, math.Sqrt(1100*1200)*math.Exp(half))
	if c.Outcome != Undecided || c.Trials != 2 {
		t.Errorf("%+v", c)
	}
	c = one(t, k, planOf(1), column("throughput", "redis", "b", "throughput", 5000))
	if c.Outcome != Undecided || c.Measured != 5000 || c.Reason.Code != ReasonNoInterval {
		t.Errorf("%+v", c)
	}
	// A flagged trial has no part, but for the share of tasks that failed where it is those that it is flagged for.
	rows = append(rows, column("throughput", "redis", "b", metric.FailedShare, 0, 0, 0, 0, 0, 5)...)
	for i := range rows {
		if rows[i].Block == 6 {
			rows[i].Flags = []results.Flag{{Code: results.FlagFailed, Metrics: []string{"*"}}}
		}
	}
	if c = one(t, k, planOf(6), rows); c.Trials != 5 {
		t.Errorf("%+v", c)
	}
	k.Metric, k.AtLeast, k.AtMost, k.Unit = metric.FailedShare, nil, bound(0.1), "%"
	if c = one(t, k, planOf(6), rows); c.Trials != 6 || c.High != 5 || c.Outcome != Undecided {
		t.Errorf("%+v", c)
	}
	// 440 MiB of four processes are 110 MiB or 115.34 MB each.
	k.Metric, k.Unit, k.Per, k.AtMost = "pss", "MB", suite.PerProcess, bound(100)
	c = one(t, k, planOf(2), column("throughput", "redis", "b", "pss", 440, 440))
	closeTo(t, "MB of a process", c.Measured, 110*1048576/1e6)
	if c.Outcome != ClaimFails {
		t.Errorf("%+v", c)
	}
	k.Stricter = "more is in it"
	if c = one(t, k, planOf(2), column("throughput", "redis", "b", "pss", 440, 440)); c.Outcome != Undecided || c.Reason != (ClaimReason{Code: ReasonStricter, Detail: "more is in it"}) {
		t.Errorf("%+v", c)
	}
	if c = one(t, k, planOf(2), column("throughput", "redis", "b", "pss", 300, 300)); c.Outcome != ClaimHolds || c.Reason.Code != "" {
		t.Errorf("%+v", c)
	}
	k.Metric, k.Unit, k.Per, k.AtMost = "cpu_per_1000", "us a task", "", bound(1000)
	c = one(t, k, planOf(2), column("throughput", "redis", "b", "cpu_per_1000", 0.25, 0.25)) // 0.25 ms a task
	if closeTo(t, "us a task", c.Measured, 250); c.Outcome != ClaimHolds {
		t.Errorf("%+v", c)
	}
	k.Metric = "pss"
	if c = one(t, k, planOf(2), column("throughput", "redis", "b", "pss", 440, 440)); c.Outcome != ClaimNotMeasured || c.Measured != 0 || c.Reason != (ClaimReason{Code: ReasonUnit, Unit: "MiB"}) {
		t.Errorf("%+v", c)
	}
}

// A claim is held against the release that tqbench locks, or against a chosen one if the run has no other.
func TestAClaimIsOfTheLockedReleaseFirst(t *testing.T) {
	t.Parallel()
	k := suite.Check{Side: suite.Side{Scenario: "throughput", Broker: "redis", Contender: "celery", Metric: "throughput"}, AtLeast: bound(1000), Unit: "tasks/s"}
	rows := append(column("throughput", "redis", "a", "throughput", 900, 900), column("throughput", "redis", "b", "throughput", 1100, 1100)...)
	for _, tt := range []struct{ a, b, want string }{
		{"celery/prefork@5.5.3", "celery/prefork", "b"},
		{"celery/prefork@5.5.3", "celery/prefork@5.6.0", "a"},
		{"celery/prefork", "celery/threads", "a"},
		{"arq/async", "celery/threads@5.5.3", "b"},
	} {
		p := planOf(2)
		p.Arms[0].Contender, p.Arms[1].Contender = tt.a, tt.b
		if c := one(t, k, p, rows); c.Contender != tt.want {
			t.Errorf("of %s and %s: %+v", tt.a, tt.b, c)
		}
	}
}

func TestTwoSidesAreComparedWithinBlocks(t *testing.T) {
	t.Parallel()
	// The blocks differ by a factor of ten and more, and their ratio is about 2 in each.
	rows := slices.Concat(
		column("throughput", "redis", "a", "throughput", 100, 1000, 20, 500, 70, 3000),
		column("throughput", "redis", "b", "throughput", 200, 2020, 40, 1000, 139, 6000),
		column("throughput", "postgres", "b", "throughput", 100, 1010, 20, 500, 69.5))
	k := suite.Check{Side: suite.Side{Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "throughput"},
		Over: &suite.Side{Contender: "celery"}, AtLeast: bound(1.9), AtMost: bound(2.1), Unit: suite.Times}
	c := one(t, k, planOf(6), rows)
	closeTo(t, "ratio", c.Measured, 2*math.Pow(1.01*139/140, 1.0/6))
	if c.Outcome != ClaimHolds || c.Trials != 6 || c.Contender != "b over a" || c.Metric != "throughput ratio" || c.Low == c.High {
		t.Errorf("%+v", c)
	}
	// It is the interval of the comparison.
	cmp, _ := compareRows(t, "throughput", withIDs(rows), 1)
	if cmp.Ratio.Low != c.Low || cmp.Ratio.High != c.High {
		t.Errorf("%v to %v, and %+v in the comparison", c.Low, c.High, cmp.Ratio)
	}
	k.Over = &suite.Side{Broker: "postgres"}
	c = one(t, k, planOf(6), rows)
	closeTo(t, "ratio to another broker", c.Measured, 2)
	if c.Trials != 5 || c.Contender != "b over b on postgres" {
		t.Errorf("%+v", c)
	}
	// The mean of 100, 1010, 20, 500, 69.5 and 3000 is 783.25, their standard deviation 1149.30; 2.5706 is t(0.975; 5).
	k.Over, k.Minus, k.AtLeast, k.AtMost, k.Unit = nil, &suite.Side{Contender: "celery/prefork"}, nil, bound(1), "tasks/s"
	rows[11].Metrics["throughput"] = 6000
	rows[10].Metrics["throughput"] = 139.5
	rows[7].Metrics["throughput"] = 2010
	c = one(t, k, planOf(6), rows)
	if math.Abs(c.Measured-783.25) > 1e-9 || math.Abs(c.High-c.Measured-2.570582*1149.30/math.Sqrt(6)) > 0.01 || c.Outcome != Undecided ||
		c.Metric != "throughput difference" || c.Contender != "b less a" {
		t.Errorf("%+v", c)
	}
}

// withIDs numbers trials as a plan does.
func withIDs(rows []TrialRow) []TrialRow {
	out := slices.Clone(rows)
	for i := range out {
		out[i].ID = i + 1
	}
	return out
}

func TestAClaimSaysWhyItWasNotMeasured(t *testing.T) {
	t.Parallel()
	rows := slices.Concat(column("throughput", "redis", "a", "throughput", 100, 110), column("throughput", "redis", "b", "throughput", 200))
	good := suite.Side{Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}
	for _, tt := range []struct {
		change func(*suite.Check, *suite.Plan)
		want   ClaimReason
	}{
		{func(k *suite.Check, _ *suite.Plan) { k.Scenario = "io@2x10" }, ClaimReason{Code: ReasonNoPlace, Scenario: "io@2x10", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}},
		{func(k *suite.Check, _ *suite.Plan) { k.Broker = "mysql" }, ClaimReason{Code: ReasonNoPlace, Scenario: "throughput", Broker: "mysql", Contender: "asynctasq", Metric: "throughput"}},
		{func(k *suite.Check, p *suite.Plan) { p.Scenarios[0].Brokers = []string{"postgres"} }, ClaimReason{Code: ReasonNoPlace, Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}},
		{func(k *suite.Check, _ *suite.Plan) { k.Contender = "asynctasq/thread" }, ClaimReason{Code: ReasonNoContender, Scenario: "throughput", Broker: "redis", Contender: "asynctasq/thread", Metric: "throughput"}},
		{func(k *suite.Check, _ *suite.Plan) { k.Broker = "postgres" }, ClaimReason{Code: ReasonNoValue, Scenario: "throughput", Broker: "postgres", Contender: "asynctasq", Metric: "throughput"}},
		{func(k *suite.Check, p *suite.Plan) { p.RTT = 1 }, ClaimReason{Code: ReasonDelayed}},
		{func(k *suite.Check, p *suite.Plan) { p.Hosts = &suite.Hosts{Workers: 2, Load: 1} }, ClaimReason{Code: ReasonMachines}},
		{func(k *suite.Check, p *suite.Plan) { k.Per, p.Defaults = suite.PerProcess, true },
			ClaimReason{Code: ReasonInstalled, Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}},
		{func(k *suite.Check, p *suite.Plan) { k.Metric, k.Unit, p.Defaults = metric.CPUShare, "%", true },
			ClaimReason{Code: ReasonInstalled, Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: metric.CPUShare}},
		{func(k *suite.Check, _ *suite.Plan) { k.Over, k.Unit = &suite.Side{Contender: "celery"}, suite.Times }, ClaimReason{Code: ReasonFewBlocks}},
		{func(k *suite.Check, _ *suite.Plan) { k.Minus = &suite.Side{Scenario: "size@9"} }, ClaimReason{Code: ReasonNoPlace, Scenario: "size@9", Broker: "redis", Contender: "asynctasq", Metric: "throughput"}},
	} {
		k, plan := suite.Check{Side: good, AtLeast: bound(1), Unit: "tasks/s"}, planOf(2)
		tt.change(&k, &plan)
		if c := one(t, k, plan, rows); c.Outcome != ClaimNotMeasured || c.Reason != tt.want || c.Checked() {
			t.Errorf("%+v, want %+v", c, tt.want)
		}
	}
	c := claims([]suite.Claim{{Text: "t", Source: "s", Unmeasurable: "nobody looks"}}, planOf(2), rows)[0]
	if c.Outcome != ClaimNotMeasurable || c.Reason != (ClaimReason{Code: ReasonUnmeasurable, Detail: "nobody looks"}) || c.Checked() {
		t.Errorf("%+v", c)
	}
}

// Each published claim is checked by contenders that exist and in a unit that its metric can be told in.
func TestPublishedClaimsCanBeChecked(t *testing.T) {
	t.Parallel()
	scenarios, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	var names, sides []string
	all, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all.All() {
		names, sides = append(names, c.Name(), c.Framework()), append(sides, c.Name())
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: scenarios, Brokers: []string{"redis", "postgres", "mysql"},
		Contenders: sides, Blocks: 2, Scale: 1, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var rows []TrialRow
	for _, p := range plan.Trials {
		sc, _ := plan.Scenario(p.Scenario)
		r := TrialRow{Trial: results.Trial{Block: p.Block, Scenario: p.Scenario, Broker: p.Broker, Arm: p.Arm}, Metrics: map[string]float64{}}
		for _, m := range figuresIn(sc) {
			r.Metrics[m.Name] = 50
		}
		rows = append(rows, r)
	}
	published := publishedClaims(t)
	for i, c := range claims(published, plan, rows) {
		k := published[i].Check
		if k == nil {
			continue
		}
		sides := []suite.Side{k.Side}
		if o, ok := k.Other(); ok {
			sides = append(sides, o)
		}
		for _, s := range sides {
			if !slices.Contains(names, s.Contender) {
				t.Errorf("%s: there is no contender %s", c.Text, s.Contender)
			}
		}
		if !c.Checked() {
			t.Errorf("%s: a run of everything can't check it: %s", c.Text, c.Reason.Code)
		}
	}
}

// A sweep's ratios are those to the first point in the same block, and its interval is Student's on their logs.
func TestSweepsFollowEachArm(t *testing.T) {
	t.Parallel()
	plan := planOf(3)
	rows := slices.Concat(
		column("size@1", "redis", "a", "throughput", 100, 200, 400),
		column("size@2", "redis", "a", "throughput", 200, 440, 720),
		column("size@3", "redis", "a", "throughput", 300),
		column("size@2", "redis", "b", "throughput", 50, 60),
		column("size@1", "redis", "b", "throughput", 70)[:0])
	got := sweepsOf(plan, rows)
	mustMarshal(t, got)
	if len(got) != 2 || got[0].Arm != "a" || got[1].Arm != "b" || got[0].Scenario != "size" || got[0].Metric != "throughput" || !got[0].Ordered || got[0].Unit != "tasks/s" {
		t.Fatalf("%+v", got)
	}
	a, b := got[0].Points, got[1].Points
	var at []string
	for _, p := range a {
		at = append(at, fmt.Sprintf("%s %d x %d: %g of %d", p.At, p.Processes, p.Concurrency, p.Estimate.Estimate, len(p.Estimate.Values)))
	}
	if want := "1 4 x 10: 200 of 3|2 4 x 10: 440 of 3|3 4 x 10: 300 of 1"; strings.Join(at, "|") != want {
		t.Errorf("%s, want %s", strings.Join(at, "|"), want)
	}
	// Ratios of 2, 2.2 and 1.8; t(0.975; 2) is 4.302653.
	logs := []float64{math.Log(2), math.Log(2.2), math.Log(1.8)}
	mean := (logs[0] + logs[1] + logs[2]) / 3
	square := 0.0
	for _, l := range logs {
		square += (l - mean) * (l - mean)
	}
	half := 4.302652729911275 * math.Sqrt(square/2/3)
	if a[0].Ratio != nil || a[1].Ratio == nil || a[1].Blocks != 3 {
		t.Fatalf("%+v", a)
	}
	closeTo(t, "ratio", a[1].Ratio.Estimate, math.Exp(mean))
	closeTo(t, "low", a[1].Ratio.Low, math.Exp(mean-half))
	closeTo(t, "high", a[1].Ratio.High, math.Exp(mean+half))
	if a[2].Ratio != nil || b[1].Ratio != nil || len(b[0].Estimate.Values) != 0 || b[1].Estimate.Estimate != 55 {
		t.Errorf("one block, or no first point, has a ratio: %+v, %+v", a[2], b)
	}
	// Figures of trials that were profiled, or flagged otherwise, are shown, and in no ratio.
	for i := range rows {
		rows[i].Flags = []results.Flag{{Code: results.FlagProfiled, Metrics: []string{"*"}}}
	}
	got = sweepsOf(plan, rows)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	for i, p := range got[0].Points {
		if len(p.Estimate.Values) != 0 || len(p.Estimate.Spoiled) != len(a[i].Estimate.Values) || p.Estimate.Estimate != a[i].Estimate.Estimate || p.Ratio != nil {
			t.Errorf("%+v", p)
		}
	}
	plan.Scenarios[2].Args = []any{"payload:small"}
	if got := sweepsOf(plan, column("size@1", "redis", "a", "pss", 1)); len(got) != 1 || got[0].Ordered {
		t.Errorf("%+v", got)
	}
	plan.Scenarios = plan.Scenarios[:2]
	if got := sweepsOf(plan, column("size@1", "redis", "a", "pss", 1)); len(got) != 0 {
		t.Errorf("a sweep of one point: %+v", got)
	}
}

// What trials report apart from their metrics: of latencies 1 to 100 ms the mean is 50.5, and the 95th percentile lies 0.05 of
// the way from 95 to 96. Two processes that use 3 s of CPU in 2 s use 75 % each.
func TestWhatTrialsTellBesideTheirMetrics(t *testing.T) {
	t.Parallel()
	m := &measured{Trial: results.Trial{Processes: 2, Counts: results.Counts{Sent: 400, Failed: 1},
		Phases: []results.Phase{{Producer: suite.Wire, Arrivals: suite.Backlog, Workers: results.Usage{Measured: true, CPUSeconds: 3, WallSeconds: 2}}}}}
	for i := range 100 {
		m.latencies = append(m.latencies, float64(i+1))
	}
	got := m.values(shown())
	for name, want := range map[string]float64{metric.LatencyMean: 50.5, metric.LatencyP95: 95.05, metric.CPUShare: 75, metric.FailedShare: 0.25} {
		near(t, name, got[name], want)
	}
	if got := (&measured{Trial: results.Trial{Processes: 2}}).values(shown()); len(got) != 0 {
		t.Errorf("a trial without tasks tells %v", got)
	}
}
