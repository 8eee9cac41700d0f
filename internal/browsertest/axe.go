package browsertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axePath is axe-core below the module's folder.
const axePath = "report/testdata/axe/node_modules/axe-core/axe.min.js"

// axe is the script of axe-core.
func axe(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test is in no module")
		}
		dir = filepath.Dir(dir)
	}
	data, err := os.ReadFile(filepath.Join(dir, axePath))
	if err != nil {
		t.Fatalf("there is no axe-core: run `make browser` (%v)", err)
	}
	return string(data)
}

// BestPractice are axe-core's rules that no guideline asks for.
const BestPractice = "best-practice"

// Accessible fails the test for each rule of WCAG 2.2 AA, and of the further sets, that the open page breaks according to axe-core, and if
// the page is wider than its window.
func (b *Tab) Accessible(t *testing.T, further ...string) {
	t.Helper()
	rules, err := json.Marshal(append([]string{"wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"}, further...))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	var wider float64
	b.Run(t, chromedp.Evaluate(axe(t), nil), chromedp.Evaluate(fmt.Sprintf(`axe.run(document, { runOnly: %s }).then((r) =>
		r.violations.map((v) => [v.id, v.help, v.nodes.length, v.nodes[0].html.slice(0, 200), v.nodes[0].failureSummary].join("; ")))`, rules), &found,
		func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }),
		chromedp.Evaluate(`document.documentElement.scrollWidth - innerWidth`, &wider))
	for _, f := range found {
		t.Error(f)
	}
	if wider > 0 {
		t.Errorf("the page is %v px wider than the window", wider)
	}
}

// Look sets what the reader's screen is like.
func (b *Tab) Look(t *testing.T, theme string, width, height int64) {
	t.Helper()
	b.Run(t, emulation.SetDeviceMetricsOverride(width, height, 1, width < 600),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}}))
}
