package html

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/report/internal/view"
)

// A run with profiles opens with its drawings, and still shows its figures.
func TestProfiledRunOpensWithItsDrawings(t *testing.T) {
	t.Parallel()
	a := fixture.ProfiledRun()
	if got := view.New(a).Headline; !strings.HasPrefix(got, "Profiles of 2 trials.") {
		t.Errorf("headline: %s", got)
	}
	page, err := renderPage(view.New(a), []Profiled{{TrialRow: a.Trials[0], Files: []profileFile{{"profile-cpu-drain.svg", "../results/trials/0001/profile-cpu-drain.svg"}}}}, everything, PageLimit)
	if err != nil {
		t.Fatal(err)
	}
	flames, verdicts := strings.Index(string(page), `href="../results/trials/0001/profile-cpu-drain.svg"`), strings.Index(string(page), `id="sure"`)
	if flames < 0 || flames > verdicts {
		t.Errorf("the drawing is linked at %d, after the answer at %d", flames, verdicts)
	}
	a.Trials[0].Flags = nil
	if got := view.New(a).Headline; strings.HasPrefix(got, "Profiles") {
		t.Errorf("a run of which one trial was profiled: %s", got)
	}
}
