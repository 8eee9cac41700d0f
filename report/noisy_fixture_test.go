package report

import (
	"fmt"
	"math"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The words of flags of a noisy run.
const (
	stolenWords = "phase drain: stolen CPU time can have stopped it for up to 7.1 % of the time, more than 2 %; 15.2 % of the CPU time asked for was stolen"
	diedWords   = "worker 1 of 2 ended during the trial"
	lateWords   = "phase paced: p99 of lateness 14.2 ms, more than 5 ms"
)

// noisyRun is the fixture as a cloud server gave it: a verdict holds whatever was stolen, one only as measured here, one is
// open and has its price, and of memory no trial of one side counts.
func noisyRun() analysis.Analysis {
	a := fixture()
	a.Comparisons, a.Sweeps, a.Drifts, a.Claims = nil, nil, nil, nil
	a.Method.Growth = &suite.Growth{First: 6, Max: 40, Looks: []suite.Look{{Blocks: 6, Fraction: 0.15}}}
	a.Method.Family, a.Planned = 3, 12
	for i, m := range []struct {
		metric, title, unit string
		higher, deciding    bool
		base, ratio         float64
		spread, wider       float64
		verdict, grade      string
	}{
		{"throughput", "Throughput", "tasks/s", true, true, 581.37, 6.0571, 0.113, 0.171, analysis.Faster, analysis.GradeSure},
		{"latency_p50", "Median latency", "ms", false, true, 3.4127, 0.6113, 0.055, 0.94, analysis.Faster, analysis.GradeHere},
		{"latency_p99", "p99 latency", "ms", false, true, 21.773, 1.0831, 0.16, 0.43, analysis.Undecided, ""},
		{"cpu_per_1000", "CPU per 1000 tasks", "s", false, false, 1.6871, 0.3183, 0.02, 0, analysis.Faster, analysis.GradeSure},
	} {
		c := fixtureComparison(i, analysis.Comparison{Scenario: "throughput", Broker: "redis", Metric: m.metric, Title: m.title, Unit: m.unit,
			HigherIsBetter: m.higher, Deciding: m.deciding, Verdict: m.verdict, Grade: m.grade}, m.base, m.ratio, m.spread)
		if m.verdict == analysis.Undecided {
			c.NeedBlocks, c.NeedSeconds = 17, 11*47.3
		}
		c.Flags = []analysis.Flagged{{Trial: 3, Block: 2, Arm: baseArm, Code: results.FlagThrottled, Detail: stolenWords}}
		a.Comparisons = append(a.Comparisons, bracketed(c, m.wider))
	}
	lost := analysis.Comparison{Scenario: "throughput", Broker: "redis", Metric: "pss", Title: "Memory (PSS)", Unit: "MiB", Verdict: analysis.Undecided,
		Baseline:  analysis.Estimate{Contender: baseArm, Arm: baseArm, Estimate: 118.31, Low: 117.1, High: 121.7, Spoiled: []float64{117.1, 118.31, 121.7}},
		Candidate: analysis.Estimate{Contender: candArm, Arm: candArm, Estimate: 61.07, Low: 60.9, High: 61.3, Values: []float64{60.9, 61.07, 61.3}},
		Flags:     diedFlags(),
		Sentence:  "There is no comparison of asynctasq/async with celery/prefork in memory (PSS): no block counts on both sides."}
	a.Comparisons = append(a.Comparisons, lost)
	a.Trials = fixtureTrials(a)[:12]
	for i := range a.Trials {
		t := &a.Trials[i]
		if i%3 == 2 {
			t.Flags = append(t.Flags, results.Flag{Code: results.FlagThrottled, Detail: stolenWords})
		}
		if i%5 == 4 {
			t.Flags = append(t.Flags, results.Flag{Code: results.FlagLate, Detail: lateWords})
		}
		if t.Arm == baseArm && i < 6 {
			t.Flags = append(t.Flags, results.Flag{Code: results.FlagWorkerDied, Detail: diedWords, Metrics: []string{"pss"}})
		}
	}
	for _, s := range a.Run.Contenders {
		a.Cells = append(a.Cells, analysis.Cell{Scenario: "throughput", Broker: "redis", Arm: s.Contender, Planned: 6, Ran: 6, Valid: 6,
			Status: analysis.CellMeasured, Delivery: results.AtLeastOnce, Guarantee: s.Guarantee})
	}
	return a
}

// diedFlags keep the first three trials of one side out of memory.
func diedFlags() []analysis.Flagged {
	var out []analysis.Flagged
	for i, id := range []int{1, 3, 6} {
		out = append(out, analysis.Flagged{Trial: id, Block: i + 1, Arm: baseArm, Code: results.FlagWorkerDied, Detail: diedWords, Excluded: true})
	}
	return out
}

// bracketed gives four of five blocks a bracket by which a ratio may be off.
func bracketed(c analysis.Comparison, wider float64) analysis.Comparison {
	for i := range c.Ratios {
		r := &c.Ratios[i]
		r.Low, r.High = r.Ratio, r.Ratio
		if wider > 0 && i%5 != 3 {
			c.Noisy++
			r.Low, r.High = r.Ratio/(1+0.4*wider), r.Ratio*(1+wider)
		}
	}
	c.Ratio.Method, c.Ratio.Confidence = analysis.IntervalPairedT, 0.95
	c.Bracketed = c.Ratio
	c.Bracketed.Low, c.Bracketed.High = c.Ratio.Low/(1+0.4*wider), c.Ratio.High*math.Exp(wider)
	c.BracketedP = c.CorrectedP
	if c.Grade == analysis.GradeHere {
		c.BracketedP = 0.3117
	}
	c.Sentence = fmt.Sprintf("%s of %s is %.2f times that of %s.", c.Title, candArm, c.Ratio.Estimate, baseArm)
	return c
}

// oneBlock is the noisy run cut short after its first block.
func oneBlock() analysis.Analysis {
	a := noisyRun()
	a.Comparisons, a.Trials, a.Planned, a.Method.Growth = a.Comparisons[:3], a.Trials[:2], 2, nil
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		c.Verdict, c.Grade, c.NeedBlocks, c.NeedSeconds, c.Blocks, c.Noisy = analysis.Undecided, "", 6, 5*47.3, 1, min(c.Noisy, 1)
		c.Ratios = c.Ratios[:1]
		r := c.Ratios[0]
		c.Ratio = analysis.Interval{Method: analysis.IntervalPairedT, Estimate: r.Ratio, Low: r.Ratio, High: r.Ratio}
		c.Bracketed = analysis.Interval{Method: analysis.IntervalPairedT, Estimate: r.Ratio, Low: r.Low, High: r.High}
		c.Intervals, c.Tests, c.Effects, c.CorrectedP, c.BracketedP = nil, nil, nil, 1, 1
		for _, e := range []*analysis.Estimate{&c.Baseline, &c.Candidate} {
			*e = analysis.Level(suite.Arm{Name: e.Arm, Contender: e.Contender}, e.Values[:1], nil)
		}
	}
	for i := range a.Cells {
		a.Cells[i].Planned, a.Cells[i].Ran, a.Cells[i].Valid = 1, 1, 1
	}
	return a
}

// oneArm is the noisy run with one side alone.
func oneArm() analysis.Analysis {
	a := noisyRun()
	a.Comparisons, a.Run.Contenders, a.Cells, a.Method.Growth = nil, a.Run.Contenders[:1], a.Cells[:1], nil
	var rows []analysis.TrialRow
	for _, t := range a.Trials {
		if t.Arm == baseArm {
			rows = append(rows, t)
		}
	}
	a.Trials, a.Planned = rows, len(rows)
	return a
}

// profiledRun is the noisy run with its workers watched: no trial counts, and all figures are shown.
func profiledRun() analysis.Analysis {
	a := oneBlock()
	for i := range a.Trials {
		a.Trials[i].Flags = []results.Flag{{Code: results.FlagProfiled, Metrics: []string{"*"},
			Detail: "phase drain: its CPU profile was recorded (profile-cpu-drain.svg), which slows the workers down"}}
	}
	for i := range a.Comparisons {
		c := &a.Comparisons[i]
		c.Blocks, c.Noisy, c.Ratios, c.NeedBlocks, c.NeedSeconds = 0, 0, nil, 0, 0
		c.Ratio, c.Bracketed = analysis.Interval{}, analysis.Interval{}
		c.Flags = nil
		for n, e := range []*analysis.Estimate{&c.Baseline, &c.Candidate} {
			e.Spoiled, e.Values = e.Values, nil
			c.Flags = append(c.Flags, analysis.Flagged{Trial: n + 1, Block: 1, Arm: e.Arm, Code: results.FlagProfiled,
				Detail: a.Trials[0].Flags[0].Detail, Excluded: true})
		}
	}
	for i := range a.Cells {
		c := &a.Cells[i]
		c.Valid, c.Status, c.Reason = 0, analysis.CellInvalid, "0 of 1 trials are valid: "+a.Trials[0].Flags[0].Detail
	}
	return a
}
