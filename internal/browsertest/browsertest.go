// Package browsertest opens pages in a real browser and notes forbidden behaviour.
package browsertest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/testneeds"
)

// Tab is a tab of a real browser.
type Tab struct {
	ctx context.Context
	// Folder is the download folder; saved receives the name of each finished one.
	Folder string
	saved  chan string

	// site is the prefix of all requests' addresses.
	site string
	name string // of the download that began last

	mu       sync.Mutex
	problems []string
}

// Open starts a browser whose pages may only request addresses that begin with site. Without a browser, if `make browser` was not run, the
// test fails: a page needs a browser to be tested.
func Open(t *testing.T, site string) *Tab {
	t.Helper()
	testneeds.Real(t, "a browser")
	path := ""
	for _, name := range []string{"chromium", "google-chrome", "chromium-browser"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		t.Fatal("there is no Chromium to open the pages with: run `make browser`")
	}
	allocated, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path),
		chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	b := &Tab{ctx: ctx, site: site, Folder: t.TempDir(), saved: make(chan string, 8)}
	chromedp.ListenTarget(ctx, b.listen)
	b.Run(t, network.Enable(), runtime.Enable(),
		browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(b.Folder).WithEventsEnabled(true))
	return b
}

// listen notes what a page must not do: request anything but itself, write to the console, fail, or open a dialogue.
func (b *Tab) listen(e any) {
	switch e := e.(type) {
	case *network.EventRequestWillBeSent:
		if u := e.Request.URL; !strings.HasPrefix(u, b.site) && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
			b.complain("it asks for %.200s", u)
		}
	case *runtime.EventConsoleAPICalled:
		b.complain("it writes to the console: %v", e.Args)
	case *runtime.EventExceptionThrown:
		b.complain("a script fails: %v", e.ExceptionDetails)
	case *network.EventLoadingFailed:
		// A page that is left while loading ends its own requests.
		if !e.Canceled {
			b.complain("loading fails: %s", e.ErrorText)
		}
	case *browser.EventDownloadWillBegin:
		b.name = e.SuggestedFilename
	case *browser.EventDownloadProgress:
		if e.State == browser.DownloadProgressStateCompleted {
			b.saved <- b.name
		}
	case *cdppage.EventJavascriptDialogOpening:
		b.complain("it opens a dialogue: %s", e.Message)
		go func() { _ = chromedp.Run(b.ctx, cdppage.HandleJavaScriptDialog(true)) }()
	}
}

func (b *Tab) complain(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.problems = append(b.problems, fmt.Sprintf(format, args...))
}

// Run runs actions in the tab.
func (b *Tab) Run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// AwaitSaved waits for the end of a download and returns its name.
func (b *Tab) AwaitSaved(t *testing.T) string {
	t.Helper()
	select {
	case name := <-b.saved:
		return name
	case <-b.ctx.Done():
		t.Fatal("nothing was saved")
		return ""
	}
}

// NoProblems fails the test if the pages misbehaved since the last call.
func (b *Tab) NoProblems(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.problems {
		t.Error(p)
	}
	b.problems = nil
}
