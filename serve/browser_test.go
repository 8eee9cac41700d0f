package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/runner"
	"github.com/tqbench/tqbench/suite"
)

// tab is a tab of a real browser that has a server's pages, and what it complained of.
type tab struct {
	ctx  context.Context
	site string
	// saved is told the name of a file that was saved.
	saved chan string

	mu       sync.Mutex
	problems []string
}

// open serves a folder and starts a browser. It is not there where `make browser` was not run, which fails the test.
func open(t *testing.T, s *Server) *tab {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no Chromium to open the pages with: run `make browser`")
	}
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
	allocated, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.WSURLReadTimeout(2*time.Minute))...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, site: "http://" + l.Addr().String(), saved: make(chan string, 8)}
	name := ""
	chromedp.ListenTarget(ctx, func(e any) {
		switch e := e.(type) {
		case *network.EventRequestWillBeSent:
			if u := e.Request.URL; !strings.HasPrefix(u, b.site+"/") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
				b.complain("it asks for %.200s", u)
			}
		case *runtime.EventConsoleAPICalled:
			b.complain("it writes to the console: %v", e.Args)
		case *runtime.EventExceptionThrown:
			b.complain("a script fails: %v", e.ExceptionDetails)
		case *browser.EventDownloadWillBegin:
			name = e.SuggestedFilename
		case *browser.EventDownloadProgress:
			if e.State == browser.DownloadProgressStateCompleted {
				b.saved <- name
			}
		}
	})
	b.run(t, network.Enable(), runtime.Enable(),
		browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(t.TempDir()).WithEventsEnabled(true))
	return b
}

func (b *tab) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

func (b *tab) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func (b *tab) noProblems(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Error(p)
	}
	b.problems = nil
}

// A page that is open follows a run without being loaded again, and keeps what the reader chose and where the keyboard is.
func TestAnOpenPageFollowsARun(t *testing.T) {
	dir := t.TempDir()
	for day, name := range []string{"a", "b", "c"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	out := filepath.Join(dir, "going")
	builtin, err := suite.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := suite.NewPlan(suite.Options{Scenarios: builtin[:1], Brokers: []string{"redis"}, Usual: []string{"celery/prefork", "asynctasq/async"}, Blocks: 2, Scale: 1})
	if err := errors.Join(err, os.Mkdir(out, 0o755), suite.WritePlan(out, plan)); err != nil {
		t.Fatal(err)
	}
	unlock, err := runner.Lock(out)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { unlock() }()
	b := open(t, served(t, dir))
	says := func(what string) chromedp.Action {
		return chromedp.Poll(fmt.Sprintf(`document.querySelector('tr[data-run="/files/going"] td:last-child').innerText.includes(%q)`, what), nil)
	}
	b.run(t, chromedp.Navigate(b.site+"/"), says("0 of 4 trials"), chromedp.Evaluate(`window.same = true;
		document.querySelector("select[name=old]").value = "a"; document.querySelector('tr[data-run="/files/going"] a').focus()`, nil))
	at := results.TrialDir(out, 1)
	if err := errors.Join(os.MkdirAll(at, 0o755), results.WriteTrial(at, results.Trial{ID: 1})); err != nil {
		t.Fatal(err)
	}
	b.run(t, says("1 of 4 trials"))
	// A run that comes is listed and can be chosen.
	analysed(t, filepath.Join(dir, "newest"), 9)
	b.run(t, chromedp.Poll(`document.querySelector(".runs tbody tr th").innerText.startsWith("newest") && document.querySelector("select[name=old]").options.length === 4`, nil))
	var kept bool
	b.run(t, chromedp.Evaluate(`window.same === true && document.querySelector("select[name=old]").value === "a" && document.activeElement.getAttribute("href") === "/files/going/"`, &kept))
	if !kept {
		t.Error("the page was loaded again, or lost what was chosen or where the keyboard was")
	}
	unlock()
	b.run(t, says("Interrupted"), chromedp.Poll(`document.getElementById("state").innerText === "5 runs."`, nil))
	b.noProblems(t)
}

// A report does all that it does as a file, at an origin from which nothing here can be read.
func TestAReportWorksAndReadsNothing(t *testing.T) {
	dir := t.TempDir()
	analysed(t, filepath.Join(dir, "a"), 0)
	b := open(t, served(t, dir))
	var rows int
	var origin string
	b.run(t, chromedp.Navigate(b.site+"/"), chromedp.Click(`.runs th a`, chromedp.ByQuery), chromedp.WaitReady(`html[data-ready="yes"]`, chromedp.ByQuery),
		chromedp.Click("button.unfold", chromedp.ByQuery), chromedp.Evaluate(`document.querySelectorAll("table.comparison tbody tr").length`, &rows),
		chromedp.Evaluate(`self.origin`, &origin))
	if rows == 0 || origin != "null" {
		t.Errorf("%d rows at the origin %s", rows, origin)
	}
	// Its filter stands in the address, and its tables are saved.
	b.run(t, chromedp.Evaluate(`{ const s = document.querySelector("form.filters select"); s.selectedIndex = 1; s.dispatchEvent(new Event("change", { bubbles: true })) }`, nil),
		chromedp.Poll(`location.hash.length > 1`, nil), chromedp.Evaluate(`document.querySelector("button.csv").click()`, nil))
	select {
	case name := <-b.saved:
		if !strings.HasSuffix(name, ".csv") {
			t.Errorf("saved %s", name)
		}
	case <-b.ctx.Done():
		t.Fatal("the table was not saved")
	}
	b.noProblems(t)
	// What a report that somebody else wrote could try.
	write(t, filepath.Join(dir, "a/report/index.html"), `<!DOCTYPE html><title>x</title><script>
		fetch("/runs.json").then((r) => r.text()).then(() => { document.title = "read" }, () => { document.title = "refused" })</script>`)
	b.run(t, chromedp.Navigate(b.site+"/files/a/report/index.html"), chromedp.Poll(`document.title !== "x"`, nil))
	var title string
	b.run(t, chromedp.Title(&title))
	if title != "refused" {
		t.Errorf("a report's script: %s", title)
	}
}

// Whoever doesn't see the pages, or not their colours, reads them too. Checked by axe-core, in both themes and widths.
func TestPagesAreAccessible(t *testing.T) {
	axe, err := os.ReadFile("../report/testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		t.Fatalf("there is no axe-core: run `make browser` (%v)", err)
	}
	dir := t.TempDir()
	for day, name := range []string{"old", "new", strings.Repeat("x", 200), "<img src=x onerror=alert(1)>"} {
		analysed(t, filepath.Join(dir, name), day)
	}
	write(t, filepath.Join(dir, "damaged/analysis.json"), "{")
	b := open(t, served(t, dir))
	for _, at := range []string{"/", "/?refresh=off", "/compare?old=old&new=new&fail-if=throughput+%3C+-5%25", "/files/old/", "/files/none"} {
		for _, theme := range []string{"light", "dark"} {
			for _, width := range []int64{1440, 390} {
				t.Run(fmt.Sprintf("%s/%s/%d", at, theme, width), func(t *testing.T) {
					var found string
					var over int64
					b.run(t, emulation.SetDeviceMetricsOverride(width, 900, 1, width < 600),
						emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}),
						chromedp.Navigate(b.site+at), chromedp.Evaluate(string(axe), nil),
						chromedp.Evaluate(`axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }).then((r) =>
							JSON.stringify(r.violations.map((v) => [v.id, v.help, v.nodes.length, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary])))`,
							&found, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
						chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &over))
					var violations [][]any
					if err := json.Unmarshal([]byte(found), &violations); err != nil {
						t.Fatal(err)
					}
					for _, v := range violations {
						t.Errorf("%v", v)
					}
					if over > 0 {
						t.Errorf("the page is %d px wider than the window", over)
					}
				})
			}
		}
	}
	b.noProblems(t)
}
