package analysis

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// forgery is one change to an honest folder, made so that all checksums are right again.
type forgery struct {
	file, field, how string
	make             func(t *testing.T, out string)
	// want is part of the reason for which it is refused.
	want string
}

// honest writes a folder as a run leaves it: twelve trials with a log each, which all name their run.
func honest(t *testing.T, out string) {
	t.Helper()
	f := madeup.Basic(6, 600)
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	plan, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := plan.Hash()
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	run.PlanHash = hash
	end := results.End{Run: run.ID, Why: results.EndComplete}
	for _, p := range plan.Trials {
		end.Trials = append(end.Trials, p.ID)
		if err := os.WriteFile(filepath.Join(results.TrialDir(out, p.ID), "worker-1.log"), []byte("ready\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		reseal(t, out, p.ID, func(x *results.Trial) { x.Run, x.Plan = run.ID, hash })
	}
	if err := errors.Join(results.WriteRun(out, run), results.WriteEnd(out, end)); err != nil {
		t.Fatal(err)
	}
}

// reseal changes a trial's trial.json and writes it with all sums right.
func reseal(t *testing.T, out string, id int, change func(*results.Trial)) {
	t.Helper()
	dir := results.TrialDir(out, id)
	x, err := results.ReadTrial(dir)
	if err != nil {
		t.Fatal(err)
	}
	change(&x)
	if err := results.WriteTrial(dir, x); err != nil {
		t.Fatal(err)
	}
}

// ofTrial is a change to the first trial.
func ofTrial(field, how, want string, change func(*results.Trial)) forgery {
	return forgery{"trial.json", field, how, func(t *testing.T, out string) { t.Helper(); reseal(t, out, 1, change) }, want}
}

// ofRows is a change to the rows of the first trial.
func ofRows(field, how, want string, change func([]results.Task) []results.Task) forgery {
	return forgery{"tasks.parquet", field, how, func(t *testing.T, out string) {
		t.Helper()
		dir := results.TrialDir(out, 1)
		rows, err := results.ReadTasks(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := results.WriteTasks(dir, change(rows)); err != nil {
			t.Fatal(err)
		}
		reseal(t, out, 1, func(*results.Trial) {})
	}, want}
}

// phaseForgeries change each figure of a phase that a metric is made of.
func phaseForgeries(i int, name string) []forgery {
	const tampered = "changed after it was written"
	of := func(field, how string, change func(*results.Phase)) forgery {
		return ofTrial(name+"."+field, how, tampered, func(x *results.Trial) { change(&x.Phases[i]) })
	}
	out := []forgery{
		of("count", "ten times", func(p *results.Phase) { p.Count *= 10 }),
		of("count", "a tenth", func(p *results.Phase) { p.Count /= 10 }),
		of("drained_ns", "a tenth of the time", func(p *results.Phase) { p.Drained = p.Released + (p.Drained-p.Released)/10 }),
		of("drained_ns", "ten times the time", func(p *results.Phase) { p.Drained = p.Released + (p.Drained-p.Released)*10 }),
		of("drained_ns", "one ns less", func(p *results.Phase) { p.Drained-- }),
		of("released_ns", "at the end", func(p *results.Phase) { p.Released = p.Drained - 1 }),
		of("enqueue_began_ns", "at the end", func(p *results.Phase) { p.EnqueueBegan = p.EnqueueEnded }),
		of("enqueue_ended_ns", "at the beginning", func(p *results.Phase) { p.EnqueueEnded = p.EnqueueBegan }),
		of("workers.wall_seconds", "ten times", func(p *results.Phase) { p.Workers.WallSeconds = 10*p.Workers.WallSeconds + 10 }),
		of("workers.cpu_seconds", "ten times", func(p *results.Phase) { p.Workers.CPUSeconds = 10*p.Workers.CPUSeconds + 10 }),
		of("workers.cpu_seconds", "below zero", func(p *results.Phase) { p.Workers.CPUSeconds = -10 }),
		of("broker.cpu_seconds", "ten times", func(p *results.Phase) { p.BrokerUsage.CPUSeconds = 10*p.BrokerUsage.CPUSeconds + 10 }),
		of("broker.cpu_seconds", "below zero", func(p *results.Phase) { p.BrokerUsage.CPUSeconds = -10 }),
		of("workers.pss_mib", "ten times", func(p *results.Phase) { p.Workers.PSSMiB *= 10 }),
		of("workers.pss_mib", "a tenth", func(p *results.Phase) { p.Workers.PSSMiB /= 10 }),
	}
	switch name {
	case "drain":
		out = append(out,
			of("steady_from_ns", "before the release", func(p *results.Phase) { p.SteadyFrom = p.Released - 1 }),
			of("steady_from_ns", "after its end", func(p *results.Phase) { p.SteadyFrom = p.SteadyTo + 1 }),
			of("steady_to_ns", "after the drain", func(p *results.Phase) { p.SteadyTo = p.Drained + int64(emptySlack) + 1 }),
			of("turns", "beyond the steady time", func(p *results.Phase) {
				p.Turns = []results.Turn{{From: p.SteadyFrom, To: p.SteadyTo + 1}}
			}),
			of("turns", "one within the other", func(p *results.Phase) {
				p.Turns = []results.Turn{{From: p.SteadyFrom, To: p.SteadyTo}, {From: p.SteadyFrom + 1, To: p.SteadyTo}}
			}))
	case "paced":
		out = append(out,
			of("released_ns", "one ns later", func(p *results.Phase) { p.Released++ }),
			of("late_p50_ns", "none", func(p *results.Phase) { p.LateP50 = 0 }),
			of("late_p99_ns", "none", func(p *results.Phase) { p.LateP99 = 0 }),
			of("late_p99_ns", "ten times", func(p *results.Phase) { p.LateP99 *= 10 }),
			of("late_max_ns", "none", func(p *results.Phase) { p.LateMax = 0 }))
	}
	return out
}

// trialForgeries change what a trial says of itself and of its tasks.
func trialForgeries() []forgery {
	const tampered, other = "changed after it was written", "it is a trial of another run"
	n := func(x *results.Trial) int64 { return x.Finished }
	out := []forgery{
		ofTrial("sent", "one more", tampered, func(x *results.Trial) { x.Sent++ }),
		ofTrial("sent", "one less", tampered, func(x *results.Trial) { x.Sent-- }),
		ofTrial("finished", "one more", tampered, func(x *results.Trial) { x.Finished++ }),
		ofTrial("finished", "ten times", tampered, func(x *results.Trial) { x.Finished *= 10 }),
		ofTrial("finished", "none", tampered, func(x *results.Trial) { x.Finished = 0 }),
		ofTrial("failed", "one", tampered, func(x *results.Trial) { x.Failed = 1 }),
		ofTrial("lost", "one", tampered, func(x *results.Trial) { x.Lost = 1 }),
		ofTrial("rejected", "one", tampered, func(x *results.Trial) { x.Rejected = 1 }),
		ofTrial("duplicated", "one, and no flag", tampered, func(x *results.Trial) { x.Duplicated = 1 }),
		ofTrial("unexpected", "one, and no flag", tampered, func(x *results.Trial) { x.Unexpected = 1 }),
		ofTrial("accounting", "attempted and never answered", "were attempted", func(x *results.Trial) { x.Accounting = &accounting.Counts{Attempted: n(x)} }),
		ofTrial("accounting", "kept and never run", "were acknowledged", func(x *results.Trial) {
			x.Accounting = &accounting.Counts{Attempted: n(x), Acknowledged: n(x)}
		}),
		ofTrial("id", "another's", "it says it is trial 2", func(x *results.Trial) { x.ID = 2 }),
		ofTrial("block", "another's", "it is not a trial of", func(x *results.Trial) { x.Block = 6 }),
		ofTrial("scenario", "another", "it is not a trial of", func(x *results.Trial) { x.Scenario = "io" }),
		ofTrial("broker", "another", "it is not a trial of", func(x *results.Trial) { x.Broker = "sqs" }),
		ofTrial("arm", "a made up one", "it is not a trial of", func(x *results.Trial) { x.Arm = "other" }),
		ofTrial("run", "another's", other, func(x *results.Trial) { x.Run = "other" }),
		ofTrial("plan", "another's", other, func(x *results.Trial) { x.Plan = "0" }),
	}
	last := func(rows []results.Task) *results.Task { return &rows[len(rows)-1] }
	return append(out,
		ofRows("rows", "half of them", tampered, func(r []results.Task) []results.Task { return r[:len(r)/2] }),
		ofRows("rows", "one less", tampered, func(r []results.Task) []results.Task { return r[:len(r)-1] }),
		ofRows("rows", "twice", tampered, func(r []results.Task) []results.Task { return append(r, r...) }),
		ofRows("rows", "none", tampered, func([]results.Task) []results.Task { return nil }),
		ofRows("outcome", "lost", tampered, func(r []results.Task) []results.Task { r[0].Outcome = results.OutcomeLost; return r }),
		ofRows("outcome", "failed", tampered, func(r []results.Task) []results.Task { r[0].Outcome = results.OutcomeFailed; return r }),
		ofRows("outcome", "rejected", tampered, func(r []results.Task) []results.Task { r[0].Outcome = results.OutcomeRejected; return r }),
		ofRows("phase", "another", tampered, func(r []results.Task) []results.Task { r[0].Phase = "client"; return r }),
		ofRows("finished_ns", "a second later", tampered, func(r []results.Task) []results.Task { last(r).Finished += 1e9; return r }),
		ofRows("sent_ns", "a second earlier", tampered, func(r []results.Task) []results.Task { last(r).Sent -= 1e9; return r }),
		ofRows("intended_ns", "a second earlier", tampered, func(r []results.Task) []results.Task {
			for i := range r {
				if r[i].Phase == "paced" {
					r[i].Intended -= 1e9
				}
			}
			return r
		}),
		ofRows("started_ns", "before the release", tampered, func(r []results.Task) []results.Task {
			for i := range r {
				r[i].Started = 1
			}
			return r
		}),
	)
}

// planForgeries change the plan after the run.
func planForgeries() []forgery {
	var out []forgery
	for field, change := range map[string]func(*suite.Plan){
		"seed":                      func(p *suite.Plan) { p.Seed++ },
		"scale":                     func(p *suite.Plan) { p.Scale *= 10 },
		"defaults":                  func(p *suite.Plan) { p.Defaults = !p.Defaults },
		"rtt":                       func(p *suite.Plan) { p.RTT++ },
		"profile":                   func(p *suite.Plan) { p.Profile = "cpu" },
		"scenarios.task":            func(p *suite.Plan) { p.Scenarios[0].Task = "other" },
		"scenarios.processes":       func(p *suite.Plan) { p.Scenarios[0].Processes *= 2 },
		"scenarios.concurrency":     func(p *suite.Plan) { p.Scenarios[0].Concurrency *= 2 },
		"scenarios.decide":          func(p *suite.Plan) { p.Scenarios[0].Decide = p.Scenarios[0].Decide[:1] },
		"scenarios.limit":           func(p *suite.Plan) { p.Scenarios[0].Limit *= 2 },
		"scenarios.warmup.limit":    func(p *suite.Plan) { p.Scenarios[0].Warmup.Limit *= 2 },
		"scenarios.phases.rate":     func(p *suite.Plan) { p.Scenarios[0].Phases[1].Rate *= 10 },
		"scenarios.phases.tasks":    func(p *suite.Plan) { p.Scenarios[0].Phases[1].Tasks *= 10 },
		"scenarios.phases.depth":    func(p *suite.Plan) { p.Scenarios[0].Phases[0].Depth *= 10 },
		"scenarios.phases.lasts":    func(p *suite.Plan) { p.Scenarios[0].Phases[0].Lasts *= 10 },
		"scenarios.phases.producer": func(p *suite.Plan) { p.Scenarios[0].Phases[1].Producer = suite.Client },
	} {
		out = append(out, forgery{"plan.json", field, "another", func(t *testing.T, dir string) {
			t.Helper()
			p, err := suite.ReadPlan(dir)
			if err != nil {
				t.Fatal(err)
			}
			change(&p)
			if err := suite.WritePlan(dir, p); err != nil {
				t.Fatal(err)
			}
		}, ""})
	}
	return out
}

// fileForgeries take files away, exchange them, or change a byte of them.
func fileForgeries() []forgery {
	of := func(file, how, want string, change func(out, path string) error) forgery {
		return forgery{file, "file", how, func(t *testing.T, out string) {
			t.Helper()
			path := filepath.Join(results.TrialDir(out, 1), file)
			if strings.HasSuffix(file, "run.json") || strings.HasSuffix(file, "end.json") {
				path = filepath.Join(out, "results", file)
			}
			if err := change(out, path); err != nil {
				t.Fatal(err)
			}
		}, want}
	}
	remove := func(_, path string) error { return os.RemoveAll(path) }
	flip := func(_, path string) error {
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		i := len(data) / 2
		for data[i] < '1' || data[i] > '9' {
			i++
		}
		data[i] ^= 1
		return os.WriteFile(path, data, 0o644)
	}
	cut := func(_, path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		return os.Truncate(path, info.Size()/2)
	}
	anothers := func(out, path string) error {
		data, err := os.ReadFile(filepath.Join(results.TrialDir(out, 2), filepath.Base(path)))
		if err != nil {
			return err
		}
		return os.WriteFile(path, data, 0o644)
	}
	grown := func(_, path string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString("one line more\n")
		return errors.Join(err, f.Close())
	}
	const sum = "it isn't the file whose sum trial.json has"
	var out []forgery
	for _, file := range []string{"tasks.parquet", "series.parquet"} {
		out = append(out, of(file, "removed", "", remove), of(file, "a bit flipped", sum, flip), of(file, "cut off", sum, cut), of(file, "another trial's", sum, anothers))
	}
	out = append(out,
		of("worker-1.log", "removed", "it is missing", remove), of("worker-1.log", "cut off", sum, cut), of("worker-1.log", "grown", sum, grown),
		of("trial.json", "a bit flipped", "", flip), of("trial.json", "cut off", "", cut), of("trial.json", "another trial's", "it says it is trial 2", anothers),
		of("trial.json", "removed", "", remove),
		of("run.json", "a bit flipped", "", flip), of("run.json", "cut off", "", cut), of("run.json", "removed", "", remove),
		of("end.json", "a bit flipped", "", flip), of("end.json", "cut off", "", cut),
		of(".", "the trial's folder removed", "trial 1 is missing", remove),
		of(".", "the trial's folder renamed", "it says it is trial 1", func(_, path string) error { return os.Rename(path, filepath.Join(filepath.Dir(path), "0099")) }),
	)
	ofRun := func(field, how, want string, change func(*results.Run)) forgery {
		return forgery{"run.json", field, how, func(t *testing.T, out string) {
			t.Helper()
			r, err := results.ReadRun(out)
			if err != nil {
				t.Fatal(err)
			}
			change(&r)
			if err := results.WriteRun(out, r); err != nil {
				t.Fatal(err)
			}
		}, want}
	}
	ofEnd := func(field, how, want string, change func(*results.End)) forgery {
		return forgery{"end.json", field, how, func(t *testing.T, out string) {
			t.Helper()
			e, _, err := results.ReadEnd(out)
			if err != nil {
				t.Fatal(err)
			}
			change(&e)
			if err := results.WriteEnd(out, e); err != nil {
				t.Fatal(err)
			}
		}, want}
	}
	return append(out,
		ofRun("id", "another's", "", func(r *results.Run) { r.ID = "other" }),
		ofRun("plan_hash", "another's", "it isn't the plan that", func(r *results.Run) { r.PlanHash = "0" }),
		ofEnd("run", "another's", "it is of another run", func(e *results.End) { e.Run = "other" }),
		ofEnd("trials", "one more", "trial 13 is missing", func(e *results.End) { e.Trials = append(e.Trials, 13) }),
		ofEnd("trials", "one less", "the run ended without trial 12", func(e *results.End) { e.Trials = e.Trials[:11] }),
	)
}

// A hundred ways to change a folder after its run, each with all checksums right again, are refused, each with what is wrong and
// where. A folder that was copied to another place is taken, and gives the same analysis.
func TestForgeriesAreRefusedAndAMovedFolderIsNot(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	template := t.TempDir()
	honest(t, template)
	want := mustAnalyze(t, template)
	copied := filepath.Join(t.TempDir(), "elsewhere", "under another name")
	if err := os.CopyFS(copied, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	if got := mustAnalyze(t, copied); !reflect.DeepEqual(got, want) {
		t.Error("a copied folder has another analysis")
	}
	all := append(trialForgeries(), append(planForgeries(), fileForgeries()...)...)
	for i, name := range []string{"drain", "paced", "client"} {
		all = append(all, phaseForgeries(i, name)...)
	}
	if len(all) < 100 {
		t.Errorf("there are only %d forgeries", len(all))
	}
	for _, f := range all {
		out := t.TempDir()
		if err := os.CopyFS(out, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		f.make(t, out)
		name := fmt.Sprintf("%s, %s, %s", f.file, f.field, f.how)
		switch _, err := Analyze(out); {
		case err == nil:
			t.Errorf("%s: it is taken", name)
		case !strings.Contains(err.Error(), f.want), !strings.HasPrefix(err.Error(), "read "):
			t.Errorf("%s: %v, want %q and where", name, err, f.want)
		default:
			t.Logf("%s: %s", name, strings.ReplaceAll(err.Error(), out, "OUT"))
		}
	}
}

func mustAnalyze(t *testing.T, out string) Analysis {
	t.Helper()
	a, err := Analyze(out)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Workers that end during a phase have no memory at its end. Their trial is read, and has the memory of its other phases.
func TestAPhaseWhoseWorkersEndedIsNoForgery(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	if err := madeup.Basic(2, 300).Write(out); err != nil {
		t.Fatal(err)
	}
	reseal(t, out, 1, func(x *results.Trial) {
		x.Phases[len(x.Phases)-1].Workers.PSSMiB = 0
		x.Flags = append(x.Flags, results.Flag{Code: results.FlagWorkerDied, Metrics: []string{"*"}})
	})
	a, err := Analyze(out)
	if err != nil || a.Trials[0].Metrics["pss"] <= 0 {
		t.Errorf("%v, %v", err, a.Trials)
	}
}
