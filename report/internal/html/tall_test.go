package html

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

// What is folded makes a report of everything short enough to look over, and a map of all loads comes first.
func TestAReportOfEverythingIsShort(t *testing.T) {
	t.Parallel()
	b := pagetest.Open(t)
	b.Look(t, "light", 1440, 900)
	b.Load(t, pageFile(t, fixture.Largest(41), PageLimit), "")
	if tall := pagetest.Eval[int](t, b, `document.documentElement.scrollHeight`); tall > 8000 {
		t.Errorf("the page is %d px tall", tall)
	}
	if at := pagetest.Eval[int](t, b, `Math.round(document.querySelector(".tile").getBoundingClientRect().bottom)`); at > 900 {
		t.Errorf("the first verdict of the map is at %d px, below the first screen", at)
	}
	cut := pagetest.Eval[[]string](t, b, `[...document.querySelectorAll(".tile")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.innerText)`)
	if len(cut) > 0 {
		t.Errorf("cut off: %q", cut)
	}
	b.NoProblems(t)
}

// A verdict that can't be counted on elsewhere is hatched, and says in words what colour and hatching say.
func TestTheMapSaysInWordsWhatItsColoursSay(t *testing.T) {
	t.Parallel()
	page := render(t, fixture.ManyBrokers())
	tiles := regexp.MustCompile(`<a class="tile (\w+) deep\d( unsure)?"[^>]*>(.*?)</a>`).FindAllStringSubmatch(page, -1)
	if len(tiles) == 0 {
		t.Fatal("there is no map")
	}
	words := map[string][]string{
		"cand": {": faster<", ": better<", " as measured here<"}, "base": {": slower<", ": worse<", " as measured here<"},
		"none": {": equivalent<", ": undecided<", ": no data<", ": one side only<", ": faster<", ": slower<", ": better<", ": worse<"},
	}
	for _, m := range tiles {
		if !slices.ContainsFunc(words[m[1]], func(w string) bool { return strings.Contains(m[3], w) }) {
			t.Errorf("class %s without its words: %s", m[1], m[3])
		}
		open := strings.Contains(m[3], ": undecided<") || strings.Contains(m[3], " as measured here<")
		if hatched := m[2] != ""; hatched != open {
			t.Errorf("hatched is %v: %s", hatched, m[3])
		}
	}
}
