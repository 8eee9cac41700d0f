package analysis

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats/sequential"
	"github.com/tqbench/tqbench/suite"
)

// clear are blocks of a ratio of about 1.5 whose brackets change it by a few percent.
func clear(n int) Blocks {
	var b Blocks
	for i := range n {
		x := math.Log(1.5 + 0.1*float64(i%2))
		b = append(b, Block{Low: x - 0.05, Log: x, High: x + 0.05})
	}
	return b
}

// Each clause of the rule is enough to change the verdict or its grade by itself.
func TestEachClauseOfTheRuleCounts(t *testing.T) {
	within := Exactly([]float64{0.01, 0.011, 0.009, 0.01, 0.011, 0.009, 0.01, 0.01})
	for _, test := range []struct {
		name    string
		change  func(*judgement)
		verdict string
		grade   string
	}{
		{"all for it", func(*judgement) {}, Faster, GradeSure},
		{"corrected p too large", func(j *judgement) { j.plain, j.bracketed = 0.05, 0.05 }, Undecided, ""},
		{"p too large at an end of the bracket", func(j *judgement) { j.bracketed = 0.05 }, Faster, GradeHere},
		{"an end of the brackets on the other side", func(j *judgement) {
			for i := range j.blocks {
				j.blocks[i].Low = -0.1
			}
		}, Faster, GradeHere},
		{"the median isn't on the side of the mean", func(j *judgement) {
			j.blocks = Exactly([]float64{-0.01, -0.02, -0.01, -0.02, 0.01, 3, 3, 3})
		}, Undecided, ""},
		{"five blocks", func(j *judgement) { j.blocks = j.blocks[:5] }, Undecided, ""},
		{"within the margin", func(j *judgement) { j.blocks = within }, Equivalent, GradeSure},
		{"within the margin, five blocks", func(j *judgement) { j.blocks = within[:5] }, Undecided, ""},
		{"within the margin, but not at an end of the brackets", func(j *judgement) {
			j.blocks, j.plain, j.bracketed = slices.Clone(within), 0.5, 0.5
			j.blocks[3].High = 0.5
		}, Undecided, ""},
	} {
		j := judgement{blocks: clear(8), plain: 0.001, bracketed: 0.001}
		test.change(&j)
		for _, higher := range []bool{true, false} {
			want := test.verdict
			if !higher && want == Faster {
				want = Slower
			}
			if verdict, grade := j.verdict(higher); verdict != want || grade != test.grade {
				t.Errorf("%s: %s, %s, want %s, %s", test.name, verdict, grade, want, test.grade)
			}
		}
	}
}

// The p-value at the ends of the brackets is the larger one, and there is none where the ends are on two sides.
func TestThePValueOfBracketsIsTheWorse(t *testing.T) {
	b := clear(8)
	p := b.test(sequential.Scale{}, false)
	if p.plain != pairedT(momentsOf(b.logs())).P || p.bracketed != pairedT(momentsOf(b.lows())).P || p.bracketed <= p.plain {
		t.Errorf("%+v", p)
	}
	for i := range b {
		b[i].Low = -b[i].High
	}
	if p := b.test(sequential.Scale{}, false); p.bracketed != 1 || p.plain > 0.001 {
		t.Errorf("%+v", p)
	}
}

// Other programs beside more than a fifth of the blocks lower the grade, and no verdict.
func TestOtherProgramsLowerTheGrade(t *testing.T) {
	for disturbed, want := range map[int]string{0: GradeSure, 1: GradeSure, 2: GradeHere, 8: GradeHere} {
		c := ofLogs(0.5, 0.51, 0.49, 0.5, 0.52, 0.5, 0.5, 0.48)
		c.Disturbed = disturbed
		all := []Comparison{c}
		decide(all, suite.Plan{})
		if all[0].Verdict != Faster || all[0].Grade != want {
			t.Errorf("%d of 8 blocks: %s, %s", disturbed, all[0].Verdict, all[0].Grade)
		}
		if said := strings.Contains(all[0].Sentence, "as measured here: other programs ran beside"); said != (want == GradeHere) {
			t.Errorf("%s", all[0].Sentence)
		}
	}
}

// What doesn't decide weakens no answer: it is corrected by itself.
func TestTheFamilyIsWhatDecides(t *testing.T) {
	all := []Comparison{ofLogs(0.12, 0.1, 0.09, 0.16, 0.11, 0.2)}
	for range 400 {
		c := ofLogs(0.1, -0.1, 0.1, -0.1, 0.11, -0.1)
		c.Deciding = false
		all = append(all, c)
	}
	if family := decide(all, suite.Plan{}); family != 1 || all[0].Verdict != Faster {
		t.Errorf("a family of %d: %s", family, all[0].Sentence)
	}
}

// The first number of blocks that is said to do must do, and the one before must not, at the level of the correction.
func TestNeedIsTheFirstNumberThatDoes(t *testing.T) {
	logs := []float64{0.10, -0.05, 0.12, 0.02, -0.08, 0.20, 0.15}
	c := ofLogs(logs...)
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

// What was edited after the run, or comes from another one, is refused; a folder that was moved is not.
func TestPlanRunAndTrialsAreOfEachOther(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(*results.Run, *suite.Plan, *results.Trial)
		want   string
	}{
		"moved alone":                {func(*results.Run, *suite.Plan, *results.Trial) {}, ""},
		"another seed":               {func(_ *results.Run, p *suite.Plan, _ *results.Trial) { p.Seed++ }, "isn't the plan that"},
		"another scale":              {func(_ *results.Run, p *suite.Plan, _ *results.Trial) { p.Scale = 2 }, "isn't the plan that"},
		"another rate":               {func(_ *results.Run, p *suite.Plan, _ *results.Trial) { p.Scenarios[0].Phases[1].Rate = 101 }, "isn't the plan that"},
		"other numbers":              {func(_ *results.Run, p *suite.Plan, _ *results.Trial) { p.Scenarios[0].Phases[0].Tasks++ }, "isn't the plan that"},
		"a trial of another run":     {func(_ *results.Run, _ *suite.Plan, x *results.Trial) { x.Run = "other" }, "it is a trial of another run (other, of plan "},
		"a trial of another plan":    {func(_ *results.Run, _ *suite.Plan, x *results.Trial) { x.Plan = "0" }, "it is a trial of another run (r, of plan 0)"},
		"a run of another plan":      {func(r *results.Run, _ *suite.Plan, _ *results.Trial) { r.PlanHash = "0" }, "isn't the plan that"},
		"before any of it was noted": {func(r *results.Run, _ *suite.Plan, x *results.Trial) { r.PlanHash, x.Run, x.Plan = "", "", "" }, ""},
	} {
		f := newFolder(t, []string{"celery/prefork", "asynctasq/async"}, 1)
		for _, p := range f.plan.Trials {
			f.write(t, p, 200, 1, 1, nil, "")
		}
		hash, err := f.plan.Hash()
		if err != nil {
			t.Fatal(err)
		}
		run := results.Run{ID: "r", PlanHash: hash}
		x, err := results.ReadTrial(results.TrialDir(f.out, 1))
		if err != nil {
			t.Fatal(err)
		}
		x.Run, x.Plan = "r", hash
		tt.change(&run, &f.plan, &x)
		if err := errors.Join(results.WriteRun(f.out, run), suite.WritePlan(f.out, f.plan), results.WriteTrial(results.TrialDir(f.out, 1), x)); err != nil {
			t.Fatal(err)
		}
		_, err = Analyze(f.out)
		if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, results.ErrFormat) || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v, want %q", name, err, tt.want)
		}
	}
}
