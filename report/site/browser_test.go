package site_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/browsertest"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/site"
)

// The page filters by its address, fits each width, and works for readers who don't see it, or not its colours. axe-core checks that in both themes.
func TestTheSiteInABrowser(t *testing.T) {
	testneeds.Real(t, "a browser")
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "pages")
	allowed := plant(t, dir, []planted{{"a", "alice", "X", 1, 1.5}, {"b", "bob", "Y", 2, 3}, {"c", "", "Z", 3, 2}})
	if err := os.WriteFile(filepath.Join(dir, "d.tar.gz"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := site.Write(t.Context(), site.Options{Folder: dir, Allowed: allowed}, out); err != nil {
		t.Fatal(err)
	}
	b := pagetest.Open(t)
	page := filepath.Join(out, site.PageName)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 768, 390} {
			b.Look(t, theme, width, 900)
			b.Load(t, page, "")
			b.Run(t, chromedp.Evaluate(`document.querySelectorAll("details").forEach((d) => { d.open = true })`, nil))
			t.Run(fmt.Sprintf("%s/%d", theme, width), func(t *testing.T) { b.Accessible(t, browsertest.BestPractice) })
		}
	}
	defer b.NoProblems(t)
	shown := func() string {
		return pagetest.Eval[string](t, b, `[...document.querySelectorAll("tr[data-load]:not([hidden])")].map((r) => r.dataset.metric).join(",")+"; "+document.querySelector("output").textContent`)
	}
	b.Load(t, page, "#metric=Throughput")
	if got := shown(); got != "Throughput; 1 of 4 shown" {
		t.Errorf("by its address: %s", got)
	}
	b.Load(t, page, "#metric=nonsense&queue=%22%3E&tier=reproduced")
	if got := shown(); !strings.Contains(got, "of 4 shown") || strings.Contains(got, "Throughput") {
		t.Errorf("by an address of nonsense: %s", got)
	}
	b.Load(t, page, "")
	b.Run(t, chromedp.Evaluate(`{ const s = document.querySelector("select[name=queue]"); s.value = "rq/fork"; s.dispatchEvent(new Event("change", { bubbles: true })) }`, nil))
	if hash := pagetest.Eval[string](t, b, "location.hash"); hash != "#queue=rq%2Ffork" {
		t.Errorf("the address of a choice: %s", hash)
	}
	if got := shown(); !strings.HasSuffix(got, fmt.Sprintf("%d of 4 shown", 4)) {
		t.Errorf("by a choice: %s", got)
	}
}
