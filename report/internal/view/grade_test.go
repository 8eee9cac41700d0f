package view

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// verdictOn is a comparison of throughput with a ratio in seven blocks.
func verdictOn(verdict, grade string, change func(*analysis.Comparison)) analysis.Comparison {
	c := analysis.Comparison{
		Metric: "throughput", Title: "Throughput", Unit: "tasks/s", HigherIsBetter: true, Deciding: true, Verdict: verdict, Grade: grade, Blocks: 7,
		Baseline: analysis.Estimate{Arm: "B"}, Candidate: analysis.Estimate{Arm: "C"},
		Ratio: stats.Interval{Estimate: 6.06, Low: 4.93, High: 8.44}, Bracketed: stats.Interval{Estimate: 6.06, Low: 4.8, High: 8.57},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func TestVerdictsAreSaidWithGradeAndNumbers(t *testing.T) {
	t.Parallel()
	late, throttled, disturbed := []analysis.Flagged{{Code: results.FlagLate}}, []analysis.Flagged{{Code: results.FlagThrottled}}, []analysis.Flagged{{Code: results.FlagDisturbed}}
	for _, tt := range []struct {
		name string
		c    analysis.Comparison
		want string
	}{
		{"sure, noisy", verdictOn(analysis.Faster, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Flags = 5, throttled }),
			"faster: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the stolen CPU time did"},
		{"sure, late", verdictOn(analysis.Slower, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Metric, c.Flags = 5, "latency_p50", late }),
			"slower: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the late generator did"},
		{"late is nothing to throughput", verdictOn(analysis.Faster, analysis.GradeSure, func(c *analysis.Comparison) { c.Noisy, c.Flags = 5, late }),
			"faster: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the noise of the machine did"},
		{"sure, both", verdictOn(analysis.Slower, analysis.GradeSure, func(c *analysis.Comparison) {
			c.Noisy, c.Metric, c.Flags = 5, "latency_p50", slices.Concat(late, disturbed, throttled)
		}), "slower: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the stolen CPU time, other programs and the late generator did"},
		{"sure, quiet", verdictOn(analysis.Faster, analysis.GradeSure, nil), "faster: 6.06 times (4.93 to 8.44)"},
		{"of before grades", verdictOn(analysis.Faster, "", nil), "faster: 6.06 times (4.93 to 8.44)"},
		{"here by stolen time", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Noisy, c.Bracketed.Low, c.Flags = 5, 0.93, throttled }),
			"faster as measured here: 6.06 times (4.93 to 8.44); without the stolen CPU time the ratio may be 0.930 to 8.57"},
		{"here by other programs", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Disturbed, c.Noisy, c.Flags = 3, 3, disturbed }),
			"faster as measured here: 6.06 times (4.93 to 8.44); other programs ran during 3 of 7 blocks; 4.80 to 8.57 whatever other programs did"},
		{"here by the correction", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.Noisy, c.Flags = 2, throttled }),
			"faster as measured here: 6.06 times (4.93 to 8.44); without the stolen CPU time (4.80 to 8.57) it is not sure"},
		{"here by what isn't known", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) { c.NoiseUnknown = analysis.NoiseAttached }),
			"faster as measured here: 6.06 times (4.93 to 8.44); other programs can't be known with an attached broker"},
		{"here by what isn't known, noisy", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) {
			c.NoiseUnknown, c.Noisy, c.Flags = analysis.NoiseMachines, 2, throttled
		}), "faster as measured here: 6.06 times (4.93 to 8.44); the noise of other machines isn't measured; 4.80 to 8.57 whatever the stolen CPU time did"},
		{"equivalent by what is known", verdictOn(analysis.Equivalent, analysis.GradeHere, func(c *analysis.Comparison) {
			c.NoiseUnknown, c.Ratio, c.Bracketed = analysis.NoiseAttached, stats.Interval{Estimate: 1, Low: 0.98, High: 1.02}, stats.Interval{Estimate: 1, Low: 0.98, High: 1.02}
		}), "equivalent as measured here: 1.00 times (0.980 to 1.02); other programs can't be known with an attached broker"},
		{"here by both", verdictOn(analysis.Faster, analysis.GradeHere, func(c *analysis.Comparison) {
			c.NoiseUnknown, c.Noisy, c.Bracketed.Low, c.Flags = analysis.NoiseAttached, 5, 0.93, throttled
		}), "faster as measured here: 6.06 times (4.93 to 8.44); without the stolen CPU time the ratio may be 0.930 to 8.57"},
		{"memory", verdictOn(analysis.Slower, analysis.GradeHere, func(c *analysis.Comparison) { c.Metric, c.Disturbed = "pss", 2 }),
			"worse as measured here: 6.06 times (4.93 to 8.44); other programs ran during 2 of 7 blocks"},
		{"growth has no ratio", verdictOn(analysis.Slower, analysis.GradeSure, func(c *analysis.Comparison) { growth(c); c.Noisy, c.Flags = 5, disturbed }),
			"worse: 0.0170 against 5.47e-14 MiB"},
		{"growth, here", verdictOn(analysis.Slower, analysis.GradeHere, func(c *analysis.Comparison) { growth(c); c.Noisy, c.Flags = 1, disturbed }),
			"worse as measured here: 0.0170 against 5.47e-14 MiB; without other programs it is not sure"},
		{"undecided", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.NeedBlocks, c.NeedSeconds = 17, 520 }),
			"undecided: 6.06 times (4.93 to 8.44); about 17 blocks would decide, 10 more in about 9 min"},
		{"far from decided", verdictOn(analysis.Undecided, "", nil), "undecided: 6.06 times (4.93 to 8.44); more than 1,000 blocks would be needed to decide"},
		{"one block", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.Blocks, c.NeedBlocks, c.NeedSeconds = 1, 6, 61 }),
			"undecided: 6.06 times (1 block, no interval); at least 6 blocks are needed, 5 more in about 61.0 s"},
		{"no block", verdictOn(analysis.Undecided, "", func(c *analysis.Comparison) { c.Blocks, c.Ratio = 0, stats.Interval{} }), "undecided"},
		{"no data", verdictOn(analysis.NoData, "", func(c *analysis.Comparison) { c.Blocks, c.Ratio = 0, stats.Interval{} }), "no data"},
		{"one side", verdictOn(analysis.NoData, "", func(c *analysis.Comparison) {
			c.Blocks, c.Ratio, c.Baseline.Values = 0, stats.Interval{}, []float64{1}
		}), "one side only"},
	} {
		if got := VerdictSentence(tt.c); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestLengthsAreRounded(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[float64]string{44.4: "44.4 s", 89: "89.0 s", 91: "2 min", 3600: "60 min", 5400: "1.5 h", 90_000: "25.0 h"} {
		if got := lengthWords(seconds); got != want {
			t.Errorf("%g: %s, want %s", seconds, got, want)
		}
	}
}

// The headline has the numbers of every metric that decides, whatever its verdict.
func TestHeadlineHasTheNumbers(t *testing.T) {
	t.Parallel()
	a := fixture.NoisyRun()
	a.Comparisons[4].Deciding = true
	want := "On Redis, asynctasq/async is ahead of celery/prefork in throughput: 6.06 times (5.42 to 6.71), 5.07 to 7.97 whatever the stolen CPU time " +
		"did; in median latency, as measured here: 0.611 times (0.580 to 0.644); undecided in p99 latency: 1.08 times (0.922 to 1.25); " +
		"in memory (PSS): 61.1 against 118 (!) MiB."
	if diff := cmp.Diff(want, headline(a)); diff != "" {
		t.Error(diff)
	}
	worse := fixture.NoisyRun()
	worse.Comparisons = worse.Comparisons[:1]
	worse.Comparisons[0].Verdict, worse.Comparisons[0].Noisy = analysis.Slower, 0
	if got, want := headline(worse), "On Redis, celery/prefork is ahead of asynctasq/async in throughput: asynctasq/async is at 6.06 times (5.42 to 6.71)."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	other := fixture.NoisyRun()
	for i := range other.Comparisons {
		other.Comparisons[i].Broker = "postgres"
	}
	a.Comparisons = append(a.Comparisons, other.Comparisons...)
	if got := headline(a); !strings.HasSuffix(got, "; 2 of these verdicts only as measured here.") {
		t.Errorf("the tally says %s", got)
	}
	if got := headline(fixture.OneArm()); got != "On Redis, celery/prefork: throughput 591 tasks/s (566 to 600), median latency 3.41 ms (3.35 to 3.47), p99 latency 21.3 ms (20.7 to 22.7)." {
		t.Errorf("one arm: %s", got)
	}
}
