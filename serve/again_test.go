package serve

import (
	"errors"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
)

// A trial that did not run by the analysis, and has run since, makes it an older one: the list says so, and no comparison takes it. As long as
// the trial has not run, or is being replaced, it is none.
func TestATrialThatWasTriedAgainMakesAnAnalysisOld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "old")
	plan := planned(t, out)
	a := real(t)
	a.Trials = a.Trials[:len(plan.Trials)]
	for i := range a.Trials {
		a.Trials[i].ID = i + 1
		a.Trials[i].Reason = ""
	}
	a.Trials[2].Reason = "it could not begin"
	if err := analysis.Write(out, a); err != nil {
		t.Fatal(err)
	}
	analysed(t, filepath.Join(dir, "new"), 1)
	trial := func(id int, reason string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(results.TrialDir(out, id), 0o755), results.WriteTrial(results.TrialDir(out, id), results.Trial{ID: id, Reason: reason})); err != nil {
			t.Fatal(err)
		}
	}
	for i := range plan.Trials {
		trial(i+1, a.Trials[i].Reason)
	}
	s := served(t, dir)
	const says = "trial 3 did not run, and it has run since: run tqbench analyze"
	is := func(old bool) {
		t.Helper()
		runs := s.listed(t).Runs
		i := slices.IndexFunc(runs, func(r Run) bool { return r.Path == "old" })
		if said := strings.Contains(strings.Join(runs[i].Problems, "\n"), says); said != old {
			t.Errorf("the list says %q", runs[i].Problems)
		}
		for _, at := range []string{"/compare?old=old&new=new", "/compare.json?old=old&new=new", "/history"} {
			w := s.get(t, at)
			if said := strings.Contains(html.UnescapeString(w.Body.String()), says); said != old || at != "/history" && old != (w.Code == http.StatusBadRequest) {
				t.Errorf("%s: %d: %.300s", at, w.Code, w.Body)
			}
		}
	}
	is(false)
	if err := os.Rename(results.TrialDir(out, 3), results.TrialDir(out, 3)+".away"); err != nil {
		t.Fatal(err)
	}
	if r := s.listed(t).Runs; strings.Contains(strings.Join(append(r[0].Problems, r[1].Problems...), "\n"), says) {
		t.Error("a trial that is being replaced has run")
	}
	if err := os.Rename(results.TrialDir(out, 3)+".away", results.TrialDir(out, 3)); err != nil {
		t.Fatal(err)
	}
	damaged := filepath.Join(results.TrialDir(out, 3), "trial.json")
	whole, err := os.ReadFile(damaged)
	if err := errors.Join(err, os.WriteFile(damaged, whole[:len(whole)/2], 0o644)); err != nil {
		t.Fatal(err)
	}
	r := s.listed(t).Runs
	if said := strings.Join(append(r[0].Problems, r[1].Problems...), "\n"); strings.Contains(said, says) || !strings.Contains(said, "0003/trial.json") {
		t.Errorf("of a damaged trial, the list says %q", said)
	}
	if w := s.get(t, "/compare?old=old&new=new"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "0003/trial.json") {
		t.Errorf("a damaged trial is compared: %d: %.300s", w.Code, w.Body)
	}
	trial(3, "")
	is(true)
}
