package serve

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/browsertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/results"
)

// tab is a tab of a real browser, and the address of the server whose pages it may open.
type tab struct {
	*browsertest.Tab
	site string
}

// open serves a folder and starts a browser.
func open(t *testing.T, s *Server) tab {
	t.Helper()
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(t.Context(), l) }()
	t.Cleanup(func() {
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	site := "http://" + l.Addr().String()
	return tab{browsertest.Open(t, site+"/"), site}
}

// An open page follows a run without reloading, and keeps the reader's choices and the focus.
func TestAnOpenPageFollowsARun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for day, name := range []string{"a", "b", "c"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	out := filepath.Join(dir, "going")
	planned(t, out)
	lock := locked(t, out)
	b := open(t, served(t, dir))
	says := func(what string) chromedp.Action {
		return chromedp.Poll(fmt.Sprintf(`document.querySelector('tr[data-run="/files/going"] td:last-child').innerText.includes(%q)`, what), nil)
	}
	b.Run(t, chromedp.Navigate(b.site+"/"), says("0 of 4 trials"), chromedp.Evaluate(`window.same = true;
		document.querySelector("select[name=old]").value = "a"; document.querySelector('tr[data-run="/files/going"] a[href="/files/going/"]').focus()`, nil))
	at := results.TrialDir(out, 1)
	if err := errors.Join(os.MkdirAll(at, 0o755), results.WriteTrial(at, results.Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	b.Run(t, says("1 of 4 trials"))
	// A new run is listed, after the one that is going on, and can be chosen.
	analysed(t, filepath.Join(dir, "newest"), 9)
	b.Run(t, chromedp.Poll(`document.querySelector(".runs tbody tr + tr th").innerText.startsWith("newest") && document.querySelector("select[name=old]").options.length === 4`, nil))
	var kept bool
	b.Run(t, chromedp.Evaluate(`window.same === true && document.querySelector("select[name=old]").value === "a" && document.activeElement.getAttribute("href") === "/files/going/"`, &kept))
	if !kept {
		t.Error("the page was loaded again, or lost what was chosen or where the keyboard was")
	}
	lock.Release()
	b.Run(t, says("Interrupted"), chromedp.Poll(`document.getElementById("state").innerText === "5 runs."`, nil))
	b.NoProblems(t)
}

// An open live page follows its run without reloading, and keeps what the reader selected.
func TestAnOpenLivePageFollowsItsRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	out := filepath.Join(dir, "going")
	planned(t, out)
	lock := locked(t, out)
	now := doing()
	does(t, out, now)
	b := open(t, served(t, dir))
	says := func(what string) chromedp.Action {
		return chromedp.Poll(fmt.Sprintf(`document.querySelector("main").innerText.includes(%q)`, what), nil)
	}
	b.Run(t, chromedp.Navigate(b.site+"/"), chromedp.Click(`a[href="/live/going"]`, chromedp.ByQuery), chromedp.WaitReady("dl.live", chromedp.ByQuery), says("12.3 ms"), chromedp.Evaluate(`window.same = true;
		getSelection().selectAllChildren(document.getElementById("now")); document.querySelector("main a").focus()`, nil))
	now.Trial.FinishedPerSecond, now.Trial.P99 = 4321, 0.0456
	now.Ratios = now.Ratios[:1]
	does(t, out, now)
	b.Run(t, says("4321"), says("45.6 ms"))
	lock.Release()
	b.Run(t, says("Killed"), chromedp.Poll(`!document.querySelector("dl.live")`, nil))
	if err := results.RemoveLive(out); err != nil {
		t.Fatal(err)
	}
	var kept string
	b.Run(t, chromedp.Evaluate(`[window.same, getSelection().toString(), document.activeElement.innerText].join()`, &kept))
	if kept != "true,going,Files" {
		t.Errorf("the page was loaded again, or lost what was selected or where the keyboard was: %s", kept)
	}
	b.NoProblems(t)
}

// A report works as it does from a file, at an origin that can read nothing here.
func TestAReportWorksAndReadsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	b := open(t, served(t, dir))
	var rows int
	var origin string
	b.Run(t, chromedp.Navigate(b.site+"/"), chromedp.Click(`.runs th a`, chromedp.ByQuery), chromedp.WaitReady(`html[data-ready="yes"]`, chromedp.ByQuery),
		chromedp.Click("button.unfold", chromedp.ByQuery), chromedp.Evaluate(`document.querySelectorAll("table.comparison tbody tr").length`, &rows),
		chromedp.Evaluate(`self.origin`, &origin))
	if rows == 0 || origin != "null" {
		t.Errorf("%d rows at the origin %s", rows, origin)
	}
	// Its filter is in the address, and its tables can be saved.
	b.Run(t, chromedp.Evaluate(`{ const s = document.querySelector("form.filters select"); s.selectedIndex = 1; s.dispatchEvent(new Event("change", { bubbles: true })) }`, nil),
		chromedp.Poll(`location.hash.length > 1`, nil), chromedp.Evaluate(`document.querySelector("button.csv").click()`, nil))
	if name := b.AwaitSaved(t); !strings.HasSuffix(name, ".csv") {
		t.Errorf("saved %s", name)
	}
	b.NoProblems(t)
	// What somebody else's report could try.
	write(t, filepath.Join(dir, "a/report/index.html"), `<!DOCTYPE html><title>x</title><script>
		fetch("/runs.json").then((r) => r.text()).then(() => { document.title = "read" }, () => { document.title = "refused" })</script>`)
	b.Run(t, chromedp.Navigate(b.site+"/files/a/report/index.html"), chromedp.Poll(`document.title !== "x"`, nil))
	var title string
	b.Run(t, chromedp.Title(&title))
	if title != "refused" {
		t.Errorf("a report's script: %s", title)
	}
}

// In a real browser, another site's page reads nothing, frames nothing and triggers no computation; a link on it opens.
func TestAnotherSitesPageReadsNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	analysed(t, filepath.Join(dir, "b"), 1)
	s := served(t, dir)
	l, err := Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	asked := make(chan string, 100)
	handler := s.Handler(l.Addr())
	here := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		asked <- fmt.Sprint(r.URL.Path, " ", rec.Code)
		maps.Copy(w.Header(), rec.Header())
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
	})}
	go func() { _ = here.Serve(l) }()
	defer here.Close()
	ours := "http://" + l.Addr().String()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!DOCTYPE html><title>x</title><link rel="icon" href="data:,"><a id="link" href="%[1]s/compare?old=a&amp;new=b">compare</a>
			<script>
			const tries = [fetch("%[1]s/runs.json"), fetch("%[1]s/compare.json?old=a&new=b", { mode: "no-cors" })].map((p) => p.then((r) => r.type === "opaque" ? r.status : "read", () => "refused"));
			Promise.all(tries).then((got) => { document.title = got.join() })
			</script>
			<img src="%[1]s/compare?old=a&amp;new=b"><iframe src="%[1]s/"></iframe>`, ours)
	}))
	defer elsewhere.Close()
	b := browsertest.Open(t, "http://127.0.0.1:")
	var title, heading string
	b.Run(t, chromedp.Navigate(elsewhere.URL), chromedp.Poll(`document.title !== "x"`, nil), chromedp.Title(&title))
	if title == "" || strings.Contains(title, "read") {
		t.Errorf("a page of another site has got %q", title)
	}
	for range 4 {
		if got := <-asked; !strings.HasSuffix(got, " 403") {
			t.Errorf("it is answered: %s", got)
		}
	}
	b.Run(t, chromedp.Click("#link", chromedp.ByQuery), chromedp.WaitReady("h1", chromedp.ByQuery), chromedp.Text("h1", &heading, chromedp.ByQuery))
	if got := <-asked; got != "/compare 200" || heading == "" {
		t.Errorf("the link leads to %s: %q", got, heading)
	}
}

// The pages work for readers who don't see them, or not their colours. Checked by axe-core, in both themes and widths.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "a browser")
	dir := t.TempDir()
	for day, name := range []string{"old", "new", strings.Repeat("x", 200), "<img src=x onerror=alert(1)>"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	write(t, filepath.Join(dir, "damaged/analysis.json"), "{")
	now := doing()
	now.Trial.Arm, now.Ratios[0].Candidate, now.Ratios[0].Title = strings.Repeat("a", 200), strings.Repeat("b", 200), strings.Repeat("c", 200)
	for name, now := range map[string]results.Live{"going": doing(), "killed": doing(), "long": now} {
		planned(t, filepath.Join(dir, name))
		lock := locked(t, filepath.Join(dir, name))
		does(t, filepath.Join(dir, name), now)
		if name == "killed" {
			lock.Release()
		}
	}
	b := open(t, served(t, dir))
	for _, at := range []string{"/", "/?refresh=off", "/compare?old=old&new=new&fail-if=throughput+%3C+-5%25", "/files/old/", "/files/none",
		"/history", "/live/going", "/live/long", "/live/old", "/live/killed", "/live/none"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				t.Run(fmt.Sprintf("%s/%s/%d", at, theme, width), func(t *testing.T) {
					b.Look(t, theme, width, 900)
					b.Run(t, chromedp.Navigate(b.site+at))
					b.Accessible(t, browsertest.BestPractice)
				})
			}
		}
	}
	b.NoProblems(t)
}
