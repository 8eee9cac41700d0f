package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/pagetest"
	"github.com/tqbench/tqbench/results"
)

// A link leads to a drawing that is there, from where the report is.
func TestProfilesAreLinkedWhereTheyAre(t *testing.T) {
	t.Parallel()
	a := fixture.OneBroker()
	for _, id := range []int{1, 2} {
		a.Trials[id-1].Flags = []results.Flag{{Code: results.FlagProfiled, Detail: "it was watched", Metrics: []string{"*"}}}
	}
	out := t.TempDir()
	dir := results.TrialDir(out, 1)
	if err := os.MkdirAll(filepath.Join(dir, "profile-folder.svg"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"profile-cpu-a #1.svg", "profile-memory-1.html", "profile-cpu-a #1.txt", "trial.json", "other.svg"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := Write(t.Context(), out, a, Options{}); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(Dir(out), "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	d := pagetest.Parse(t, string(page))
	var links []string
	for _, l := range d.Links {
		if l != "data:," && !strings.HasPrefix(l, "#") && !pagetest.TrialFolder.MatchString(l) {
			links = append(links, l)
		}
	}
	want := []string{"../results/trials/0001/profile-cpu-a%20%231.svg", "../results/trials/0001/profile-memory-1.html"}
	want = append(want, want...) // on the first screen, and in the part on profiles
	if !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	if _, err := os.Stat(filepath.Join(Dir(out), filepath.FromSlash(links[1]))); err != nil {
		t.Error(err)
	}
	for _, w := range []string{"it was watched", "none", "profile-cpu-a #1.svg"} {
		if !strings.Contains(d.Text, w) {
			t.Errorf("the page doesn't say %q", w)
		}
	}
	if strings.Contains(rendered(t, fixture.OneBroker()), `id="profiles"`) {
		t.Error("a run without profiles has a section of them")
	}
}
