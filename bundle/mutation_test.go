package bundle_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/bundle/bundletest"
	"github.com/tqbench/tqbench/bundle/verify"
	"github.com/tqbench/tqbench/internal/atomicfile"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// mutation is a change of a run after it ended. Its forger makes the manifest again, so that all sums are right.
type mutation struct {
	name   string
	change func(t *testing.T, dir string)
	// derived tells that the forger derives the analysis again, if that can be done.
	derived bool
	// check is the one that refuses it, and says is in its reason.
	check, says string
}

// mutationsWanted is the least number of mutations that are tried.
const mutationsWanted = 100

func TestEachMutationIsRefusedWithItsReason(t *testing.T) {
	out := honestRun(t, 1)
	good := bundled(t, out)
	analysed(t, out)
	var tried atomic.Int64
	t.Cleanup(func() {
		if n := tried.Load(); n < mutationsWanted && !t.Failed() {
			t.Errorf("%d mutations were tried, want %d", n, mutationsWanted)
		}
	})
	for _, m := range slices.Concat(mutationsOfFigures(t, out), mutationsOfTrials(), mutationsOfPhases(), mutationsOfPlans()) {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, out)
			m.change(t, dir)
			if m.derived {
				analysed(t, dir)
			}
			r, err := verify.File(t.Context(), packed(t, dir), verify.Options{})
			if err != nil || r.Verified() {
				t.Fatalf("%v %+v", err, r.Findings)
			}
			refusedBy(t, r, m.check, m.says)
			tried.Add(1)
		})
	}
	data, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range mutationsOfBytes(data) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), filepath.Base(good))
			if err := os.WriteFile(file, content, 0o644); err != nil {
				t.Fatal(err)
			}
			r, err := verify.File(t.Context(), file, verify.Options{})
			tried.Add(1)
			if errors.Is(err, bundle.ErrFormat) {
				return // what is left isn't even a bundle
			}
			if err != nil || r.Verified() {
				t.Fatalf("%v %+v", err, r.Findings)
			}
			refusedBy(t, r, verify.Content, "its name has the SHA-256 sum")
		})
	}
}

func refusedBy(t *testing.T, r verify.Report, check, says string) {
	t.Helper()
	for _, f := range r.Of(verify.Wrong) {
		if strings.Contains(f.Text, os.TempDir()) {
			t.Errorf("it names a folder of this machine: %s", f.Text)
		}
		if f.Check == check && strings.Contains(f.Text, says) {
			return
		}
	}
	t.Errorf("no reason of %s with %q in %+v", check, says, r.Of(verify.Wrong))
}

// analysed derives the analysis again, as a forger would.
func analysed(t *testing.T, dir string) {
	t.Helper()
	a, err := analysis.Analyze(dir)
	if err != nil {
		return // the forger keeps the old one
	}
	if err := analysis.Write(dir, a); err != nil {
		t.Fatal(err)
	}
}

// packed is a bundle of all that is in a folder, with a right manifest.
func packed(t *testing.T, dir string) string {
	t.Helper()
	files := map[string]string{}
	for _, glob := range []string{"*.json", "locks/*", "results/*.json", "results/trials/*/*"} {
		found, err := filepath.Glob(filepath.Join(dir, glob))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			files[filepath.ToSlash(strings.TrimPrefix(f, dir+"/"))] = f
		}
	}
	m, err := bundle.List(t.Context(), files)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), "forged.tar.gz")
	if _, _, err := bundle.Pack(t.Context(), to, m, files); err != nil {
		t.Fatal(err)
	}
	return to
}

// mutationsOfBytes flip bits, cut the file and add to it.
func mutationsOfBytes(data []byte) map[string][]byte {
	out := map[string][]byte{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		at, bit := rng.IntN(len(data)), rng.IntN(8)
		flipped := slices.Clone(data)
		flipped[at] ^= 1 << bit
		out[fmt.Sprintf("bit %d of byte %d", bit, at)] = flipped
	}
	for _, n := range []int{0, 5, 10, len(data) / 2, len(data) - 9, len(data) - 1} {
		out[fmt.Sprintf("cut to %d bytes", n)] = data[:n]
	}
	out["a byte more"] = append(slices.Clone(data), 0)
	out["twice"] = append(slices.Clone(data), data...)
	return out
}

// mutationsOfFigures edit figures of the analysis, from its beginning to its end.
func mutationsOfFigures(t *testing.T, out string) []mutation {
	t.Helper()
	data, err := os.ReadFile(analysis.Path(out))
	if err != nil {
		t.Fatal(err)
	}
	var all any
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	const figures = 24
	n := leaves(all, -1)
	list := []mutation{
		{name: "a much larger analysis", check: verify.Analysis, says: "it has many times the", change: func(t *testing.T, dir string) {
			if err := results.WriteSealed(analysis.Path(dir), map[string]any{"version": analysis.Version, "more": strings.Repeat("x", 8<<20)}); err != nil {
				t.Fatal(err)
			}
		}},
		{name: "an analysis that can't be read", check: verify.Analysis, says: "unexpected end of JSON input", change: func(t *testing.T, dir string) {
			if err := os.WriteFile(analysis.Path(dir), []byte("{"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for i := range figures {
		list = append(list, mutation{name: fmt.Sprintf("figure %d of %d", i*n/figures, n), check: verify.Analysis, says: "and the records make it",
			change: func(t *testing.T, dir string) {
				var a map[string]any
				if err := json.Unmarshal(data, &a); err != nil {
					t.Fatal(err)
				}
				leaves(a, i*n/figures)
				delete(a, "crc32c")
				a["version"] = analysis.Version // another one would be another format
				if err := results.WriteSealed(analysis.Path(dir), a); err != nil {
					t.Fatal(err)
				}
			}})
	}
	return list
}

// leaves counts the numbers of a document, in the order of names, and makes one of them a little larger.
func leaves(v any, change int) int {
	n := 0
	visit := func(v any, set func(float64)) {
		if x, ok := v.(float64); ok {
			if n == change {
				if x == math.Trunc(x) {
					set(x + 1) // a count stays one
				} else {
					set(x * 1.001)
				}
			}
			n++
			return
		}
		n += leaves(v, change-n)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if name != "version" {
				visit(v[name], func(x float64) { v[name] = x })
			}
		}
	case []any:
		for i := range v {
			visit(v[i], func(x float64) { v[i] = x })
		}
	}
	return n
}

// trialOf changes trial.json of a trial.
func trialOf(id int, change func(*results.Trial)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		at := results.TrialDir(dir, id)
		x, err := results.ReadTrial(at)
		change(&x)
		if err := errors.Join(err, results.WriteTrial(at, x)); err != nil {
			t.Fatal(err)
		}
	}
}

// tasksOf changes the tasks of a trial, with the right sum in trial.json.
func tasksOf(id int, change func([]results.Task) []results.Task) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		at := results.TrialDir(dir, id)
		rows, err := results.ReadTasks(at)
		if err := errors.Join(err, results.WriteTasks(at, change(rows))); err != nil {
			t.Fatal(err)
		}
		trialOf(id, func(*results.Trial) {})(t, dir)
	}
}

// without takes trials away; ended says whether the run's end is changed, too.
func without(why string, ids ...int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		e, _, err := results.ReadEnd(dir)
		for _, id := range ids {
			err = errors.Join(err, os.RemoveAll(results.TrialDir(dir, id)))
		}
		if why != "" {
			e.Why = why
			e.Trials = slices.DeleteFunc(e.Trials, func(id int) bool { return slices.Contains(ids, id) })
			err = errors.Join(err, results.WriteEnd(dir, e))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// mutationsOfTrials change records. Most forgers derive the analysis again.
func mutationsOfTrials() []mutation {
	list := []mutation{
		{"more finished", trialOf(1, func(x *results.Trial) { x.Finished++; x.Sent++ }), true, verify.Accounting, "rows, and by trial.json it has"},
		{"fewer sent", trialOf(2, func(x *results.Trial) { x.Sent-- }), true, verify.Accounting, "rows, and by trial.json it has"},
		{"a lost task", trialOf(3, func(x *results.Trial) { x.Lost, x.Finished = 1, x.Finished-1 }), true, verify.Accounting, "finished is"},
		{"more that ran twice", trialOf(4, func(x *results.Trial) { x.Duplicated = 3 }), true, verify.Accounting, "3 tasks ran twice"},
		{"a drain that is shorter", trialOf(1, func(x *results.Trial) { x.Phases[0].Drained -= 1e8 }), true, verify.Analysis, "drained_ns"},
		{"fewer in a phase", trialOf(1, func(x *results.Trial) { x.Phases[0].Count -= 5 }), true, verify.Analysis, "count is"},
		{"more CPU time", trialOf(2, func(x *results.Trial) { x.Phases[0].Workers.CPUSeconds += 5 }), true, verify.Analysis, "cpu_seconds"},
		{"another arm", trialOf(1, func(x *results.Trial) { x.Arm = "celery/threads" }), true, verify.Trials, "isn't in the plan"},
		{"another block", trialOf(1, func(x *results.Trial) { x.Block = 2 }), true, verify.Trials, "isn't in the plan"},
		{"another run's id", trialOf(1, func(x *results.Trial) { x.Run = "20260101-000000-abcdef01" }), true, verify.Trials, "of another run"},
		{"another plan's hash", trialOf(1, func(x *results.Trial) { x.Plan = "0123456789abcdef" }), true, verify.Trials, "of another run"},
		{"a trial under another number", trialOf(1, func(x *results.Trial) { x.ID = 2 }), true, verify.Trials, "it says it is trial 2"},
		{"a figure that isn't derived", trialOf(1, func(x *results.Trial) { x.Harness.CPUShare = 0.9 }), false, verify.Analysis, "and the records make it"},
		{"a flag", trialOf(1, func(x *results.Trial) {
			x.Flags = append(x.Flags, results.Flag{Code: results.FlagDisturbed, Metrics: []string{"*"}})
		}), false, verify.Analysis, "and the records make it"},
		{"a task that failed", tasksOf(1, func(r []results.Task) []results.Task { r[7].Outcome = results.OutcomeFailed; return r }), true, verify.Accounting, "finished is"},
		{"a task less", tasksOf(2, func(r []results.Task) []results.Task { return r[1:] }), true, verify.Accounting, "rows"},
		{"a task twice", tasksOf(3, func(r []results.Task) []results.Task { r[3] = r[4]; return r }), true, verify.Accounting, "is there twice"},
		{"a task that ended later", tasksOf(4, func(r []results.Task) []results.Task { r[0].Finished += 1e12; return r }), true, verify.Analysis, "drained_ns"},
		{"all tasks faster", tasksOf(1, func(r []results.Task) []results.Task {
			for i := range r {
				r[i].Finished -= (r[i].Finished - r[i].Started) / 2
			}
			return r
		}), false, verify.Analysis, "and"},
		{"a foreign file", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(results.TrialDir(dir, 1), "extra.log"), []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, true, verify.Content, "extra.log belongs to no trial"},
		{"a trial of another run", func(t *testing.T, dir string) {
			other := honestRun(t, 2)
			if err := errors.Join(os.RemoveAll(results.TrialDir(dir, 1)), os.CopyFS(results.TrialDir(dir, 1), os.DirFS(results.TrialDir(other, 1)))); err != nil {
				t.Fatal(err)
			}
		}, true, verify.Trials, "trial 1"},
		{"a trial more", func(t *testing.T, dir string) {
			if err := os.CopyFS(results.TrialDir(dir, 7), os.DirFS(results.TrialDir(dir, 5))); err != nil {
				t.Fatal(err)
			}
			trialOf(7, func(x *results.Trial) { x.ID = 7 })(t, dir)
		}, true, verify.Trials, "trial 7"},
		{"no end", func(t *testing.T, dir string) {
			without("", 6)(t, dir)
			if err := results.RemoveEnd(dir); err != nil {
				t.Fatal(err)
			}
		}, true, verify.Trials, "the run has no end"},
		{"a pair of trials less", without(results.EndComplete, 3, 4), true, verify.Trials, "2 of 6 planned trials are missing"},
		{"an interrupted run", without(results.EndInterrupted, 5, 6), true, verify.Trials, "the run's end: interrupted"},
		{"a run whose time was up, without a limit", without(results.EndTimeOver, 5, 6), true, verify.Trials, "the plan has no limit of time"},
	}
	for id := 1; id <= 6; id++ {
		list = append(list,
			mutation{fmt.Sprintf("without trial %d", id), without("", id), true, verify.Trials, fmt.Sprintf("trial %d first", id)},
			mutation{fmt.Sprintf("without trial %d, as if it had not been", id), without(results.EndComplete, id), true, verify.Trials, fmt.Sprintf("trial %d first", id)})
	}
	return list
}

// planOf changes the plan, and the documents that have its hash.
func planOf(change func(*suite.Plan)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		p, err := suite.ReadPlan(dir)
		if err != nil {
			t.Fatal(err)
		}
		change(&p)
		if err := atomicfile.WriteJSON(suite.PlanPath(dir), p); err != nil {
			t.Fatal(err)
		}
		bundletest.Join(t, dir)
	}
}

// runOf changes run.json.
func runOf(change func(*results.Run)) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		r, err := results.ReadRun(dir)
		change(&r)
		if err := errors.Join(err, results.WriteRun(dir, r)); err != nil {
			t.Fatal(err)
		}
	}
}

// mutationsOfPlans change the plan, and all that depends on it.
func mutationsOfPlans() []mutation {
	return []mutation{
		{"another seed", planOf(func(p *suite.Plan) { p.Seed = 7 }), true, verify.Plan, "seed 7 gives"},
		{"another seed in run.json", runOf(func(r *results.Run) { r.Seed = 7 }), true, verify.Plan, "its seed is 1, and run.json has 7"},
		{"another hash in run.json", runOf(func(r *results.Run) { r.PlanHash = "0123456789abcdef" }), true, verify.Plan, "it isn't the plan"},
		{"a trial's seed", planOf(func(p *suite.Plan) { p.Trials[2].Seed++ }), true, verify.Plan, "trial 3: seed 1 gives"},
		{"a task that is cheaper", planOf(func(p *suite.Plan) { p.Scenarios[0].Concurrency = 20 }), true, verify.Plan, "differs in concurrency from the suite's"},
		{"another rate", planOf(func(p *suite.Plan) { p.Scenarios[0].Phases[1].Rate = 40 }), true, verify.Plan, "differs in phases from the suite's"},
		{"another question", planOf(func(p *suite.Plan) { p.Scenarios[0].Question = "Who wins?" }), true, verify.Plan, "differs in question from the suite's"},
		{"another decision", planOf(func(p *suite.Plan) { p.Scenarios[0].Decide = []string{"throughput"} }), true, verify.Plan, "differs in decide from the suite's"},
		{"another scale", planOf(func(p *suite.Plan) { p.Scale = 0.5 }), true, verify.Plan, "from the suite's"},
		{"fewer blocks", planOf(func(p *suite.Plan) { p.Trials = p.Trials[:4]; p.Blocks = 2 }), true, verify.Trials, "isn't in the plan"},
		{"a block without its trials", planOf(func(p *suite.Plan) { p.Blocks = 4 }), true, verify.Plan, "it has 6 trials, and seed 1 gives 8"},
		{"a broker that isn't used", planOf(func(p *suite.Plan) { p.Brokers = append(p.Brokers, "postgres") }), true, verify.Plan, "seed 1 gives"},
		{"the other order", planOf(func(p *suite.Plan) {
			p.Trials[0].Arm, p.Trials[1].Arm = p.Trials[1].Arm, p.Trials[0].Arm
		}), true, verify.Plan, "trial 1: seed 1 gives"},
		{"a cell that is left out", planOf(func(p *suite.Plan) {
			p.Arms = append(p.Arms, suite.Arm{Name: "arq/async", Contender: "arq/async"})
			p.Scenarios[0].Arms = append(p.Scenarios[0].Arms, "arq/async")
			p.Omitted = append(p.Omitted, suite.Omission{Scenario: p.Scenarios[0].Name, Broker: "redis", Arm: "arq/async", Why: "it lost"})
		}), true, verify.Plan, "it leaves out"},
		{"another version", runOf(func(r *results.Run) { r.Contenders[0].Version = "99.9" }), true, verify.Versions, "99.9, and tqbench's lock has"},
		{"a machine that isn't derived", runOf(func(r *results.Run) { r.Machine.CPU = "Quantum" }), false, verify.Analysis, "run.machine.cpu"},
	}
}
