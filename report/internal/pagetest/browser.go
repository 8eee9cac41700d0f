package pagetest

import (
	"net/url"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/browsertest"
)

// tab is a tab of a real browser.
type tab struct{ *browsertest.Tab }

func Open(t *testing.T) tab {
	t.Helper()
	return tab{browsertest.Open(t, "file:///")}
}

// Load opens a page at a place in it, and waits until its script is done.
func (b tab) Load(t *testing.T, page, hash string) {
	t.Helper()
	// Another address first: one that differs in its end alone is no new page.
	u := url.URL{Scheme: "file", Path: page}
	b.Run(t, chromedp.Navigate("about:blank"), chromedp.Navigate(u.String()+hash), chromedp.WaitReady(`html[data-ready="yes"]`, chromedp.ByQuery))
}

// Eval runs a script and reads its value into v.
func Eval[T any](t *testing.T, b tab, script string) T {
	t.Helper()
	var v T
	b.Run(t, chromedp.Evaluate(script, &v))
	return v
}
