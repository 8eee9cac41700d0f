package report

import (
	"fmt"
	"math"
	"time"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/analysis/steady"
	"github.com/tqbench/tqbench/results"
)

const (
	baseArm = "celery/prefork"
	candArm = "asynctasq/async"
)

// fixture is a run of two arms in six blocks with every kind of verdict, a flag that excludes, one that is only told,
// and a trial that did not run. Its figures are made up by formula, so that none of them is round.
func fixture() analysis.Analysis {
	began := time.Date(2026, 11, 24, 22, 15, 0, 0, time.UTC)
	a := analysis.Analysis{
		Version: analysis.Version,
		Run: results.Run{
			ID: "20261124-2215", Began: began, Command: []string{"tqbench", "quick", "--out", "my results"},
			Tqbench: results.Software{Name: "tqbench", Version: "0.1.0"},
			Machine: results.Machine{
				OS: "linux", Kernel: "6.12.0", Arch: "amd64", CPU: "AMD EPYC 7B13", CPUs: 2, MemoryMiB: 24_041,
				Clocksource: "tsc", Governor: "performance", Hypervisor: true, LoadBefore: 0.21,
			},
			Software: []results.Software{{Name: "python", Version: "3.14.6"}, {Name: "redis-server", Version: "8.0.2"}},
			Brokers: []results.Broker{{Name: "redis", Product: "Redis", Version: "8.0.2", Settings: []results.Setting{
				{Name: "appendonly", Value: "yes", Default: "no", Why: "an acknowledged task must survive a crash"},
				{Name: "appendfsync", Value: "everysec", Why: "what most installations run"},
			}}},
			Contenders: []results.Setup{
				{
					Contender: baseArm, Framework: "Celery", Version: "5.6.3",
					Guarantee: "at least once, acknowledged after execution",
					Command:   []string{"celery", "-A", "contenders.celery.app", "worker", "-c", "2", "-n", "w1@%h"},
					Settings: []results.Setting{
						{Name: "task_acks_late", Value: "True", Default: "False", Why: "the other side acknowledges after execution"},
						{Name: "worker_prefetch_multiplier", Value: "4", Default: "4", Why: "left alone"},
						{Name: "processes", Value: "2", Why: "one a core"},
					},
				},
				{
					Contender: candArm, Framework: "AsyncTasQ", Version: "1.7.0",
					Guarantee: "at least once, acknowledged after execution",
					Command:   []string{"asynctasq", "worker", "--concurrency", "10", "--queues", "default"},
					Settings: []results.Setting{
						{Name: "concurrency", Value: "10", Default: "10", Why: "left alone"},
						{Name: "processes", Value: "2", Default: "1", Why: "one a core"},
					},
				},
			},
			Placement: "brokers and workers share both CPUs", Seed: 42, PlanHash: "9f86d081884c7d65",
		},
		Method: analysis.Method{
			Confidence: 0.95, Margin: 0.05, Resamples: 10_000, Seed: 7, Family: 8,
			Rule: "A difference is called when the corrected p is below 0.05 and the whole interval lies beyond the margin.",
		},
		Harness: analysis.Harness{
			MaxPSSMiB: 61.43, MaxCPUShare: 0.0712, MedianCPUShare: 0.0531, LateP50Ms: 0.043, LateP99Ms: 0.618, LateMaxMs: 4.27,
		},
		Planned: 13, Command: "tqbench quick --seed 42 --blocks 6",
	}
	late := analysis.Flagged{
		Trial: 4, Block: 2, Arm: candArm, Code: results.FlagLate, Detail: "p99 of lateness 14.2 ms, allowed 5 ms", Excluded: true,
	}
	told := analysis.Flagged{
		Trial: 9, Block: 5, Arm: baseArm, Code: results.FlagUnsteady, Detail: "no steady second within 5 s", Excluded: false,
	}
	for i, m := range []struct {
		metric, title, unit string
		higher, deciding    bool
		base, ratio, spread float64
		verdict             string
		need                int
		flags               []analysis.Flagged
	}{
		{"throughput", "Throughput", "tasks/s", true, true, 1121.37, 3.0571, 0.021, analysis.Faster, 0, []analysis.Flagged{told}},
		{"latency_p50", "Median latency", "ms", false, true, 3.4127, 0.6113, 0.055, analysis.Faster, 0, []analysis.Flagged{late}},
		{"latency_p99", "99th percentile latency", "ms", false, true, 21.773, 1.0831, 0.16, analysis.Undecided, 17, []analysis.Flagged{late}},
		{"enqueue_wire", "Enqueue rate, wire", "tasks/s", true, false, 48_213.7, 1.0071, 0.009, analysis.Equivalent, 0, nil},
		{"enqueue_client", "Enqueue rate, client", "tasks/s", true, false, 2214.9, 0.5527, 0.03, analysis.Slower, 0, nil},
		{"cpu_per_1000", "Worker CPU per 1,000 tasks", "s", false, false, 1.6871, 0.3183, 0.02, analysis.Faster, 0, nil},
		{"broker_cpu_per_1000", "Broker CPU per 1,000 tasks", "s", false, false, 0.17713, 1.3171, 0.03, analysis.Slower, 0, nil},
		{"pss", "Worker memory (PSS)", "MiB", false, false, 118.31, 0, 0, analysis.NoData, 0, nil},
	} {
		a.Comparisons = append(a.Comparisons, fixtureComparison(i, analysis.Comparison{
			Scenario: "throughput", Broker: "redis", Metric: m.metric, Title: m.title, Unit: m.unit,
			HigherIsBetter: m.higher, Deciding: m.deciding, Verdict: m.verdict, NeedBlocks: m.need, Flags: m.flags,
		}, m.base, m.ratio, m.spread))
	}
	a.Trials = fixtureTrials(a, late, told)
	a.Curves = fixtureCurves()
	a.Claims = []analysis.Claim{
		{
			Text: "AsyncTasQ runs 3,429 no-op tasks per second on Redis", Source: "its benchmark's README", Scenario: "throughput",
			Broker: "redis", Contender: candArm, Metric: "throughput", Claimed: 3429, Measured: a.Comparisons[0].Candidate.Estimate,
			Low: a.Comparisons[0].Candidate.Low, High: a.Comparisons[0].Candidate.High, Unit: "tasks/s", Outcome: "reproduced",
			Sentence: "The claimed rate lies within what was measured here.",
		},
		{
			Text: "A worker starts in less than 100 ms", Source: "its benchmark plan", Scenario: "cold-start", Broker: "redis",
			Contender: candArm, Metric: "startup", Claimed: 100, Unit: "ms", Outcome: analysis.ClaimNotMeasured,
			Sentence: "This run has no cold start.",
		},
		{
			Text: "AsyncTasQ runs more than 5,000 tasks per second", Source: "its benchmark plan", Scenario: "throughput", Broker: "redis",
			Contender: candArm, Metric: "throughput", Claimed: 5000, Bound: "at least 5000", Measured: a.Comparisons[0].Candidate.Estimate,
			Low: a.Comparisons[0].Candidate.Low, High: a.Comparisons[0].Candidate.High, Unit: "tasks/s", Outcome: analysis.ClaimFails,
			Trials: 6, Sentence: "Does not hold here.", Note: "One broker for all.",
		},
		{
			Text: "A hook is registered in less than 50 us", Source: "its benchmark plan", Outcome: analysis.ClaimNotMeasurable,
			Sentence: "It is done once when a program starts.",
		},
	}
	a.Sweeps = fixtureSweeps()
	a.Levels = []analysis.Levels{
		{Scenario: "throughput", Broker: "redis", Arm: baseArm, Trials: 6, Windows: 19.3, Window: 0.0413, Trial: 0.0271, Block: 0.0117,
			WindowSeconds: 0.47, Overhead: 9.1, BestWindows: 7},
		{Scenario: "throughput", Broker: "redis", Arm: candArm, Trials: 6, Windows: 20, Window: 0.0713, WindowSeconds: 0.31, Overhead: 8.7},
	}
	a.Sizings = []analysis.Sizing{{
		Scenario: "sizing", Broker: "redis", Arm: candArm, Processes: 1, Concurrency: 4, Trials: 6, Hold: 0.1057, Service: 0.1013, CV2: 0.231,
		Unloaded: []float64{0.0513, 0.1047, 0.1571}, Checks: []analysis.SizingCheck{
			{Phase: "half", Rate: 18, Utilization: 0.4757, MeasuredP50: 0.1031, MeasuredP99: 0.2317, Low: 0.2171, High: 0.2513, EstimatedP50: 0.1049, EstimatedP99: 0.2411, Arrivals: 1},
			{Phase: "over", Rate: 40, Utilization: 1.057, MeasuredP50: 2.31, MeasuredP99: 5.17, Low: 4.9, High: 6.03, Problem: "the queue grows without end: 4 slots would be taken 106 % of the time"},
		},
	}}
	a.Drifts = []analysis.Drift{
		{Scenario: "throughput", Broker: "redis", Metric: "throughput", Title: "Throughput", Trials: 12, Tau: -0.6061, P: 0.0053, CorrectedP: 0.0106, Percent: -4.713},
		{Scenario: "throughput", Broker: "redis", Metric: "latency_p50", Title: "Median latency", Trials: 11, Tau: 0.1273, P: 0.6481, CorrectedP: 0.6481, Percent: 1.117},
	}
	return a
}

// wave is a smooth spread over blocks that no formula of the report could make by chance.
func wave(i int) float64 { return math.Sin(1.7*float64(i) + 0.4) }

func fixtureComparison(n int, c analysis.Comparison, base, ratio, spread float64) analysis.Comparison {
	c.Baseline = analysis.Estimate{Contender: baseArm, Arm: baseArm}
	c.Candidate = analysis.Estimate{Contender: candArm, Arm: candArm}
	if c.Verdict == analysis.NoData {
		c.Sentence = c.Title + ": no block is valid on both sides."
		return c
	}
	blocks := 6
	if len(c.Flags) > 0 && c.Flags[0].Excluded {
		blocks = 5
	}
	for i := range blocks {
		b := base * (1 + spread/3*wave(i+n))
		r := ratio * (1 + spread*wave(2*i+n))
		c.Baseline.Values = append(c.Baseline.Values, b)
		c.Candidate.Values = append(c.Candidate.Values, b*r)
		c.Ratios = append(c.Ratios, analysis.BlockRatio{Block: i + 1, Baseline: b, Candidate: b * r, Ratio: r})
	}
	side := func(e *analysis.Estimate, mid, spread float64) {
		e.Estimate, e.Low, e.High, e.CV = mid, mid*(1-spread), mid*(1+spread), spread*0.71
	}
	side(&c.Baseline, base, spread/3)
	side(&c.Candidate, base*ratio, spread)
	c.Ratio = analysis.Interval{
		Method: "order statistics", Estimate: ratio, Low: ratio * (1 - spread*0.93), High: ratio * (1 + spread*0.96), Confidence: 0.96875,
	}
	c.Intervals = []analysis.Interval{c.Ratio, {
		Method: "BCa bootstrap", Estimate: ratio, Low: ratio * (1 - spread*0.71), High: ratio * (1 + spread*0.73), Confidence: 0.95,
	}}
	c.Tests = []analysis.Test{{Name: "paired t on log ratios", Statistic: 4.271 + float64(n), P: 0.00041}, {Name: "Mann-Whitney", Statistic: 36, P: 0.0022}}
	c.Effects = []analysis.Effect{{Name: "Cliff's delta", Value: 0.917, Words: "large"}, {Name: "Cohen's d", Value: 5.113, Words: "very large"}}
	c.CorrectedP, c.Blocks = 0.0033, blocks
	c.Sentence = fmt.Sprintf("%s: %s made %.2f times that of %s; %s over %d blocks.", c.Title, candArm, ratio, baseArm, c.Verdict, blocks)
	return c
}

func fixtureTrials(a analysis.Analysis, flags ...analysis.Flagged) []analysis.TrialRow {
	var rows []analysis.TrialRow
	for block := 1; block <= 6; block++ {
		arms := []string{baseArm, candArm}
		if block%3 == 0 {
			arms = []string{candArm, baseArm}
		}
		for _, arm := range arms {
			row := analysis.TrialRow{
				Trial: results.Trial{
					ID: len(rows) + 1, Block: block, Scenario: "throughput", Broker: "redis", Contender: arm, Arm: arm,
					Processes: 2, Concurrency: 10, Counts: results.Counts{Sent: 33_500, Finished: 33_498, Failed: 2},
				},
				Metrics: map[string]float64{"payload": 415.5},
			}
			for _, c := range a.Comparisons {
				e := c.Baseline
				if arm == candArm {
					e = c.Candidate
				}
				if block <= len(e.Values) {
					row.Metrics[c.Metric] = e.Values[block-1]
				}
			}
			for _, f := range flags {
				if f.Trial == row.ID {
					row.Flags = append(row.Flags, results.Flag{Code: f.Code, Detail: f.Detail, Metrics: []string{"latency_p50"}})
				}
			}
			row.Steadiness = fixtureSteadiness(len(rows))
			rows = append(rows, row)
		}
	}
	return append(rows, analysis.TrialRow{Trial: results.Trial{
		ID: 13, Block: 7, Scenario: "throughput", Broker: "redis", Contender: baseArm, Arm: baseArm,
		Reason: "worker 2 was not ready within 30 s: ModuleNotFoundError: no module named 'kombu'",
	}})
}

// fixtureSteadiness has a class of each kind over the trials.
func fixtureSteadiness(trial int) []analysis.Steadiness {
	classes := []steady.Class{steady.Flat, steady.WarmUp, steady.Flat, steady.SlowDown, steady.Never, steady.Short}
	s := analysis.Steadiness{Phase: "drain", Of: analysis.SteadyThroughput, WindowSeconds: 0.094,
		Result:        steady.Result{Class: classes[trial%len(classes)], Windows: 100, Changes: []int{30}, Skip: 5, From: 30},
		SteadyOverAll: 1 + 0.0131*float64(trial)}
	if s.Class == steady.Never || s.Class == steady.Short {
		s.From, s.SteadyOverAll = s.Windows, 0
	}
	return []analysis.Steadiness{s, {Phase: "paced", Of: analysis.SteadyLatency, Result: steady.Result{Class: steady.Flat, Windows: 50}, SteadyOverAll: 0.9971}}
}

func fixtureCurves() []analysis.Curve {
	var out []analysis.Curve
	for _, arm := range []string{baseArm, candArm} {
		scale, rate := 3.4, 1121.0
		if arm == candArm {
			scale, rate = 2.1, 3428.0
		}
		latency := analysis.Curve{Kind: "latency", Scenario: "throughput", Broker: "redis", Phase: "paced", Arm: arm}
		for _, q := range []float64{0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999, 1} {
			y := scale * (0.6 + 0.5*math.Pow(-math.Log(1-math.Min(q, 0.9995)), 1.5))
			latency.Points = append(latency.Points, analysis.Point{X: q, Y: y, Low: y * 0.85, High: y * 1.25, Trials: 6})
		}
		done := analysis.Curve{Kind: "completions", Scenario: "throughput", Broker: "redis", Phase: "drain", Arm: arm}
		for i := range 200 {
			x := float64(i) / 10
			y := math.Min(20_000, rate*x)
			done.Points = append(done.Points, analysis.Point{X: x, Y: y, Low: y * 0.96, High: math.Min(20_000, y*1.03), Trials: 6})
		}
		out = append(out, latency, done)
	}
	return out
}

// fixtureSweeps are two arms along three points; one arm has no trial at the last.
func fixtureSweeps() []analysis.Sweep {
	var out []analysis.Sweep
	for n, arm := range []string{baseArm, candArm} {
		s := analysis.Sweep{Scenario: "scale", Broker: "redis", Metric: "throughput", Title: "Throughput", Unit: "tasks/s", HigherIsBetter: true, Arm: arm, Ordered: true}
		for i, at := range []string{"1x10", "2x10", "3x20"} {
			p := analysis.SweepPoint{At: at, Processes: i + 1, Concurrency: 10, Estimate: analysis.Estimate{Arm: arm}}
			if i == 2 {
				p.Concurrency = 20
			}
			if v := float64(i+1) * (613.7 + 811.3*float64(n)); i < 2 || n == 0 {
				p.Estimate.Estimate, p.Estimate.Low, p.Estimate.High = v, 0.91*v, 1.07*v
				p.Estimate.Values = []float64{0.91 * v, v, 1.07 * v}
				if i > 0 {
					p.Ratio, p.Blocks = &analysis.Interval{Method: "paired t", Estimate: float64(i) + 0.8713, Low: float64(i) + 0.6131, High: float64(i) + 1.2117}, 3
				}
			}
			s.Points = append(s.Points, p)
		}
		out = append(out, s)
	}
	return out
}

// fixtures are one run on one broker, written down before there were cells, and one on many brokers.
func fixtures() map[string]analysis.Analysis {
	return map[string]analysis.Analysis{"one broker": fixture(), "many brokers": manyBrokers()}
}

// hostile puts s wherever a name, a detail or a reason by others stands.
func hostile(a analysis.Analysis, s string) analysis.Analysis {
	a.Run.ID, a.Run.PlanHash, a.Command, a.Method.Rule, a.Run.Placement = s, s, s, s, s
	a.Run.Command = []string{s, s}
	a.Run.Tqbench.Version, a.Run.Machine.CPU, a.Run.Machine.Kernel = s, s, s
	a.Run.Software = []results.Software{{Name: s, Version: s}}
	a.Run.Brokers = []results.Broker{{Name: s, Product: s, Version: s, Settings: []results.Setting{{Name: s, Value: s, Default: s, Why: s}}}}
	for i := range a.Levels {
		a.Levels[i].Scenario, a.Levels[i].Broker, a.Levels[i].Arm = s, s, s
	}
	for i := range a.Sizings {
		x := &a.Sizings[i]
		x.Scenario, x.Broker, x.Arm, x.Checks[0].Phase, x.Checks[1].Problem = s, s, s, s, s
	}
	for i := range a.Drifts {
		a.Drifts[i].Scenario, a.Drifts[i].Broker, a.Drifts[i].Title = s, s, s
	}
	for i := range a.Run.Contenders {
		c := &a.Run.Contenders[i]
		c.Contender, c.Framework, c.Version, c.Guarantee, c.Command = s, s, s, s, []string{s}
		c.Broker, c.Scenario, c.Delivery, c.Caveat = s, s, s, s
		c.Settings = []results.Setting{{Name: s, Value: s, Default: s, Why: s}}
	}
	for i := range a.Cells {
		c := &a.Cells[i]
		c.Scenario, c.Broker, c.Status, c.Reason, c.Delivery, c.Guarantee, c.Caveat = s, s, s, s, s, s, s
		if c.Arm == candArm {
			c.Arm = s + "2"
		} else {
			c.Arm = s
		}
	}
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		if c.NotCounted != "" {
			c.NotCounted = s
		}
		c.Scenario, c.Broker, c.Metric, c.Title, c.Unit, c.Sentence = s, s, s, s, s, s
		c.Baseline.Contender, c.Baseline.Arm, c.Candidate.Contender, c.Candidate.Arm = s, s, s, s+"2"
		for j := range c.Tests {
			c.Tests[j].Name = s
		}
		for j := range c.Effects {
			c.Effects[j].Name, c.Effects[j].Words = s, s
		}
		for j := range c.Intervals {
			c.Intervals[j].Method = s
		}
		for j := range c.Flags {
			c.Flags[j].Arm, c.Flags[j].Code, c.Flags[j].Detail = s, s, s
		}
	}
	hostileOrders(a, s)
	for i := range a.Trials {
		t := &a.Trials[i]
		t.Scenario, t.Broker, t.Contender, t.Arm = s, s, s, s
		if t.Reason != "" {
			t.Reason = s
		}
		t.Settings = []results.Setting{{Name: s, Value: s, Default: s, Why: s}}
		t.Metrics = map[string]float64{s: 1.5}
		for j := range t.Flags {
			t.Flags[j] = results.Flag{Code: s, Detail: s, Metrics: []string{s}}
		}
	}
	for i := range a.Curves {
		c := &a.Curves[i]
		c.Scenario, c.Broker, c.Phase = s, s, s
		if c.Arm == candArm {
			c.Arm = s + "2"
		} else {
			c.Arm = s
		}
	}
	for i := range a.Claims {
		a.Claims[i].Text, a.Claims[i].Source, a.Claims[i].Unit, a.Claims[i].Sentence = s, s, s, s
		a.Claims[i].Contender, a.Claims[i].Bound, a.Claims[i].Note = s, s, s
	}
	for i := range a.Sweeps {
		x := &a.Sweeps[i]
		x.Scenario, x.Broker, x.Metric, x.Title, x.Unit = s, s, s, s, s
		if x.Arm == candArm {
			x.Arm = s + "2"
		} else {
			x.Arm = s
		}
		for j := range x.Points {
			x.Points[j].At = s
		}
	}
	return a
}
