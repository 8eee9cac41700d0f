package analysis

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// inFavour is a comparison with everything that the rule looks at, in favour of a verdict of "faster".
func inFavour() Comparison {
	c := Comparison{HigherIsBetter: true, Blocks: 8, CorrectedP: 0.001, Ratio: Interval{Estimate: 1.5, Low: 1.2, High: 1.9},
		Tests: []Test{{Name: TestTOST, P: 1}}}
	for _, m := range []string{IntervalPairedT, IntervalBCa, IntervalOrderStatistics} {
		c.Intervals = append(c.Intervals, Interval{Method: m, Estimate: 1.5, Low: 1.2, High: 1.9})
	}
	for i := range c.Blocks {
		c.Ratios = append(c.Ratios, BlockRatio{Block: i + 1, Ratio: 1.5 + 0.1*float64(i%2)})
	}
	return c
}

// Each clause of the rule is enough to change the verdict by itself.
func TestEachClauseOfTheRuleCounts(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Comparison)
		want   string
	}{
		{"all for it", func(*Comparison) {}, Faster},
		{"lower is better", func(c *Comparison) { c.HigherIsBetter = false }, Slower},
		{"corrected p too large", func(c *Comparison) { c.CorrectedP = 0.05 }, Undecided},
		{"t interval holds 1", func(c *Comparison) { c.Intervals[0].Low = 1 }, Undecided},
		{"bootstrap interval holds 1", func(c *Comparison) { c.Intervals[1].Low = 0.99 }, Undecided},
		{"order statistics hold 1", func(c *Comparison) { c.Intervals[2].Low = 0.99 }, Undecided},
		{"no order statistics", func(c *Comparison) { c.Intervals = c.Intervals[:2] }, Undecided},
		{"five blocks", func(c *Comparison) { c.Blocks = 5 }, Undecided},
		{"one-sided tests within the margin", func(c *Comparison) { c.Tests[0].P = 0.049 }, Equivalent},
		{"one-sided tests with five blocks", func(c *Comparison) { c.Tests[0].P, c.Blocks = 0.049, 5 }, Undecided},
		{"certain and small", func(c *Comparison) { c.Ratio.Low, c.Ratio.High = 1.01, 1.05 }, Equivalent},
		{"certain and just not small", func(c *Comparison) { c.Ratio.Low, c.Ratio.High = 1.01, 1.051 }, Faster},
	} {
		c := inFavour()
		test.change(&c)
		c.decide(1, false)
		if c.Verdict != test.want {
			t.Errorf("%s: %s, want %s", test.name, c.Verdict, test.want)
		}
		if c.Verdict == Undecided && c.NeedBlocks < max(minBlocks, c.Blocks+1) {
			t.Errorf("%s: %d blocks are asked for, after %d", test.name, c.NeedBlocks, c.Blocks)
		}
	}
}

// The first number of blocks that is said to do must do, and the one before must not, at the level of the correction.
func TestNeedIsTheFirstNumberThatDoes(t *testing.T) {
	var c Comparison
	logs := []float64{0.10, -0.05, 0.12, 0.02, -0.08, 0.20, 0.15}
	for i, l := range logs {
		c.Ratios = append(c.Ratios, BlockRatio{Block: i + 1, Ratio: math.Exp(l)})
	}
	c.Blocks = len(logs)
	m, last := momentsOf(logs), 0
	for _, factor := range []int{1, 8, 64} {
		n := c.need(factor)
		level := 1 - alpha/float64(factor)
		if m.mean <= tHalfWidth(m.sd, n, level) || m.mean > tHalfWidth(m.sd, n-1, level) {
			t.Errorf("factor %d: %d is not the first", factor, n)
		}
		if n <= last {
			t.Errorf("a correction by %d asks for %d blocks, no more than a weaker one", factor, n)
		}
		last = n
	}
}

// Small enough to count by hand: each of the 64 assignments of signs is equally likely.
func TestWilcoxonSharesRanksAmongTies(t *testing.T) {
	// Sizes 1, 1, 2, 2, 2, 3 share the ranks 1.5, 1.5, 4, 4, 4, 6; the zero has none.
	got := wilcoxon([]float64{1, -1, 2, 2, 2, 3, 0})
	near(t, "V", got.Statistic, 19.5)
	// All ranks make 21: a sum of at least 19.5 has no minus, or one at either of the ranks of 1.5.
	near(t, "p", got.P, 2*3.0/64)
}

// Beyond wilcoxonExact values the variance must still be right: for the signs of 101 values without ties the
// textbook gives n(n+1)/4 and n(n+1)(2n+1)/24.
func TestWilcoxonApproximatesBeyondTheExactRange(t *testing.T) {
	var x []float64
	v := 0.0
	for i := 1; i <= 101; i++ {
		if i%3 == 0 {
			x = append(x, -float64(i))
			continue
		}
		x = append(x, float64(i))
		v += float64(i)
	}
	z := (v - 101*102/4.0) / math.Sqrt(101*102*203/24.0)
	got := wilcoxon(x)
	near(t, "V", got.Statistic, v)
	near(t, "p", got.P, math.Erfc(math.Abs(z)/math.Sqrt2))
}

func TestABoundBesideOneNeverReadsAsOne(t *testing.T) {
	for x, want := range map[float64]string{1: "1.00", 1.003: "1.003", 0.9963: "0.996", 0.99996: "0.99996", 7.104: "7.10", 12.34: "12.3",
		123.4: "123", 0.0123: "0.012", 3e9: "3e+09"} {
		if got := times(x); got != want {
			t.Errorf("times(%v) = %s, want %s", x, got, want)
		}
	}
}

// The claim is checked against the first arm of a framework, whichever side it is on, and says which that was.
func TestClaimsNameTheArmTheyAreCheckedAgainst(t *testing.T) {
	for _, order := range [][]string{
		{"celery/prefork", "asynctasq/async", "asynctasq/thread"},
		{"asynctasq/async", "celery/prefork", "celery/threads"},
	} {
		f := newFolder(t, order, 6)
		drain := map[string]float64{"celery/prefork": 1000 / 1121.0, "asynctasq/async": 1000 / 3429.0, "asynctasq/thread": 5, "celery/threads": 5}
		for _, p := range f.plan.Trials {
			f.write(t, p, 1000, drain[p.Arm]*(1+0.001*float64(p.Block)), 1, nil, "")
		}
		want := []string{"asynctasq/async", "celery/prefork", "asynctasq/async over celery/prefork"}
		for i, c := range analyze(t, f).Claims[:3] {
			if c.Contender != want[i] || c.Outcome != "reproduced" || !(c.Low <= c.Measured && c.Measured <= c.High) {
				t.Errorf("baseline %s: %+v", order[0], c)
			}
			if !strings.Contains(c.Sentence, "with "+want[i]+", in the matched set-up.") {
				t.Errorf("sentence %q", c.Sentence)
			}
		}
	}
}

func TestResultsOfAnotherPlanAreRefused(t *testing.T) {
	f := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 6)
	for _, p := range f.plan.Trials {
		f.write(t, p, 200, 1, 1, nil, "")
	}
	shorter := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 2)
	if err := suite.WritePlan(f.out, shorter.plan); err != nil {
		t.Fatal(err)
	}
	if _, err := Analyze(f.out); !errors.Is(err, results.ErrFormat) || !strings.Contains(err.Error(), "not a trial of") {
		t.Errorf("a plan of 2 blocks beside the trials of 6: %v", err)
	}
}
