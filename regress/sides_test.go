package regress

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// several are runs from number n on, with these scales.
func several(n int, scales ...float64) []*Run {
	var out []*Run
	for i, s := range scales {
		out = append(out, newRun(string(rune('a'+n+i)), made(n+i, 7, s)))
	}
	return out
}

func rowOf(t *testing.T, c Comparison, metric string) Row {
	t.Helper()
	for _, r := range c.Rows {
		if r.Metric == metric && r.Broker == "redis" && r.Arm == "celery/prefork" {
			return r
		}
	}
	t.Fatalf("no row of %s", metric)
	return Row{}
}

// Where runs of one side differ by more than their trials, the interval includes it, and a threshold is no longer decided.
func TestTheDeviationBetweenRunsWidensTheInterval(t *testing.T) {
	t.Parallel()
	threshold, err := ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		sides Sides
		want  string
		runs  bool // NeedRuns is known
	}{
		"one run a side":          {Sides{Old: several(0, 1), New: several(4, 0.9), Anyway: true}, Fails, false},
		"alike runs":              {Sides{Old: several(0, 1, 1.002, 0.999), New: several(4, 0.9, 0.901, 0.899)}, Fails, false},
		"runs that differ":        {Sides{Old: several(0, 1.03, 0.97), New: several(4, 0.93, 0.87)}, CantTell, true},
		"several old, one new":    {Sides{Old: several(0, 1, 1.002, 0.999), New: several(4, 0.9)}, Fails, false},
		"further runs that don't": {Sides{Old: several(0, 1), New: several(4, 0.9), Same: [][]*Run{several(8, 1, 1.001, 1.002, 0.999)}}, Fails, false},
		"further runs that do":    {Sides{Old: several(0, 1), New: several(4, 0.9), Same: [][]*Run{several(8, 1, 1.1, 0.95)}}, CantTell, true},
	} {
		c, err := Compare(tt.sides, []Threshold{threshold})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		d := c.Decisions[0]
		if c.Outcome != tt.want || d.NeedRuns > 0 != tt.runs || d.NeedTrials > 0 || (d.Grade == stats.Sure) != (tt.want != CantTell) {
			t.Errorf("%s: %s, %+v", name, c.Outcome, d)
		}
		r := rowOf(t, c, "throughput")
		if (r.Deviation == nil) != tt.sides.Anyway || len(r.Old.RunMeans) != len(tt.sides.Old) || math.Abs(r.New.Mean/r.Old.Mean/r.Ratio.Estimate-1) > 1e-9 {
			t.Errorf("%s: %+v %v", name, r.Deviation, r.Ratio)
		}
	}
}

func TestThresholdsNeedRunsThatShowHowMuchTheyDiffer(t *testing.T) {
	t.Parallel()
	threshold, err := ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	one := Sides{Old: several(0, 1), New: several(4, 1)}
	for name, s := range map[string]Sides{"one a side": one, "one alike": {Old: one.Old, New: one.New, Same: [][]*Run{several(8, 1)}}} {
		if _, err := Compare(s, []Threshold{threshold}); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "--anyway") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Compare(s, nil); err != nil {
			t.Errorf("%s, only shown: %v", name, err)
		}
	}
	if _, err := Compare(Sides{Old: several(0, 1, 1), New: several(1, 1, 1)}, nil); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), "b and b are the same run") {
		t.Errorf("a run on both sides: %v", err)
	}
}

// Runs that asked something else, or lack the metric, don't show how much runs differ: a threshold can't be decided then.
func TestRunsThatSayNothingOfAFigureDecideNoThreshold(t *testing.T) {
	t.Parallel()
	threshold, err := ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	lacking := func(n int) *Run {
		a := made(n, 7, 1)
		for i := range a.Trials {
			delete(a.Trials[i].Metrics, "throughput")
		}
		return newRun("lacking "+string(rune('a'+n)), a)
	}
	for name, s := range map[string]Sides{
		"one run of each side has it": {Old: append(several(0, 1), lacking(20)), New: append(several(4, 0.5), lacking(21))},
		"no further run has it":       {Old: several(0, 1), New: several(4, 0.5), Same: [][]*Run{{lacking(20), lacking(21)}}},
	} {
		c, err := Compare(s, []Threshold{threshold})
		if err != nil || c.Outcome != CantTell || rowOf(t, c, "throughput").Reason.Code != ReasonAlone {
			t.Errorf("%s: %s, %+v, %v", name, c.Outcome, c.Decisions, err)
		}
		s.Anyway = true
		if c, err := Compare(s, []Threshold{threshold}); err != nil || c.Outcome != Fails {
			t.Errorf("%s, anyway: %s, %v", name, c.Outcome, err)
		}
	}
}

// What noise can have changed is part of the answer: a change that it can explain is one as measured here.
func TestNoisyTrialsBracketTheChange(t *testing.T) {
	t.Parallel()
	threshold, err := ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	noisy := made(4, 7, 0.9)
	for i := range noisy.Trials {
		x := &noisy.Trials[i]
		x.Brackets = map[string]analysis.Bracket{"throughput": {Low: x.Metrics["throughput"], High: 1.15 * x.Metrics["throughput"]}}
	}
	c, err := Compare(Sides{Old: several(0, 1, 1.001), New: append(several(8, 0.9), newRun("noisy", noisy))}, []Threshold{threshold})
	if err != nil {
		t.Fatal(err)
	}
	r := rowOf(t, c, "throughput")
	if r.Bracketed == nil || r.Bracketed.Low > r.Ratio.Low || r.Bracketed.High <= r.Ratio.High || r.Bracketed.High < 0.95 {
		t.Fatalf("%+v of %+v", r.Bracketed, r.Ratio)
	}
	if r := rowOf(t, c, "latency_p99"); r.Bracketed != nil {
		t.Errorf("latency is bracketed: %+v", r.Bracketed)
	}
	if d := c.Decisions[0]; d.Outcome != Fails || d.Grade != stats.Here {
		t.Errorf("%+v", d)
	}
}

// Where the noise of a run can't be known, what thresholds say of it holds as measured here.
func TestUnknownNoiseGivesTheLowerGrade(t *testing.T) {
	t.Parallel()
	threshold, err := ParseThreshold("throughput < -5%")
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		change func(*analysis.Analysis)
		want   string
		grade  stats.Grade
	}{
		"private":             {func(*analysis.Analysis) {}, "", stats.Sure},
		"several machines":    {func(a *analysis.Analysis) { a.Cells[0].NoiseUnknown = analysis.NoiseMachines }, analysis.NoiseMachines, stats.Here},
		"an attached broker":  {func(a *analysis.Analysis) { a.Cells[0].NoiseUnknown = analysis.NoiseAttached }, analysis.NoiseAttached, stats.Here},
		"before it was noted": {func(a *analysis.Analysis) { a.Run.Brokers[0].Attached = true }, analysis.NoiseAttached, stats.Here},
		"machines before it was noted": {func(a *analysis.Analysis) {
			for i := range a.Trials {
				a.Trials[i].Hosts = []results.Host{{Name: "agent"}}
			}
		}, analysis.NoiseMachines, stats.Here},
	} {
		a := made(4, 7, 0.8)
		tt.change(&a)
		c, err := Compare(Sides{Old: several(0, 1, 1.001), New: append(several(8, 0.8), newRun("new", a))}, []Threshold{threshold})
		if err != nil {
			t.Fatal(err)
		}
		if d, r := c.Decisions[0], rowOf(t, c, "throughput"); d.Outcome != Fails || d.Grade != tt.grade || r.NoiseUnknown != tt.want {
			t.Errorf("%s: %s, %q, %q", name, d.Outcome, d.Grade, r.NoiseUnknown)
		}
	}
}

// Where nothing is an ordinary value, a change in percent says nothing.
func TestWhatMayBeZeroHasNoRatio(t *testing.T) {
	t.Parallel()
	grown := func(n int, growth float64) analysis.Analysis {
		a := made(n, 7, 1)
		for i := range a.Trials {
			a.Trials[i].Metrics["memory_growth"] = growth
		}
		return a
	}
	c, err := Compare(pair(newRun("old", grown(0, 5.47e-14)), newRun("new", grown(1, 0.017))), nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, c, "memory_growth"); r.Ratio != nil || r.Reason.Code != ReasonNoRatio || len(r.Old.Values) != 7 || len(r.New.Values) != 7 {
		t.Errorf("%+v", r)
	}
	if r := rowOf(t, c, "tasks_lost"); r.Ratio == nil || r.Ratio.Estimate != 1 {
		t.Errorf("none lost on either side: %+v", r)
	}
}

func TestRunsOfASideThatDifferAreNamed(t *testing.T) {
	t.Parallel()
	other := made(1, 7, 1)
	other.Run.Machine.CPU = "Xeon"
	c, err := Compare(Sides{Old: append(several(0, 1), newRun("other", other)), New: several(4, 1, 1)}, nil)
	if err != nil || len(c.Differences) != 1 || c.Differences[0] != (Difference{"CPU within the old runs", "EPYC", "Xeon", Warning, ""}) {
		t.Errorf("%+v %v", c.Differences, err)
	}
	other.Scenarios[0].Definitions["redis"]["phases.drain.tasks"] = "3000"
	c, err = Compare(Sides{Old: several(0, 1), New: append(several(4, 1), newRun("other", other))}, nil)
	if err != nil || rowOf(t, c, "throughput").Reason.Code != ReasonDiffers {
		t.Errorf("%+v %v", c.Rows[0].Reason, err)
	}
}

func TestASideIsPathsOrAFolderOfRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, name := range []string{"main/1", "main/2", "change,1", "apart/3"} {
		out := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(out, 0o755), analysis.Write(out, made(i, 7, 1))); err != nil {
			t.Fatal(err)
		}
	}
	put(t, dir, "main/package.json", `{}`)
	put(t, dir, "going/1/plan.json", `{}`)
	in := func(names ...string) string {
		for i, n := range names {
			names[i] = filepath.Join(dir, n)
		}
		return strings.Join(names, ",")
	}
	for paths, want := range map[string]int{in("main"): 2, in("main/1", "main/2", "apart"): 3, in("change,1"): 1, in("apart/3/analysis.json"): 1} {
		h, err := ReadRuns(paths)
		if err != nil || len(h.Runs) != want || (len(h.LeftOut) == 1) != (paths == in("main")) {
			t.Errorf("%s: %d runs, %v left out, %v", paths, len(h.Runs), h.LeftOut, err)
		}
	}
	for paths, want := range map[string]string{in("main/1") + ",": "an empty path", in("main", "nowhere"): "no such file", in("going"): "run tqbench analyze"} {
		if _, err := ReadRuns(paths); !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", paths, err)
		}
	}
}

// Further runs of one thing are compared with the first run that has the cell.
func TestFurtherRunsNeedNotBeInTheFirstOldOne(t *testing.T) {
	t.Parallel()
	runs := several(0, 1, 1.01, 1.02, 0.99, 1)
	without := newRun("without", analysis.Analysis{Run: runs[0].Run, Trials: made(0, 7, 1).Trials[7:8]})
	s := Sides{Old: []*Run{without, runs[1]}, New: []*Run{runs[2]}, Same: [][]*Run{{runs[3], runs[4]}}}
	c, err := Compare(s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r := rowOf(t, c, "throughput"); r.Ratio == nil || r.Deviation == nil {
		t.Errorf("%+v", r)
	}
}
