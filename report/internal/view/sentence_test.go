package view

import (
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

func TestVerdictsAreSaidInASentence(t *testing.T) {
	t.Parallel()
	c := analysis.Comparison{Metric: "throughput", Title: "Throughput", Verdict: analysis.Faster, Grade: analysis.GradeSure, Blocks: 6,
		Baseline: analysis.Estimate{Arm: "celery/prefork"}, Candidate: analysis.Estimate{Arm: "asynctasq/async"},
		Ratio: stats.Interval{Estimate: 2, Low: 1.9, High: 2.11}, Bracketed: stats.Interval{Low: 1.8, High: 2.2}}
	change := func(f func(*analysis.Comparison)) analysis.Comparison { x := c; f(&x); return x }
	for want, c := range map[string]analysis.Comparison{
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks).": c,
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks). It is 1.80 to 2.20 " +
			"whatever the noise of the machine did.": change(func(c *analysis.Comparison) { c.Noisy = 2 }),
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks). This is as measured here: " +
			"other programs ran during 3 of 6 blocks, and without them the ratio might be 1.80 to 2.20.": change(func(c *analysis.Comparison) {
			c.Grade, c.Disturbed = analysis.GradeHere, 3
		}),
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks). This is as measured here: " +
			"the noise of other machines isn't measured.": change(func(c *analysis.Comparison) {
			c.Grade, c.NoiseUnknown = analysis.GradeHere, analysis.NoiseMachines
		}),
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks). This is as measured here: " +
			"other programs can't be known with an attached broker. Whatever the noise did that was measured, it is 1.80 to 2.20.": change(func(c *analysis.Comparison) {
			c.Grade, c.NoiseUnknown, c.Noisy = analysis.GradeHere, analysis.NoiseAttached, 2
		}),
		"asynctasq/async drains 2.00 times as many tasks per second as celery/prefork (95 % interval 1.90 to 2.11, 6 blocks). It does not count in the " +
			"answer: celery/prefork delivers at most once here, asynctasq/async at least once.": change(func(c *analysis.Comparison) {
			c.NotCounted = analysis.Promises{Baseline: "at most once", Candidate: "at least once"}
		}),
		"asynctasq/async drains anything from 1.90 to 2.11 times as many tasks per second as celery/prefork (6 blocks): undecided; about 9 blocks would decide.": change(func(c *analysis.Comparison) {
			c.Verdict, c.Grade, c.NeedBlocks = analysis.Undecided, "", 9
		}),
		"There is no comparison of asynctasq/async with celery/prefork in throughput: one side has no value.": change(func(c *analysis.Comparison) {
			c.Verdict, c.Grade = analysis.NoData, ""
		}),
		"asynctasq/async is worse than celery/prefork in memory growth in 1000 tasks (0.0170 against 5.47e-14 MiB, 6 blocks). This is as measured here.": change(func(c *analysis.Comparison) {
			growth(c)
			c.Verdict, c.Grade, c.Noisy = analysis.Slower, analysis.GradeHere, 2
		}),
		"asynctasq/async and celery/prefork in memory growth in 1000 tasks (0.0170 against 5.47e-14 MiB, 6 blocks): undecided; about 9 blocks would decide.": change(func(c *analysis.Comparison) {
			growth(c)
			c.Verdict, c.Grade, c.NeedBlocks = analysis.Undecided, "", 9
		}),
		"There is no comparison of asynctasq/async with celery/prefork in memory growth in 1000 tasks: no block has a ratio, as values that aren't above " +
			"zero have none (0.0170 against 5.47e-14 MiB).": change(func(c *analysis.Comparison) {
			growth(c)
			c.Verdict, c.Grade, c.Blocks, c.Ratio = analysis.Undecided, "", 0, stats.Interval{}
			c.Flags = []analysis.Flagged{{Code: "no-ratio", Block: 1, Fact: results.Fact{Check: results.CheckNoRatio}}}
		}),
		"There is no comparison of asynctasq/async with celery/prefork in throughput: no block counts on both sides.": change(func(c *analysis.Comparison) {
			c.Verdict, c.Grade, c.Blocks = analysis.Undecided, "", 0
		}),
	} {
		if got := SentenceOf(c); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// growth makes a comparison of what is nothing on an ordinary day.
func growth(c *analysis.Comparison) {
	c.Metric, c.Title, c.Unit = "memory_growth", "Memory growth in 1000 tasks", "MiB"
	c.Ratio = stats.Interval{Estimate: 3.1e11, Low: 2.9e11, High: 3.3e11, Confidence: 0.95}
	c.Baseline.Estimate, c.Baseline.Values = 5.47e-14, []float64{5.47e-14}
	c.Candidate.Estimate, c.Candidate.Values = 0.0170, []float64{0.0170}
}

func TestReasonsAreSaidInWords(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]analysis.Reason{
		"": {}, "the run ended before its first trial": {Code: analysis.ReasonNotBegun},
		"the run ended before its first trial, which takes about 12.2 s": {Code: analysis.ReasonNotBegun, Seconds: 12.2}, "no broker": {Code: analysis.ReasonNotRun, Detail: "no broker"},
		"5 of 6 trials are valid: lost":                  {Code: analysis.ReasonKeptOut, Count: 5, Of: 6, Detail: "lost"},
		"a worker ended by itself in 2 of 6 trials: bye": {Code: analysis.ReasonWorkerEnded, Count: 2, Of: 6, Detail: "bye"},
		"1 of 6 trials did not run: no broker":           {Code: analysis.ReasonSomeNotRun, Count: 1, Of: 6, Detail: "no broker"},
		"the run ended after 4 of 6 trials":              {Code: analysis.ReasonCutShort, Count: 4, Of: 6},
		"as it was said":                                 {Code: analysis.ReasonStated, Detail: "as it was said"},
	} {
		if got := ReasonWords(r); got != want {
			t.Errorf("%+v: %q, want %q", r, got, want)
		}
	}
}

func TestClaimsAreSaidInASentence(t *testing.T) {
	t.Parallel()
	c := analysis.Claim{Unit: "tasks/s", Contender: "b", Measured: 1035, Low: 1010, High: 1060, Trials: 6, Outcome: analysis.ClaimHolds}
	with := func(f func(*analysis.Claim)) analysis.Claim { x := c; f(&x); return x }
	without := func(r analysis.ClaimReason) analysis.Claim {
		return analysis.Claim{Unit: "tasks/s", Outcome: analysis.ClaimNotMeasured, Reason: r}
	}
	side := analysis.ClaimReason{Scenario: "throughput", Broker: "redis", Contender: "asynctasq", Metric: "pss"}
	of := func(code string) analysis.Claim { side.Code = code; return without(side) }
	for want, c := range map[string]analysis.Claim{
		"Holds here: 1035 tasks/s (1010 to 1060) with b, in the matched set-up.": c,
		"Holds here: 1035 tasks/s (1010 to 1060) with b, as installed.":          with(func(c *analysis.Claim) { c.Defaults = true }),
		"Not reproduced: less was measured here: 2.00 times (-1.5 to 9.50) with b, in the matched set-up.": with(func(c *analysis.Claim) {
			c.Outcome, c.Unit, c.Measured, c.Low, c.High = analysis.ClaimLower, "times", 2, -1.5, 9.5
		}),
		"Undecided: one trial has no interval: 1035 tasks/s (1010 to 1060) with b, in the matched set-up.": with(func(c *analysis.Claim) {
			c.Outcome, c.Reason.Code = analysis.Undecided, analysis.ReasonNoInterval
		}),
		"Undecided, since what was measured asks more than is claimed (more is in it): 1035 tasks/s (1010 to 1060) with b, in the matched set-up.": with(func(c *analysis.Claim) {
			c.Outcome, c.Reason = analysis.Undecided, analysis.ClaimReason{Code: analysis.ReasonStricter, Detail: "more is in it"}
		}),
		"Too few or too varied trials to tell: 1035 tasks/s (1010 to 1060) with b, in the matched set-up.": with(func(c *analysis.Claim) { c.Outcome = analysis.Undecided }),
		"Nobody looks.": {Outcome: analysis.ClaimNotMeasurable, Reason: analysis.ClaimReason{Code: analysis.ReasonUnmeasurable, Detail: "nobody looks"}},
		"This run has a longer way to its brokers, and no figure was published for such a network.":      without(analysis.ClaimReason{Code: analysis.ReasonDelayed}),
		"This run has workers and load on several machines, and no figure was published for that.":       without(analysis.ClaimReason{Code: analysis.ReasonMachines}),
		"The claim is for each worker process, and as installed, each queue has its own number of them.": of(analysis.ReasonInstalled),
		"This run has no throughput on redis.":                                                           of(analysis.ReasonNoPlace),
		"This run has no asynctasq in throughput on redis.":                                              of(analysis.ReasonNoContender),
		"No trial of asynctasq in throughput on redis has a valid memory (PSS).":                         of(analysis.ReasonNoValue),
		"The claim is in tasks/s and what was measured in MiB.":                                          without(analysis.ClaimReason{Code: analysis.ReasonUnit, Unit: "MiB"}),
		"Fewer than two blocks are valid on both sides.":                                                 without(analysis.ClaimReason{Code: analysis.ReasonFewBlocks}),
		"What was measured is beyond the range of numbers.":                                              without(analysis.ClaimReason{Code: analysis.ReasonBeyond}),
		"As it was said.": {Outcome: analysis.ClaimHolds, Stated: "As it was said."},
	} {
		if got := ClaimSentence(c); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
