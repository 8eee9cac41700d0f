package html

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/browsertest"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

// The page of a trend, with sure changes, is accessible and fits, in both themes and widths. It asks for nothing.
func TestTheTrendIsAccessible(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	var page bytes.Buffer
	if err := Trend(&page, fixture.Trended(t)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "trend.html")
	if err := os.WriteFile(path, page.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Run(t, chromedp.Navigate("file://"+path))
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 375} {
			t.Run(fmt.Sprintf("%s/%d", theme, width), func(t *testing.T) {
				b.Look(t, theme, width, 900)
				b.Accessible(t, browsertest.BestPractice)
			})
		}
	}
	b.NoProblems(t)
}
