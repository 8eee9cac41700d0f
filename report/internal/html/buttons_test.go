package html

import (
	"encoding/json"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

// A button to save a table is a button next to it, wherever the table is.
func TestButtonsHaveTheSizeOfButtons(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	for name, a := range map[string]string{"real": pageFile(t, realrun.Read(t), PageLimit), "noisy": pageFile(t, fixture.NoisyRun(), PageLimit)} {
		for _, width := range []int64{1440, 390} {
			b.Look(t, "light", width, 900)
			b.Load(t, a, "")
			b.Run(t, chromedp.Click("button.unfold", chromedp.ByQuery))
			var sizes []struct {
				Name          string
				Width, Height float64
				// Below is how far the button is below its table.
				Below float64
			}
			found := pagetest.Eval[string](t, b, `JSON.stringify([...document.querySelectorAll("button")].filter((e) => e.getClientRects().length).map((e) => {
				const r = e.getBoundingClientRect(), table = e.matches(".csv") ? e.previousElementSibling.getBoundingClientRect() : r;
				return { Name: e.getAttribute("aria-label") || e.innerText, Width: r.width, Height: r.height, Below: e.matches(".csv") ? r.top - table.bottom : 0 } }))`)
			if err := json.Unmarshal([]byte(found), &sizes); err != nil {
				t.Fatal(err)
			}
			if len(sizes) < 10 {
				t.Errorf("%s: %d buttons", name, len(sizes))
			}
			for _, s := range sizes {
				if s.Width > 200 || s.Height > 45 || s.Width < 20 || s.Height < 15 || s.Below < -20 || s.Below > 40 {
					t.Errorf("%s, %d px wide: %s has %.0f x %.0f px, %.0f px below its table", name, width, s.Name, s.Width, s.Height, s.Below)
				}
			}
			b.NoProblems(t)
		}
	}
}
