package serve

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
)

// doing is what a run does in the middle of a trial.
func doing() results.Live {
	return results.Live{Written: time.Now(), Ended: 3, Kept: 2, Ends: time.Now().Add(5*time.Minute + 50*time.Second),
		Trial: &results.LiveTrial{ID: 4, Block: 2, Scenario: "throughput", Broker: "redis", Arm: "celery/prefork", Stage: "paced", Done: 0.42, SentPerSecond: 1500, FinishedPerSecond: 1234, P99: 0.0123},
		Ratios: []results.LiveRatio{
			{Scenario: "throughput", Broker: "redis", Metric: "throughput", Title: "Throughput", Candidate: "asynctasq/async", Baseline: "celery/prefork", HigherIsBetter: true, Ratio: 1.517, Low: 1.402, High: 1.641, Blocks: 6, Noisy: 1},
			{Scenario: "throughput", Broker: "redis", Metric: "latency_p99", Candidate: "asynctasq/async", Baseline: "celery/prefork", Ratio: 0.5, Blocks: 1},
		}}
}

// does writes a run's live.json.
func does(t *testing.T, out string, l results.Live) {
	t.Helper()
	if err := results.WriteLive(out, l); err != nil {
		t.Fatal(err)
	}
}

// locked reserves a run's folder, as a run does.
func locked(t *testing.T, out string) *runner.Lock {
	t.Helper()
	lock, err := runner.LockFolder(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(lock.Release)
	return lock
}

// words are a page's text.
func words(page string) string {
	page = regexp.MustCompile(`(?s)<(script|noscript|title)\b.*?</(script|noscript|title)>`).ReplaceAllString(page, "")
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(html.UnescapeString(page)), " ")
}

func TestALivePageHasEachFigure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "going")
	analysed(t, filepath.Join(dir, "newer"), 9)
	planned(t, out)
	locked(t, out)
	does(t, out, doing())
	s := served(t, dir)
	l := s.listed(t)
	if r := l.Runs[0]; r.Path != "going" || r.State != GoingOn || r.Live == nil || r.Live.Trial.ID != 4 || len(r.Problems) > 0 {
		t.Fatalf("the first run of the list: %+v", r)
	}
	if index := s.get(t, "/").Body.String(); !strings.Contains(index, `<a href="/live/going">`) || !strings.Contains(words(index), "now celery/prefork on redis: paced, 1234 tasks/s") {
		t.Errorf("the list: %s", words(index))
	}
	w := s.get(t, "/live/going")
	page := words(w.Body.String())
	for _, want := range []string{"Running: 0 of 4 planned trials have ended.", "Trial 4: celery/prefork on redis throughput, block 2", "Phase paced 42 % done", "Offered 1500 tasks/s",
		"Finished 1234 tasks/s", "p99 so far 12.3 ms", "Kept trials 2 of 3", "Time left about 6 min for the planned trials", "Throughput throughput on redis; higher is better",
		"asynctasq/async / celery/prefork 1.52 1.40 to 1.64 6, 1 noisy", "latency_p99 throughput on redis; lower is better", "0.50 too few trials 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page doesn't say %q: %s", want, page)
		}
	}
	if h := w.Header(); w.Code != http.StatusOK || h.Get("Content-Security-Policy") != policyPage || strings.Contains(w.Body.String(), "style=") {
		t.Errorf("%d %v", w.Code, h)
	}
	if !strings.Contains(w.Body.String(), `http-equiv="refresh" content="2"`) || strings.Contains(s.get(t, "/live/going?refresh=off").Body.String(), "http-equiv") {
		t.Error("without scripts, the page isn't loaded again, or can't be stopped from that")
	}
}

// Each state of a run has its page, and files that can't be read are a line of it.
func TestALivePageOfEachState(t *testing.T) {
	t.Parallel()
	good := func(t *testing.T, out string) { does(t, out, doing()) }
	content := func(text string) func(*testing.T, string) {
		return func(t *testing.T, out string) { write(t, filepath.Join(out, results.LiveName), text) }
	}
	for name, tt := range map[string]struct {
		file  func(*testing.T, string)
		going bool
		// state is that of the list, says a part of the page, and figures whether it has any.
		state, says string
		figures     bool
		problem     string
	}{
		"running":             {good, true, GoingOn, "Running: 0 of 4", true, ""},
		"running, no file":    {nil, true, GoingOn, "no figures at the moment", false, ""},
		"planned":             {nil, false, Planned, "Planned: no trial has run.", false, ""},
		"killed":              {good, false, Interrupted, "Killed: 0 of 4 planned trials have ended. The process last wrote on", false, ""},
		"killed, broken file": {content("{"), false, Interrupted, "Killed", false, ""},
		"broken":              {content(`{"version": 1, "ended": `), true, GoingOn, "Running", false, "live.json: not a usable file"},
		"empty":               {content(""), true, GoingOn, "Running", false, "live.json: not a usable file"},
		"newer":               {content(`{"version": 2, "trials": []}`), true, GoingOn, "Running", false, "it has version 2, this tqbench reads version 1"},
		"large":               {content(`{"version": 1, "ratios": "` + strings.Repeat("x", maxLive) + `"}`), true, GoingOn, "Running", false, "may have 1 MiB"},
		"before the lock": {func(t *testing.T, out string) {
			good(t, out)
			old := time.Now().Add(-time.Hour)
			if err := os.Chtimes(filepath.Join(out, results.LiveName), old, old); err != nil {
				t.Fatal(err)
			}
		}, true, GoingOn, "no figures at the moment", false, ""},
		"quiet": {func(t *testing.T, out string) {
			l := doing()
			l.Written = l.Written.Add(-3 * time.Minute)
			does(t, out, l)
		}, true, GoingOn, "has written nothing for 3 min", true, ""},
		"no trial yet": {func(t *testing.T, out string) { does(t, out, results.Live{}) }, true, GoingOn, "Kept trials 0 of 0", true, ""},
		"nonsense": {content(`{"version":1,"written":"0001-01-01T00:00:00Z","ended":-1,"ends":"9999-01-01T00:00:00Z","trial":{"stage":"<b>\u202e","done":1e300,"p99_seconds":1e308,
			"sent_per_second":-1e308,"finished_per_second":1e308},"ratios":[{"ratio":-1e308,"low":-1,"high":1e308,"blocks":-1}]}`), true, GoingOn, `<b>\u202e 100 % done`, true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			planned(t, dir)
			if tt.going {
				locked(t, dir)
			}
			if tt.file != nil {
				tt.file(t, dir)
			}
			s := served(t, dir)
			r := s.listed(t).Runs[0]
			if r.State != tt.state || (r.Live != nil) != tt.figures || (len(r.Problems) == 1) != (tt.problem != "") {
				t.Errorf("%s, live %v, problems %q", r.State, r.Live != nil, r.Problems)
			}
			w := s.get(t, "/live/")
			page := words(w.Body.String())
			if w.Code != http.StatusOK || !strings.Contains(page, tt.says) || !strings.Contains(page, tt.problem) || strings.Contains(page, "Kept trials") != tt.figures {
				t.Errorf("%d: %s", w.Code, page)
			}
			if strings.ContainsAny(w.Body.String(), "\u202e") || strings.Contains(w.Body.String(), "<b>") {
				t.Error("a name is on the page as it is")
			}
			if index := s.get(t, "/"); index.Code != http.StatusOK || strings.Contains(words(index.Body.String()), "killed") != !r.Killed.IsZero() {
				t.Errorf("the list: %d", index.Code)
			}
		})
	}
}

// A run that ended has its report there, and a link to another folder's file isn't followed.
func TestALivePageOfAnEndedRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "old"), 0)
	planned(t, filepath.Join(dir, "linked"))
	locked(t, filepath.Join(dir, "linked"))
	does(t, dir, doing())
	if err := os.Symlink("../"+results.LiveName, filepath.Join(dir, "linked", results.LiveName)); err != nil {
		t.Fatal(err)
	}
	s := served(t, dir)
	w := s.get(t, "/live/old")
	if page := w.Body.String(); w.Code != http.StatusOK || !strings.Contains(words(page), "Ended: ") || !strings.Contains(page, `href="/files/old/report/index.html"`) || strings.Contains(page, "dl class") {
		t.Errorf("%d: %s", w.Code, page)
	}
	if page := words(s.get(t, "/live/linked").Body.String()); !strings.Contains(page, "no figures at the moment") {
		t.Errorf("a link: %s", page)
	}
}

func TestALivePageThatDoesNotExist(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	s := served(t, dir)
	for _, at := range []string{"/live/", "/live/b", "/live/a/results", "/live/a%2F..%2F..", "/live/%00", "/live/.lock", "/live/" + strings.Repeat("x", 5000), "/live/%3Cb%3E"} {
		w := s.get(t, at)
		if page := w.Body.String(); w.Code != http.StatusNotFound || !strings.Contains(page, "There is no run of this name.") || len(page) > 2000 {
			t.Errorf("%.40s: %d: %.300s", at, w.Code, page)
		}
	}
	if w := s.ask(t, func(r *http.Request) { r.Method = http.MethodPost }, "/live/a"); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

func TestFiguresAreRounded(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0.0", 3.14: "3.1", 1234.6: "1235", 1e15: "1e+15", -1: "-1.0"} {
		if got := rate(v); got != want {
			t.Errorf("rate(%v) = %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{0.00004567: "0.0457 ms", 0.0123: "12.3 ms", 0.9: "900 ms", 1.234: "1.23 s", 999: "999 s", 3000: "50 min", 1e300: "277777.8 h"} {
		if got := latency(v); got != want {
			t.Errorf("latency(%v) = %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]int{-1: 0, 0.999: 99, 1e300: 100} {
		if got := percent(v); got != want {
			t.Errorf("percent(%v) = %d, want %d", v, got, want)
		}
	}
}
