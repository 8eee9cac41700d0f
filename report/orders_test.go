package report

import (
	"bytes"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/testneeds"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/report/internal/view"
)

// Whatever orders a file holds, each output is whole: no cell is empty, no table torn.
func TestMutilatedOrdersAreShown(t *testing.T) {
	t.Parallel()
	testneeds.Real(t, "more than a few seconds")
	r := rand.New(rand.NewPCG(3, 4))
	for range 40 {
		a := fixture.OnlyIn(fixture.NineSides(t), "throughput", []string{"redis", "postgres"}[r.IntN(2)])
		a.Cells, a.Orders, a.Choices, a.Comparisons = without(r, a.Cells), without(r, a.Orders), without(r, a.Choices), without(r, a.Comparisons)
		for i := range a.Orders {
			o := &a.Orders[i]
			o.Sides, o.Pairs = without(r, o.Sides), without(r, o.Pairs)
			for j := range o.Sides {
				switch r.IntN(6) {
				case 0:
					o.Sides[j].Place = 0
				case 1:
					o.Sides[j].Estimate.Values = nil
				case 2:
					o.Sides[j].Arm = fixture.NineNames[r.IntN(9)]
				case 3:
					o.Sides[j].Letters = ""
				}
			}
			for j := range o.Pairs {
				if r.IntN(3) == 0 {
					o.Pairs[j].Verdict = []string{analysis.Faster, analysis.Slower, analysis.Equivalent, analysis.NoData, "new"}[r.IntN(5)]
				}
			}
			if r.IntN(8) == 0 {
				o.Defaults = true
			}
		}
		// Pairs next to orders are tested elsewhere.
		a.Comparisons = fixture.Only(a.Comparisons, func(c analysis.Comparison) bool {
			return slices.ContainsFunc(a.Orders, func(o analysis.Order) bool {
				return o.Scenario == c.Scenario && o.Broker == c.Broker && o.Defaults == c.Defaults
			})
		})
		pagetest.Parse(t, rendered(t, a))
		var md bytes.Buffer
		if err := markdown.Write(&md, view.New(a)); err != nil {
			t.Fatal(err)
		}
		if bad := regexp.MustCompile(`(?m)^\|.*\| +\|.*$`).FindString(md.String()); bad != "" {
			t.Fatalf("an empty cell in %s", bad)
		}
		for _, width := range []int{0, 44, 80} {
			var b bytes.Buffer
			if err := Terminal(&b, a, Screen{Width: width}); err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(b.String()) {
				if width > 0 && len(strings.TrimSpace(line)) > width {
					t.Fatalf("width %d: %q", width, line)
				}
			}
		}
	}
}

// A run of two sides has none of it.
func TestTwoSidesHaveNoOrder(t *testing.T) {
	t.Parallel()
	for name, a := range fixture.Fixtures() {
		page := rendered(t, a)
		for _, word := range []string{view.OrderTitle, `id="sides-`, `id="pairs"`, "Unbeaten"} {
			if strings.Contains(page, word) {
				t.Errorf("%s: the page has %s", name, word)
			}
		}
	}
}
