package madeup

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A made-up folder can be read like a run, adds up, and is the same each time.
func TestAFolderIsAsRequested(t *testing.T) {
	f := Folder{Scenarios: []string{"throughput", "mixed", "sizing"}, Brokers: []string{"redis", "postgres"}, Contenders: []string{Baseline, Candidate},
		Blocks: 2, Tasks: 700, Seed: 3}
	var sums [2][]string
	for i := range sums {
		out := t.TempDir()
		if err := f.Write(out); err != nil {
			t.Fatal(err)
		}
		plan, err := suite.ReadPlan(out)
		if err != nil {
			t.Fatal(err)
		}
		trials, err := results.ReadTrials(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(trials) != 2*3*2*2 || len(plan.Trials) != len(trials) {
			t.Fatalf("%d trials of %d", len(trials), len(plan.Trials))
		}
		for _, tr := range trials {
			sums[i] = append(sums[i], tr.Sums["tasks.parquet"], tr.Sums["series.parquet"])
			rows, err := results.ReadTasks(results.TrialDir(out, tr.ID))
			if err != nil {
				t.Fatal(err)
			}
			check(t, f, tr, rows)
		}
	}
	if diff := cmp.Diff(sums[0], sums[1]); diff != "" {
		t.Errorf("the second folder is another: %s", diff)
	}
}

// check compares a trial's tasks with each other and with its phases.
func check(t *testing.T, f Folder, tr results.Trial, rows []results.Task) {
	t.Helper()
	if len(rows) != f.Tasks || tr.Finished != int64(f.Tasks) {
		t.Fatalf("trial %d has %d tasks, and says %d", tr.ID, len(rows), tr.Finished)
	}
	for _, p := range tr.Phases {
		for _, r := range rows[p.First : p.First+p.Count] {
			held := suite.Held(p.Arrivals) && r.Started < p.Released
			if r.Phase != p.Name || r.Sent < r.Intended || r.Acked < r.Sent || r.Started < r.Sent || r.Finished < r.Started || r.Finished > p.Drained || held {
				t.Fatalf("trial %d, phase %s: %+v", tr.ID, p.Name, r)
			}
		}
	}
}

// Sides are as requested, and what isn't offered is left out.
func TestSidesAreAsRequested(t *testing.T) {
	f := Basic(2, 400)
	f.Contenders = []string{"a/a", "b/b", "c/c"}
	f.Side = func(contender, broker string) Side {
		if contender == "a/a" {
			return Side{Drain: 8, Delivery: results.AtMostOnce, Caveat: "a caveat"}
		}
		return Side{Wait: 9}
	}
	f.Offered = func(contender, broker string, s suite.Scenario) (string, error) {
		if contender == "c/c" {
			return "it has none", nil
		}
		return "", nil
	}
	out := t.TempDir()
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	run, err := results.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	if len(trials) != 4 || len(run.Contenders) != 2 || run.Contenders[0].Delivery != results.AtMostOnce || run.Contenders[0].Caveat != "a caveat" ||
		run.Contenders[1].Delivery != results.AtLeastOnce {
		t.Fatalf("%d trials, %+v", len(trials), run.Contenders)
	}
	drains, waits := map[string]int64{}, map[string]int64{}
	for _, tr := range trials {
		rows, err := results.ReadTasks(results.TrialDir(out, tr.ID))
		if err != nil {
			t.Fatal(err)
		}
		drains[tr.Arm] += tr.Phases[0].Drained - tr.Phases[0].Released
		for _, r := range rows[tr.Phases[1].First : tr.Phases[1].First+tr.Phases[1].Count] {
			waits[tr.Arm] += r.Started - r.Intended
		}
	}
	if drains["b/b"] < 2*drains["a/a"] || waits["b/b"] < 4*waits["a/a"] {
		t.Errorf("drained in %v, waited %v", drains, waits)
	}
}

func TestAnUnknownScenarioIsNone(t *testing.T) {
	f := Basic(1, 10)
	f.Scenarios = []string{"none"}
	if err := f.Write(t.TempDir()); err == nil {
		t.Error("a folder of a scenario that there is not was written")
	}
}
