package html

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/tqbench/tqbench/internal/realrun"
	"github.com/tqbench/tqbench/report/internal/pagetest"
)

var update = flag.Bool("update", false, "write the pictures again")

// picture is a part of the report of a real run as a reader's screen shows it.
type picture struct {
	name, theme   string
	width, height int64
	// at is where the page is opened, and of selects what is pictured; all of the window where it is empty.
	at, of string
	// before is a script that does what a reader would have done.
	before string
}

func pictureList() []picture {
	section := `(() => { const f = [...document.querySelectorAll(".part[data-f]")][0]; return f })()`
	return []picture{
		{"answer", "light", 1280, 900, "", "", ""},
		{"answer-dark", "dark", 1280, 900, "", "", ""},
		{"answer-phone", "light", 390, 844, "", "", ""},
		{"matrix", "light", 1280, 900, "", ".matrix", ""},
		{"comparison", "light", 1280, 900, "", ".pictured", section + `.querySelector(".scroll").classList.add("pictured")`},
		{"ratios", "light", 1280, 900, "", ".pictured", `document.querySelectorAll(".part[data-f] figure")[1].classList.add("pictured")`},
		{"latency", "light", 1280, 900, "", ".pictured",
			`[...document.querySelectorAll(".part[data-f] figure")].find((f) => f.innerText.startsWith("Latency by")).classList.add("pictured")`},
		{"zoom", "light", 1280, 900, "", ".pictured",
			`{ const f = [...document.querySelectorAll(".part[data-f] figure")].find((f) => f.innerText.startsWith("Tasks done"));
			f.querySelector("button.zoom").click(); f.classList.add("pictured") }`},
	}
}

// The guide's pictures are made from the report of a real run by `make pictures`, so that they show what there is.
func TestPicturesOfTheGuideAreThere(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "docs", "pictures")
	if *update {
		b := pagetest.Open(t)
		path := pageFile(t, realrun.Read(t), PageLimit)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for _, p := range pictureList() {
			b.Look(t, p.theme, p.width, p.height)
			b.Load(t, path, p.at)
			var data []byte
			take := chromedp.CaptureScreenshot(&data)
			if p.of != "" {
				take = chromedp.Screenshot(p.of, &data, chromedp.ByQuery)
			}
			if p.before != "" {
				b.Run(t, chromedp.Evaluate(p.before+"; 0", nil))
			}
			b.Run(t, take)
			if err := os.WriteFile(filepath.Join(dir, p.name+".png"), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		b.NoProblems(t)
	}
	guide, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "reading-the-report.md"))
	if err != nil {
		t.Fatal(err)
	}
	var shown []string
	for _, m := range regexp.MustCompile(`!\[[^\]]+\]\(pictures/([a-z-]+)\.png\)`).FindAllSubmatch(guide, -1) {
		shown = append(shown, string(m[1]))
	}
	for _, p := range pictureList() {
		if !slices.Contains(shown, p.name) {
			t.Errorf("the guide doesn't show %s", p.name)
		}
	}
	for _, name := range shown {
		if info, err := os.Stat(filepath.Join(dir, name+".png")); err != nil || info.Size() == 0 {
			t.Error(fmt.Errorf("the guide shows a picture that isn't there: %s: %w", name, err))
		}
	}
}
