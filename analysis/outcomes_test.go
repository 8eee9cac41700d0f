package analysis

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
	"github.com/tqbench/tqbench/suite"
)

var asynctasqOverCelery = []string{"celery/prefork", "asynctasq/async"}

// writeAll writes every trial of a plan with 200 tasks a phase, drained in one second.
func (f *folder) writeAll(t testing.TB) {
	t.Helper()
	for _, p := range f.plan.Trials {
		f.write(t, p, 200, 1, 1, nil, "")
	}
}

// rewrite changes a trial that was written, with its tasks.
func (f *folder) rewrite(t testing.TB, id int, change func(*results.Trial, []results.Task)) {
	t.Helper()
	dir := results.TrialDir(f.out, id)
	tr, err := results.ReadTrial(dir)
	if err != nil {
		t.Fatal(err)
	}
	tasks, err := results.ReadTasks(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&tr, tasks)
	if err := errors.Join(results.WriteTasks(dir, tasks), results.WriteTrial(dir, tr)); err != nil {
		t.Fatal(err)
	}
}

// trialOf is the number of the trial of a block and an arm.
func (f *folder) trialOf(t testing.TB, block int, arm string) int {
	t.Helper()
	for _, p := range f.plan.Trials {
		if p.Block == block && p.Arm == arm {
			return p.ID
		}
	}
	t.Fatalf("no trial of %s in block %d", arm, block)
	return 0
}

// blocksOf are the blocks that a comparison rests on.
func blocksOf(c Comparison) []int {
	var out []int
	for _, r := range c.Ratios {
		out = append(out, r.Block)
	}
	return out
}

// Twice as fast in odd blocks and eight times in even ones is four times, not five: 2*8*2*8*2*8 = 4^6. The medians
// are those of the two sides, and their ratio is another number: 1200/250.
func TestTheRatioIsTheGeometricMeanOfTheBlocks(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 6)
	for _, p := range f.plan.Trials {
		drain := 0.5 // 400 tasks/s by the baseline in odd blocks: 200 tasks
		if p.Block%2 == 0 {
			drain = 2 // and 100 in even ones
		}
		if p.Arm == "asynctasq/async" {
			drain /= []float64{8, 2}[p.Block%2] // 800 in all
		}
		f.write(t, p, 200, drain, 1, nil, "")
	}
	c := comparison(t, analyze(t, f), "throughput")
	near(t, "ratio", c.Ratio.Estimate, 4)
	near(t, "median of the baseline", c.Baseline.Estimate, 250)
	near(t, "median of the candidate", c.Candidate.Estimate, 800)
	// Six values: the ends of the order statistics are the least and the greatest.
	near(t, "low of the baseline", c.Baseline.Low, 100)
	near(t, "high of the baseline", c.Baseline.High, 400)
	// Deviations of 150 from the mean 250: sd = sqrt(6*150^2/5).
	near(t, "CV of the baseline", c.Baseline.CV, math.Sqrt(6.0/5)*150/250)
	for i, r := range c.Ratios {
		near(t, "ratio of a block", r.Ratio, []float64{2, 8}[i%2])
	}
	// Log ratios are log 4 +- log 2: t = log 4/(log 2 sqrt(6/5)/sqrt(6)) = 2 sqrt(5).
	for _, x := range c.Tests {
		if x.Name == stats.TestPairedT {
			near(t, "t", x.Statistic, 2*math.Sqrt(5))
		}
	}
	if c.Verdict != Faster {
		t.Errorf("%s: %+v", c.Verdict, c.Ratio)
	}
}

// Each metric loses the block whose flag names it, and no other metric does.
func TestAFlagForOneMetricTakesOneBlockFromIt(t *testing.T) {
	t.Parallel()
	names := []string{"throughput", "latency_p50", "latency_p99", "enqueue_client", "enqueue_wire", "cpu_per_1000", "cpu_per_task", "pss"}
	f := newFolder(t, asynctasqOverCelery, len(names))
	for _, p := range f.plan.Trials {
		var flags []results.Flag
		if p.Arm == "asynctasq/async" {
			flags = []results.Flag{{Code: results.FlagLate, Metrics: []string{names[p.Block-1]}}}
		}
		f.write(t, p, 200, 1, 1, flags, "")
	}
	a := analyze(t, f)
	if len(a.Comparisons) != len(names) {
		t.Fatalf("%d comparisons", len(a.Comparisons))
	}
	for i, name := range names {
		c := comparison(t, a, name)
		want := []int{1, 2, 3, 4, 5, 6, 7, 8}
		want = slices.Delete(want, i, i+1)
		if got := blocksOf(c); !slices.Equal(got, want) || c.Blocks != 7 {
			t.Errorf("%s has blocks %v, want %v", name, got, want)
		}
		if len(c.Candidate.Values) != 7 || len(c.Baseline.Values) != 8 {
			t.Errorf("%s: %d and %d values: the trial is out, its neighbour isn't", name, len(c.Candidate.Values), len(c.Baseline.Values))
		}
		if len(c.Flags) != 1 || !c.Flags[0].Excluded || c.Flags[0].Block != i+1 {
			t.Errorf("%s: flags %+v", name, c.Flags)
		}
	}
}

func TestATrialThatDidNotRunIsListedAndTakesItsBlock(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 7)
	failed := f.trialOf(t, 4, "celery/prefork")
	for _, p := range f.plan.Trials {
		reason := ""
		if p.ID == failed {
			reason = "the broker did not start"
		}
		f.write(t, p, 200, 1, 1, nil, reason)
	}
	a := analyze(t, f)
	row := a.Trials[failed-1]
	if len(a.Trials) != 14 || row.ID != failed || row.Reason != "the broker did not start" || row.Metrics == nil || len(row.Metrics) != 0 {
		t.Errorf("%d trials; %+v", len(a.Trials), row)
	}
	for _, c := range a.Comparisons {
		if got := blocksOf(c); !slices.Equal(got, []int{1, 2, 3, 5, 6, 7}) || c.Verdict != Equivalent {
			t.Errorf("%s: blocks %v, %s", c.Metric, got, c.Verdict)
		}
	}
}

// 50 of 200 tasks ended otherwise, and a throughput of finished tasks doesn't have them; nor have the latencies.
func TestOnlyFinishedTasksCount(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 1)
	f.writeAll(t)
	f.rewrite(t, 1, func(tr *results.Trial, tasks []results.Task) {
		tr.Counts = results.Counts{Sent: 552, Finished: 450, Failed: 51, Lost: 51, Rejected: 48}
		for _, code := range []string{results.FlagFailed, results.FlagLost, results.FlagRejected} {
			tr.Flags = append(tr.Flags, results.Flag{Code: code})
		}
		others := []string{results.OutcomeFailed, results.OutcomeLost, results.OutcomeRejected}
		// Three rows a number, one for each phase: those of the first 50 tasks.
		for i := range 150 {
			tasks[i].Outcome = others[i/3%3]
		}
	})
	a := analyze(t, f)
	near(t, "throughput", a.Trials[0].Metrics["throughput"], 150)
	near(t, "throughput of the other", a.Trials[1].Metrics["throughput"], 200)
	near(t, "CPU of 2 s per 150 tasks", a.Trials[0].Metrics["cpu_per_1000"], 2.0/150*1000)
	near(t, "CPU of 3 s per 150 paced tasks", a.Trials[0].Metrics["cpu_per_task"], 3.0/150*1e6)
	// Latencies of 51 to 200 ms.
	near(t, "median latency", a.Trials[0].Metrics["latency_p50"], 125.5)
	near(t, "99th percentile", a.Trials[0].Metrics["latency_p99"], 51+0.99*149)
}

// Fewer than 100 latencies have no 99th percentile to speak of: it would be their maximum.
func TestAShortTailHasNo99thPercentile(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 1)
	for _, p := range f.plan.Trials {
		f.write(t, p, 98+p.ID, 1, 1, nil, "")
	}
	a := analyze(t, f)
	if _, ok := a.Trials[0].Metrics["latency_p99"]; ok {
		t.Error("99 latencies have a 99th percentile")
	}
	if _, ok := a.Trials[1].Metrics["latency_p99"]; !ok {
		t.Error("100 latencies have no 99th percentile")
	}
}

func TestEveryArmMeetsTheFirst(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		contenders []string
		sides      []string
	}{
		{[]string{"celery/prefork"}, nil},
		{[]string{"celery/prefork", "celery/prefork"}, []string{"celery/prefork#2 over celery/prefork"}},
		{[]string{"a/x", "b/y", "a/x"}, []string{"b/y over a/x", "a/x#2 over a/x"}},
	} {
		f := newFolder(t, tt.contenders, 2)
		f.writeAll(t)
		a := analyze(t, f)
		var sides []string
		for _, c := range a.Comparisons {
			if c.Metric == "throughput" {
				sides = append(sides, c.Candidate.Arm+" over "+c.Baseline.Arm)
			}
		}
		if !slices.Equal(sides, tt.sides) {
			t.Errorf("%v: %v", tt.contenders, sides)
		}
		if !strings.Contains(mustMarshal(t, a), `"comparisons":[`) {
			t.Errorf("%v: the list of comparisons is no list", tt.contenders)
		}
	}
}

func TestTheSameFolderGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 6)
	for _, p := range f.plan.Trials {
		f.write(t, p, 200, 1+0.03*float64(p.ID*p.ID%7), 1+0.1*float64(p.ID%5), nil, "")
	}
	var files []string
	for range 2 {
		a := analyze(t, f)
		if err := Write(f.out, a); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(Path(f.out))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(data))
		got, err := Read(f.out)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(a, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("it is read otherwise than it was written: %s", diff)
		}
	}
	if files[0] != files[1] {
		t.Error(cmp.Diff(files[0], files[1]))
	}
}

func TestAnAnalysisThatCantBeReadIsNamed(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"missing":    {"", fs.ErrNotExist},
		"cut":        {`{"version": 1,`, results.ErrFormat},
		"the future": {`{"version": 3}`, results.ErrFormat},
		"no version": {`{}`, results.ErrFormat},
	} {
		out := t.TempDir()
		if tt.text != "" {
			if err := os.WriteFile(Path(out), []byte(tt.text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := Read(out); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), Path(out)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatAnAnalysisNeedsIsNamedWhereItIsMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		path   func(out string) string
		damage bool
		want   error
	}{
		{"no plan", suite.PlanPath, false, fs.ErrNotExist},
		{"a damaged plan", suite.PlanPath, true, suite.ErrPlan},
		{"no run", results.RunPath, false, fs.ErrNotExist},
		{"a damaged run", results.RunPath, true, results.ErrFormat},
		{"no trial.json", func(out string) string { return filepath.Join(results.TrialDir(out, 2), "trial.json") }, false, fs.ErrNotExist},
		{"no tasks", func(out string) string { return filepath.Join(results.TrialDir(out, 2), "tasks.parquet") }, false, fs.ErrNotExist},
		{"damaged tasks", func(out string) string { return filepath.Join(results.TrialDir(out, 2), "tasks.parquet") }, true, results.ErrFormat},
	} {
		f := newFolder(t, asynctasqOverCelery, 1)
		f.writeAll(t)
		path := tt.path(f.out)
		err := os.Remove(path)
		if tt.damage {
			err = os.WriteFile(path, []byte("{"), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Analyze(f.out); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A trial.json edited by hand may hold any number that JSON can.
func TestAbsurdFiguresInATrialStayWritable(t *testing.T) {
	t.Parallel()
	f := newFolder(t, asynctasqOverCelery, 6)
	f.writeAll(t)
	for _, p := range f.plan.Trials {
		f.rewrite(t, p.ID, func(tr *results.Trial, _ []results.Task) {
			tr.Phases[0].Workers.PSSMiB = math.MaxFloat64 / float64(1+p.ID%2)
			tr.Harness.CPUShare = math.Copysign(math.MaxFloat64, float64(p.ID%2)-0.5)
		})
	}
	a := analyze(t, f)
	if err := Write(f.out, a); err != nil {
		t.Error(err)
	}
}
