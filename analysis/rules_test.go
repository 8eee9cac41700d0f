package analysis

import (
	"errors"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Other programs during more than a fifth of the blocks lower the grade, and no verdict.
func TestOtherProgramsLowerTheGrade(t *testing.T) {
	t.Parallel()
	for disturbed, want := range map[int]string{0: GradeSure, 1: GradeSure, 2: GradeHere, 8: GradeHere} {
		c := ofLogs(0.5, 0.51, 0.49, 0.5, 0.52, 0.5, 0.5, 0.48)
		c.Disturbed = disturbed
		all := []Comparison{c}
		decide(all, suite.Plan{})
		if all[0].Verdict != Faster || all[0].Grade != want {
			t.Errorf("%d of 8 blocks: %s, %s", disturbed, all[0].Verdict, all[0].Grade)
		}
		if all[0].Crowded() != (want == GradeHere) {
			t.Errorf("%d of 8 blocks are too many: %v", disturbed, all[0].Crowded())
		}
	}
}

// What doesn't decide weakens no answer: it is corrected by itself.
func TestTheFamilyIsWhatDecides(t *testing.T) {
	t.Parallel()
	all := []Comparison{ofLogs(0.12, 0.1, 0.09, 0.16, 0.11, 0.2)}
	for range 400 {
		c := ofLogs(0.1, -0.1, 0.1, -0.1, 0.11, -0.1)
		c.Deciding = false
		all = append(all, c)
	}
	if family := decide(all, suite.Plan{}); family != 1 || all[0].Verdict != Faster {
		t.Errorf("a family of %d: %s", family, all[0].Verdict)
	}
}

// The claim is checked against the first arm of a framework, whichever side it is on, and says which that was.
func TestClaimsNameTheArmTheyAreCheckedAgainst(t *testing.T) {
	t.Parallel()
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
		}
	}
}

func TestResultsOfAnotherPlanAreRefused(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
