package serve

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

func TestDamagedAndHugeFilesAreALineOfTheirRow(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "good"), 0)
	for name, content := range map[string]string{
		"cut": `{"version": 1, "run": {`, "empty": "", "foreign": `[]`, "future": `{"version": 99}`, "shape": `{"version": 1, "trials": "many"}`,
		"huge": `{"version": 1, "command": "` + strings.Repeat("x", 4<<20) + `"}`, "binary": "\x00\xff\n\n\x1b", "deep": strings.Repeat("[", 1<<19),
	} {
		write(t, filepath.Join(dir, name, "analysis.json"), content)
	}
	write(t, filepath.Join(dir, "plan/plan.json"), `{"version": 1, "trials": 7}`)
	if err := os.Mkdir(filepath.Join(dir, "good/plan.json"), 0o755); err != nil {
		t.Fatal(err)
	}
	s := served(t, dir)
	s.largest = 3 << 20
	l := s.listed(t)
	if len(l.Runs) != 10 {
		t.Fatalf("%d runs", len(l.Runs))
	}
	for _, r := range l.Runs {
		file := map[bool]string{true: "plan.json", false: "analysis.json"}[r.Path == "plan" || r.Path == "good"]
		if len(r.Problems) != 1 || !strings.Contains(r.Problems[0], r.Path+"/"+file) || strings.ContainsAny(r.Problems[0], "\n\x1b") || len(r.Problems[0]) > 1000 {
			t.Errorf("%s: %q", r.Path, r.Problems)
		}
		if r.State != Unknown || r.Analysed != (r.Path == "good") {
			t.Errorf("%s: %s, analysed %v", r.Path, r.State, r.Analysed)
		}
	}
	if w := s.get(t, "/"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "may have 3 MiB") {
		t.Errorf("%d", w.Code)
	}
	if w := s.get(t, "/compare?old=cut&new=good"); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "not a usable file") {
		t.Errorf("%d: %s", w.Code, w.Body)
	}
	if w := s.get(t, "/files/huge/report/index.html"); w.Code != http.StatusNotFound {
		t.Errorf("the report of what is too large: %d", w.Code)
	}
}

// planned makes a folder with a plan of four trials.
func planned(t *testing.T, out string) suite.Plan {
	t.Helper()
	builtin, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: builtin[:1], Brokers: []string{"redis"}, Usual: []string{"celery/prefork", "asynctasq/async"}, Blocks: 2, Scale: 1})
	if err := errors.Join(err, os.MkdirAll(out, 0o755), suite.WritePlan(out, plan)); err != nil {
		t.Fatal(err)
	}
	return plan
}

// A run is shown as it grows: planned, going on, interrupted, resumed, whole, analysed.
func TestARunThatGoesOnIsFollowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	plan := planned(t, out)
	s := served(t, dir)
	is := func(state string, done int) {
		t.Helper()
		r := s.listed(t).Runs[0]
		if r.State != state || r.Done != done || r.Planned != len(plan.Trials) || len(r.Problems) > 0 {
			t.Errorf("%s, %d of %d trials, %q; want %s, %d", r.State, r.Done, r.Planned, r.Problems, state, done)
		}
		page := s.get(t, "/").Body.String()
		going := state == GoingOn
		if strings.Contains(page, "<progress") != going || strings.Contains(page, ", 1 going on.") != going ||
			strings.Contains(page, fmt.Sprintf(`content="%d"`, refreshGoing)) != going {
			t.Errorf("%s: the page says otherwise", state)
		}
	}
	trial := func(id int) {
		t.Helper()
		x := plan.Trials[id-1]
		at := results.TrialDir(out, id)
		if err := errors.Join(os.MkdirAll(at, 0o755), results.WriteTrial(at, results.Trial{ID: id, Block: x.Block, Scenario: x.Scenario, Broker: x.Broker, Arm: x.Arm})); err != nil {
			t.Fatal(err)
		}
	}
	is(Planned, 0)
	lock, err := runner.LockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	is(GoingOn, 0)
	began := time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC)
	if err := errors.Join(os.MkdirAll(filepath.Join(out, "results"), 0o755), results.WriteRun(out, results.Run{ID: "id-1", Began: began, Machine: results.Machine{CPU: "EPYC", CPUs: 2}})); err != nil {
		t.Fatal(err)
	}
	trial(1)
	// An unfinished trial has no result.
	if err := os.Mkdir(filepath.Join(out, "results/trials/.0002-123"), 0o755); err != nil {
		t.Fatal(err)
	}
	is(GoingOn, 1)
	if r := s.listed(t).Runs[0]; r.ID != "id-1" || !r.When.Equal(began) || r.Machine != "EPYC, 2 CPUs" || r.Analysed {
		t.Errorf("%+v", r)
	}
	if w := s.get(t, "/?refresh=off"); strings.Contains(w.Body.String(), "http-equiv") {
		t.Error("the page is reloaded though that is turned off")
	}
	lock.Release()
	is(Interrupted, 1)
	for why, want := range map[string]string{results.EndTimeOver: TimeOver, results.EndInterrupted: Interrupted} {
		if err := results.WriteEnd(out, results.End{Why: why, Trials: []int{1}}); err != nil {
			t.Fatal(err)
		}
		is(want, 1)
		if page := s.get(t, "/live/out").Body.String(); strings.Contains(page, "--resume") != (want == Interrupted) {
			t.Errorf("%s: the page says otherwise", want)
		}
	}
	if err := results.RemoveEnd(out); err != nil {
		t.Fatal(err)
	}
	if lock, err = runner.LockFolder(out); err != nil {
		t.Fatal(err)
	}
	trial(2)
	is(GoingOn, 2)
	for id := 3; id <= len(plan.Trials); id++ {
		trial(id)
	}
	lock.Release()
	is(Whole, len(plan.Trials))
	// An analysis that is older than the last trials is reported.
	a := real(t)
	a.Trials = a.Trials[:2]
	if err := analysis.Write(out, a); err != nil {
		t.Fatal(err)
	}
	if r := s.listed(t).Runs[0]; !r.Analysed || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "2 of 4 trials") {
		t.Errorf("%+v", r)
	}
}

func TestVerdictsAreCountedByPair(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a := real(t)
	a.Comparisons = nil
	for _, x := range []struct {
		candidate, verdict, not string
		deciding                bool
		grade                   string
	}{
		{"a", analysis.Faster, "", true, analysis.GradeSure}, {"a", analysis.Faster, "", true, analysis.GradeHere}, {"a", analysis.Slower, "", true, analysis.GradeHere},
		{"a", analysis.Slower, "", false, analysis.GradeHere}, {"b", analysis.Equivalent, "", true, analysis.GradeSure}, {"b", analysis.Undecided, "", true, ""},
		{"b", analysis.NoData, "", true, ""}, {"b", analysis.Faster, "other promise", true, analysis.GradeHere},
	} {
		a.Comparisons = append(a.Comparisons, analysis.Comparison{Candidate: analysis.Estimate{Arm: x.candidate}, Baseline: analysis.Estimate{Arm: "c"},
			Verdict: x.verdict, Grade: x.grade, NotCounted: analysis.Promises{Stated: x.not}, Deciding: x.deciding})
	}
	if err := analysis.Write(dir, a); err != nil {
		t.Fatal(err)
	}
	s := served(t, dir)
	want := []Pair{{Candidate: "a", Baseline: "c", Better: 2, Worse: 1, BetterHere: 1, WorseHere: 1}, {Candidate: "b", Baseline: "c", Equivalent: 1, Undecided: 1, NoData: 1}}
	if diff := cmp.Diff(want, s.listed(t).Runs[0].Verdicts); diff != "" {
		t.Error(diff)
	}
	page := s.get(t, "/").Body.String()
	for _, x := range []string{"2 better, 1 only as measured there", "1 worse, 1 only as measured there", "1 equivalent", "1 undecided", "1 with one side only", "a against c"} {
		if !strings.Contains(page, x) {
			t.Errorf("the page doesn't say %q", x)
		}
	}
}

func TestTheNewestIsFirst(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i, name := range []string{"b", "x/y/z/w/deep", "a", "1/2/3/4/5/6"} {
		analysed(t, filepath.Join(dir, name), i)
	}
	// A run within a run's folder is not listed.
	analysed(t, filepath.Join(dir, "a/results/b"), 9)
	var got []string
	for _, r := range served(t, dir).listed(t).Runs {
		got = append(got, r.Path)
	}
	if diff := cmp.Diff([]string{"a", "x/y/z/w/deep", "b"}, got); diff != "" {
		t.Error(diff)
	}
}

// A missing or outdated report is made in memory, and the folder stays unchanged.
func TestReportsAreMadeOnTheSpot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "a")
	analysed(t, out, 0)
	s := served(t, dir)
	before := tree(t, dir)
	files := map[string]string{}
	for _, name := range []string{"index.html", "results.csv", "summary.json", "summary.md", "benchmark.txt"} {
		w := s.get(t, "/files/a/report/"+name)
		if w.Code != http.StatusOK || w.Body.Len() == 0 {
			t.Errorf("%s: %d", name, w.Code)
		}
		files[name] = w.Body.String()
	}
	if w := s.get(t, "/files/a/report/charts/none.png"); w.Code != http.StatusNotFound {
		t.Errorf("a chart that no report has: %d", w.Code)
	}
	if diff := cmp.Diff(before, tree(t, dir)); diff != "" {
		t.Errorf("the folder changed: %s", diff)
	}
	// They equal those of tqbench report.
	if err := report.Write(t.Context(), out, must(analysis.Read(out)), report.Options{}); err != nil {
		t.Fatal(err)
	}
	for name, made := range files {
		data, err := os.ReadFile(filepath.Join(out, "report", name))
		if err != nil || string(data) != made {
			t.Errorf("%s isn't what the report has (%v)", name, err)
		}
	}
	write(t, filepath.Join(out, "report/index.html"), "as it stands")
	if w := s.get(t, "/files/a/report/index.html"); w.Body.String() != "as it stands" {
		t.Error("a report that is there isn't shown")
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(out, "report/index.html"), old, old); err != nil {
		t.Fatal(err)
	}
	if w := s.get(t, "/files/a/report/index.html"); w.Body.String() != files["index.html"] {
		t.Error("a report older than its analysis is shown")
	}
	// If the analysis can't be read, an old report is better than none.
	write(t, analysis.Path(out), "{")
	if w := s.get(t, "/files/a/report/index.html"); w.Body.String() != "as it stands" {
		t.Error("the report of a damaged analysis isn't shown")
	}
}

func TestTwoRunsAreComparedAsByTheCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0)
	analysed(t, filepath.Join(dir, "sub/new"), 1)
	s := served(t, dir)
	c, err := regress.Compare(regress.Sides{Old: []*regress.Run{must(s.chosen("old"))}, New: []*regress.Run{must(s.chosen("sub/new"))}, Anyway: true}, []regress.Threshold{must(regress.ParseThreshold("throughput < -5%"))})
	if err != nil {
		t.Fatal(err)
	}
	w := s.get(t, "/compare?old=old&new=sub%2Fnew&fail-if=throughput+%3C+-5%25")
	page := html.UnescapeString(w.Body.String())
	table := report.NewCompareTable(c)
	if w.Code != http.StatusOK || len(table.Cells) == 0 || len(table.Decisions) == 0 {
		t.Fatalf("%d: %d cells, %d decisions", w.Code, len(table.Cells), len(table.Decisions))
	}
	for _, x := range append([]string{table.Headline, table.Old, table.New, table.Decisions[0].Sentence}, table.Notes...) {
		if !strings.Contains(page, x) {
			t.Errorf("the page doesn't say %q", x)
		}
	}
	cells := regexp.MustCompile(`(?s)<tr><th scope="row">([^<]*)</th>`+strings.Repeat(`<td class="n" data-label="[^"]*">([^<]*)</td>`, 4)+"</tr>").FindAllStringSubmatch(page, -1)
	i := 0
	for _, cell := range table.Cells {
		for _, row := range cell.Rows {
			if i < len(cells) && !slices.Equal(cells[i][1:], row) {
				t.Errorf("row %d: %q, want %q", i, cells[i][1:], row)
			}
			i++
		}
	}
	if i != len(cells) || i != len(c.Rows) {
		t.Errorf("%d rows on the page, %d in the table, %d compared", len(cells), i, len(c.Rows))
	}
	for q, says := range map[string]string{
		"old=old&new=old": "are the same run", "old=old&new=gone": `there is no run in "gone"`, "": "there is no run", "old=old&new=sub/new&fail-if=x": "threshold",
		"old=old&new=sub/new&fail-if=nothing+%3C+5%25": "nothing",
	} {
		for _, at := range []string{"/compare?", "/compare.json?"} {
			w := s.get(t, at+q)
			if w.Code != http.StatusBadRequest || !strings.Contains(html.UnescapeString(w.Body.String()), says) {
				t.Errorf("%s: %d: %s", at+q, w.Code, w.Body)
			}
		}
	}
	// The run went on after it was analysed.
	if err := os.MkdirAll(results.TrialDir(filepath.Join(dir, "old"), 1), 0o755); err != nil {
		t.Fatal(err)
	}
	const says = "and the results next to it have 1: run tqbench analyze"
	if w := s.get(t, "/compare?old=old&new=sub/new"); w.Code != http.StatusBadRequest || !strings.Contains(html.UnescapeString(w.Body.String()), says) {
		t.Errorf("an analysis of half a run: %d: %s", w.Code, w.Body)
	}
	if w := s.get(t, "/history"); !strings.Contains(html.UnescapeString(w.Body.String()), says) {
		t.Errorf("the history takes an analysis of half a run: %d: %s", w.Code, w.Body)
	}
}
