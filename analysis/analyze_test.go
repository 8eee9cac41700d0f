package analysis

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

// folder is an output folder made by hand, in which every metric is known.
type folder struct {
	out  string
	plan suite.Plan
}

func newFolder(t testing.TB, contenders []string, blocks int) *folder {
	t.Helper()
	s := suite.Scenario{ID: 1, Name: "throughput", Title: "T", Question: "Q?", Why: "W", Task: "noop", Setting: suite.Setting{Processes: 2, Concurrency: 10},
		Phases: []suite.Phase{
			{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Tasks: 1000},
			{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Tasks: 1000, Rate: 100},
			{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Tasks: 1000}},
		Decide: []string{"latency_p99", "throughput"}, Limit: 1e9, Warmup: suite.Warmup{Limit: 1e9}}
	p, err := suite.NewPlan(suite.Options{Scenarios: []suite.Scenario{s}, Brokers: []string{"redis"}, Contenders: contenders,
		Blocks: blocks, Scale: 1, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	f := &folder{out: t.TempDir(), plan: p}
	if err := suite.WritePlan(f.out, p); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(results.TrialDir(f.out, 1), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := results.WriteRun(f.out, results.Run{ID: "r"}); err != nil {
		t.Fatal(err)
	}
	return f
}

// write writes a trial whose tasks end evenly over drain seconds, with latencies of 1, 2, ... n times step ms.
func (f *folder) write(t testing.TB, plan suite.Trial, n int, drain, step float64, flags []results.Flag, reason string) {
	t.Helper()
	dir := results.TrialDir(f.out, plan.ID)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	const began = 1_000_000_000
	contender, _ := f.plan.Contender(plan.Arm)
	tr := results.Trial{ID: plan.ID, Block: plan.Block, Scenario: plan.Scenario, Broker: plan.Broker, Arm: plan.Arm,
		Contender: contender, Flags: flags, Reason: reason}
	if reason == "" {
		tr.Counts = results.Counts{Sent: int64(3 * n), Finished: int64(3 * n)}
		usage := results.Usage{Measured: true, CPUSeconds: drain * 2, WallSeconds: drain, PSSMiB: 100 * step}
		paced := results.Usage{Measured: true, CPUSeconds: 3 * step, WallSeconds: step * 1e-3 * float64(n)}
		tr.Phases = []results.Phase{
			{Name: "drain", Arrivals: suite.Backlog, Producer: suite.Wire, Count: int64(n), EnqueueBegan: began - 1e9, EnqueueEnded: began - 9e8,
				Released: began, Drained: began + int64(drain*1e9), Workers: usage, BrokerUsage: results.Usage{}},
			{Name: "paced", Arrivals: suite.Open, Producer: suite.Wire, Count: int64(n), EnqueueBegan: began, EnqueueEnded: began, Released: began,
				Drained: began + int64(step*1e6*float64(n)), Workers: paced},
			{Name: "client", Arrivals: suite.Backlog, Producer: suite.Client, Count: int64(n), EnqueueBegan: began, EnqueueEnded: began + 2e9,
				Released: began + 2e9, Drained: began + 2e9 + 5},
		}
		tr.Harness = results.HarnessCost{CPUShare: 0.03, PSSMiB: 20}
		var rows []results.Task
		for i := range n {
			end := began + int64(drain*1e9*(float64(i+1)/float64(n)))
			rows = append(rows,
				results.Task{Seq: int64(i), Phase: "drain", Intended: began - 1e9, Sent: began - 1e9, Started: end - 1, Finished: end, Outcome: results.OutcomeFinished},
				results.Task{Seq: int64(n + i), Phase: "paced", Intended: began, Sent: began, Started: began + 1,
					Finished: began + int64(step*1e6*float64(i+1)), Outcome: results.OutcomeFinished},
				results.Task{Seq: int64(2*n + i), Phase: "client", Intended: began, Sent: began, Started: began + 2e9 + 1,
					Finished: began + 2e9 + 5, Outcome: results.OutcomeFinished})
		}
		// The broker's depth falls from n to 0 over the drain; one sample was taken before, one when it couldn't tell.
		series := []results.Sample{{At: began - 5, Phase: "drain", Depth: 7 * int64(n)}, {At: began + 1, Phase: "drain", Depth: -1}}
		for i := range 11 {
			series = append(series, results.Sample{At: began + int64(drain*1e8*float64(i)), Phase: "drain", Depth: int64(n - n*i/10), WorkerCPU: drain * 0.2 * float64(i)})
		}
		if err := errors.Join(results.WriteTasks(dir, rows), results.WriteSeries(dir, series)); err != nil {
			t.Fatal(err)
		}
	}
	if err := results.WriteTrial(dir, tr); err != nil {
		t.Fatal(err)
	}
}

func analyze(t testing.TB, f *folder) Analysis {
	t.Helper()
	a, err := Analyze(f.out)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func comparison(t *testing.T, a Analysis, metric string) Comparison {
	t.Helper()
	for _, c := range a.Comparisons {
		if c.Metric == metric {
			return c
		}
	}
	t.Fatalf("no comparison of %s", metric)
	return Comparison{}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
		t.Errorf("%s is %.12g, want %.12g", what, got, want)
	}
}

// The candidate drains in half the time and has three times the latency, with a wobble that both sides of a block share.
func TestMetricsAndVerdictsComeOutAsConstructed(t *testing.T) {
	t.Parallel()
	f := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 6)
	for _, p := range f.plan.Trials {
		drain, step := 1.0+0.1*float64(p.Block), 1.0
		if p.Arm == "asynctasq/async" {
			drain, step = drain/2, 3
		}
		f.write(t, p, 1000, drain, step, nil, "")
	}
	a := analyze(t, f)
	if got := []string{a.Comparisons[0].Metric, a.Comparisons[1].Metric}; !slices.Equal(got, []string{"latency_p99", "throughput"}) {
		t.Errorf("the first comparisons are %v, not the deciding ones", got)
	}
	th := comparison(t, a, "throughput")
	near(t, "throughput of block 1", th.Ratios[0].Baseline, 1000/1.1)
	near(t, "ratio of throughput", th.Ratio.Estimate, 2)
	near(t, "median throughput of the candidate", th.Candidate.Estimate, stats.Median([]float64{2000 / 1.1, 2000 / 1.2, 2000 / 1.3, 2000 / 1.4, 2000 / 1.5, 2000 / 1.6}))
	if th.Verdict != Faster || th.Blocks != 6 || !th.Deciding {
		t.Errorf("throughput: %s with %d blocks", th.Verdict, th.Blocks)
	}
	p50, p99 := comparison(t, a, "latency_p50"), comparison(t, a, "latency_p99")
	near(t, "median latency", p50.Baseline.Estimate, 500.5)         // type 7: halfway between 500 and 501
	near(t, "99th percentile", p99.Candidate.Estimate, 3*(990+.01)) // 990 + 0.01 of the way to 991
	if p50.Verdict != Slower || p99.Verdict != Slower {
		t.Errorf("latency: %s, %s", p50.Verdict, p99.Verdict)
	}
	near(t, "client enqueue rate", comparison(t, a, "enqueue_client").Baseline.Estimate, 500)
	near(t, "wire enqueue rate", comparison(t, a, "enqueue_wire").Baseline.Estimate, 10_000)
	near(t, "CPU per 1000 tasks, ratio", comparison(t, a, "cpu_per_1000").Ratio.Estimate, 0.5)
	if v := comparison(t, a, "cpu_per_1000").Verdict; v != Faster {
		t.Errorf("half the CPU is %s", v)
	}
	near(t, "memory", comparison(t, a, "pss").Candidate.Estimate, 300)
	if v := comparison(t, a, "enqueue_client").Verdict; v != Equivalent {
		t.Errorf("equal rates are %s", v)
	}
	for _, c := range a.Comparisons {
		if c.Metric == "broker_cpu_per_1000" {
			t.Error("a broker that was not measured is compared")
		}
	}
	// Two of the metrics decide.
	if a.Method.Family != 2 || a.Planned != 12 {
		t.Errorf("family %d, planned %d", a.Method.Family, a.Planned)
	}
	near(t, "lateness", a.Harness.LateP99Ms, 0)
	outcomes := map[string]int{}
	for _, c := range a.Claims[:3] {
		outcomes[c.Outcome]++
	}
	// About 741 and 1481 tasks/s and a ratio of 2 are below every published figure.
	if outcomes[ClaimLower] != 3 {
		t.Errorf("claims: %v", outcomes)
	}
	kinds := map[string]int{}
	for _, c := range a.Curves {
		kinds[c.Kind]++
		last := c.Points[len(c.Points)-1]
		if c.Kind == CurveCompletions && last.Y != 1000 {
			t.Errorf("a drain ends with %v tasks done", last.Y)
		}
		if first := c.Points[0]; c.Kind == CurveDepth && (first.Y != 1000 || last.Y != 0 || last.Trials != 6 || c.Phase != "drain") {
			t.Errorf("a drain of 1000 tasks goes from a depth of %v to %v in phase %s", first.Y, last.Y, c.Phase)
		}
		if c.Kind == CurveLatency && last.X != 0.99 {
			t.Errorf("1000 tasks give a quantile of %v: ten must lie beyond it", last.X)
		}
	}
	if kinds[CurveLatency] != 2 || kinds[CurveCompletions] != 2 || kinds[CurveDepth] != 2 {
		t.Errorf("curves: %v", kinds)
	}
	if a.Command != "" {
		t.Errorf("%s runs the suite's scenario of that name, and this one is another", a.Command)
	}

	b, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(analyze(t, f))
	if err != nil || string(b) != string(again) {
		t.Errorf("a second analysis differs (%v)", err)
	}
}

func TestFlagsKeepOutWhatTheyNameAndNoMore(t *testing.T) {
	t.Parallel()
	f := newFolder(t, []string{"celery/prefork", "celery/prefork"}, 8)
	for _, p := range f.plan.Trials {
		var flags []results.Flag
		reason := ""
		switch {
		case p.Block == 2 && p.Arm == "celery/prefork":
			flags = []results.Flag{{Code: results.FlagLate, Detail: "late", Metrics: []string{"latency_p50", "latency_p99"}}}
		case p.Block == 3 && p.Arm == "celery/prefork#2":
			flags = []results.Flag{{Code: results.FlagLost, Detail: "lost", Metrics: []string{"*"}}}
		case p.Block == 4 && p.Arm == "celery/prefork#2":
			reason = "no worker"
		case p.Block == 5 && p.Arm == "celery/prefork":
			flags = []results.Flag{{Code: results.FlagUnsteady, Detail: "only told"}}
		case p.Block == 6:
			continue // the run was cut short here
		}
		f.write(t, p, 200, 1+0.01*float64(p.ID%3), 1, flags, reason)
	}
	a := analyze(t, f)
	blocks := func(metric string) (out []int) {
		for _, r := range comparison(t, a, metric).Ratios {
			out = append(out, r.Block)
		}
		return out
	}
	if got := blocks("throughput"); !slices.Equal(got, []int{1, 2, 5, 7, 8}) {
		t.Errorf("throughput has blocks %v", got)
	}
	if got := blocks("latency_p99"); !slices.Equal(got, []int{1, 5, 7, 8}) {
		t.Errorf("p99 has blocks %v", got)
	}
	c := comparison(t, a, "throughput")
	if c.Verdict != Undecided || c.NeedBlocks < stats.MinBlocks {
		t.Errorf("5 blocks give %s, %d more", c.Verdict, c.NeedBlocks)
	}
	if c.Baseline.Arm != "celery/prefork" || c.Candidate.Arm != "celery/prefork#2" || c.Candidate.Contender != "celery/prefork" {
		t.Errorf("arms %+v %+v", c.Baseline, c.Candidate)
	}
	excluded := map[string]bool{}
	for _, x := range c.Flags {
		excluded[x.Code] = x.Excluded
	}
	if want := map[string]bool{results.FlagLost: true, results.FlagUnsteady: false, flagNotRun: true, flagMissing: true}; fmt.Sprint(excluded) != fmt.Sprint(want) {
		t.Errorf("flags of throughput: %v, want %v", excluded, want)
	}
	if len(a.Trials) != 14 || a.Planned != 16 {
		t.Errorf("%d trials of %d", len(a.Trials), a.Planned)
	}
}

func TestOneBlockIsShownAsOneBlock(t *testing.T) {
	t.Parallel()
	f := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 1)
	for _, p := range f.plan.Trials {
		f.write(t, p, 200, 1, 1, nil, "")
	}
	a := analyze(t, f)
	for _, c := range a.Comparisons {
		one := len(c.Ratios) == 1 && c.Ratio.Confidence == 0 && c.Ratio.Estimate == c.Ratios[0].Ratio && c.Baseline.Estimate > 0
		if c.Verdict != Undecided || !one || c.NeedBlocks != stats.MinBlocks {
			t.Errorf("one block gives %s on %s: %+v", c.Verdict, c.Metric, c.Ratio)
		}
	}
}

func TestAnalyzeTellsWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := Analyze(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no plan: %v", err)
	}
	f := newFolder(t, []string{"a/a", "b/b"}, 1)
	if err := os.RemoveAll(results.TrialDir(f.out, 1)); err != nil {
		t.Fatal(err)
	}
	if _, err := Analyze(f.out); !errors.Is(err, results.ErrFormat) || !strings.Contains(err.Error(), "run tqbench run first") {
		t.Errorf("no trials: %v", err)
	}
}

// B over A is A over B turned round, whatever the values.
func TestSwappingTheSidesInvertsTheRatio(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var logs, inverse []float64
		for range 3 + rng.IntN(10) {
			v := rng.NormFloat64()
			logs, inverse = append(logs, v), append(inverse, -v)
		}
		seed := rng.Uint64()
		a, b := ofLogs(logs...), ofLogs(inverse...)
		a.test(seed)
		b.test(seed)
		for i := range a.Intervals {
			x, y := a.Intervals[i], b.Intervals[i]
			near(t, x.Method+": estimate", x.Estimate*y.Estimate, 1)
			near(t, x.Method+": low", x.Low*y.High, 1)
		}
		near(t, "p", stats.PairedT(a.LogRatios().Logs()).P, stats.PairedT(b.LogRatios().Logs()).P)
	}
}

func FuzzCompareHoldsForAnyNumbers(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, 5.0, 6.0, uint8(6))
	f.Add(0.0, -1.0, math.Inf(1), math.NaN(), 1e308, 5e-324, uint8(2))
	f.Add(1.0, 1.0, 1.0, 1.0, 1.0, 1.0, uint8(9))
	f.Fuzz(func(t *testing.T, a, b, c, d, e, g float64, n uint8) {
		values := []float64{a, b, c, d, e, g}
		blocks := int(n%12) + 1
		var rows []TrialRow
		for k := 1; k <= blocks; k++ {
			for i, arm := range []string{"a", "b"} {
				m := map[string]float64{}
				// Analyze keeps numbers that JSON can't hold out of the rows.
				if v := values[(k*2+i)%6]; stats.IsFinite(v) {
					m["throughput"] = v
				}
				rows = append(rows, TrialRow{Trial: results.Trial{Block: k, Scenario: "s", Broker: "r", Arm: arm}, Metrics: m})
			}
		}
		x, _ := compare(cell{suite.Scenario{Name: "s"}, "r", basic()[0], suite.Arm{Name: "a"}, suite.Arm{Name: "b"}}, rows, suite.Plan{Blocks: blocks})
		list := []Comparison{x}
		decide(list, suite.Plan{})
		if _, err := json.Marshal(list); err != nil {
			t.Fatalf("%v: %+v", err, list)
		}
		if list[0].Verdict == "" {
			t.Fatalf("no verdict: %+v", list)
		}
	})
}
