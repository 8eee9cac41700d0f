// Package bundletest makes runs that verify, for tests: made up, with the plan, the versions and the end of a real one.
package bundletest

import (
	"errors"
	"testing"

	"github.com/tqbench/tqbench/bundle"
	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/madeup"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// Small is a run of two contenders in three blocks.
func Small(seed uint64) madeup.Folder {
	return madeup.Folder{Scenarios: []string{"throughput"}, Brokers: []string{"redis"}, Contenders: []string{"celery/prefork", "rq/fork"},
		Blocks: 3, Scale: 0.01, Seed: seed}
}

// Run writes an output folder of that run.
func Run(t testing.TB, f madeup.Folder) string {
	t.Helper()
	out := t.TempDir()
	f.Side = locked(t, f.Side)
	if err := f.Write(out); err != nil {
		t.Fatal(err)
	}
	Join(t, out)
	return out
}

// locked gives sides the versions of tqbench's locks.
func locked(t testing.TB, side func(name, broker string) madeup.Side) func(name, broker string) madeup.Side {
	t.Helper()
	catalog, err := contender.NewCatalog()
	if err != nil {
		t.Fatal(err)
	}
	return func(name, broker string) madeup.Side {
		var s madeup.Side
		if side != nil {
			s = side(name, broker)
		}
		c, err := catalog.Find(name)
		if err != nil {
			t.Error(err)
			return s
		}
		version, _, err := contender.Locked(c)
		if err != nil {
			t.Error(err)
		}
		s.Framework, s.Version = c.Framework(), version
		return s
	}
}

// Join notes in the documents of a run that they are of each other, as a real run does: after a change of the plan, too.
func Join(t testing.TB, out string) {
	t.Helper()
	plan, err := suite.ReadPlan(out)
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.ReadRun(out)
	if err != nil {
		t.Fatal(err)
	}
	if run.PlanHash, err = plan.Hash(); err != nil {
		t.Fatal(err)
	}
	run.Tqbench, run.Seed = runner.Version(), plan.Seed
	if run.ID == "made-up" {
		run.ID += "-" + run.PlanHash
	}
	end := results.End{Run: run.ID, Why: results.EndComplete}
	trials, err := results.ReadTrials(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range trials {
		x.Run, x.Plan = run.ID, run.PlanHash
		end.Trials = append(end.Trials, x.ID)
		if err := results.WriteTrial(results.TrialDir(out, x.ID), x); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(results.WriteRun(out, run), results.WriteEnd(out, end)); err != nil {
		t.Fatal(err)
	}
}

// Bundle is a run's bundle in a folder, under its own name.
func Bundle(t testing.TB, out, to string) string {
	t.Helper()
	w, err := bundle.Write(t.Context(), bundle.Options{Out: out, To: to})
	if err != nil {
		t.Fatal(err)
	}
	return w.Path
}
