package report

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

func TestNoiseIsToldWithWhatItCost(t *testing.T) {
	here := func(a analysis.Analysis, grade string, low, high float64) analysis.Analysis {
		a.Comparisons = a.Comparisons[:1]
		c := &a.Comparisons[0]
		c.Grade = grade
		for i := range c.Ratios {
			c.Ratios[i].Low, c.Ratios[i].High = low, high
		}
		return a
	}
	quiet := noisyRun()
	for i := range quiet.Comparisons {
		quiet.Comparisons[i].Noisy = 0
	}
	disturbed := here(noisyRun(), analysis.GradeHere, 5, 7)
	disturbed.Comparisons[0].Noisy, disturbed.Comparisons[0].Disturbed, disturbed.Trials = 0, 4, nil
	for _, tt := range []struct {
		name string
		a    analysis.Analysis
		want string
	}{
		{"all kinds", noisyRun(), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals that allow for it are 2.1 to 13.1 " +
			"times as wide; 1 of 2 verdicts holds only as measured here (median latency); more blocks beside as much noise would not change that, " +
			"but a quieter machine would."},
		{"all hold", here(noisyRun(), analysis.GradeSure, 5, 7), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals that allow " +
			"for it are 2.1 times as wide; the verdict holds whatever it did."},
		{"more would help", here(noisyRun(), analysis.GradeHere, 1.01, 7), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals " +
			"that allow for it are 2.1 times as wide; 1 of 1 verdict holds only as measured here (throughput); more blocks would help."},
		{"other programs", disturbed, "What noise cost: other programs ran beside 4 of 6 blocks; 1 of 1 verdict holds only as measured here (throughput); more blocks beside " +
			"as much noise would not change that, but a quieter machine would."},
		{"quiet", quiet, "Noise cost nothing visible: none of 6 blocks is noisy, and no other program ran beside one."},
		{"one block", oneBlock(), "What noise cost: 1 of 1 block is noisy; more blocks would help."},
		{"before there were brackets", fixture(), ""},
		{"nothing", analysis.Analysis{}, ""},
	} {
		if got := noiseSentence(tt.a); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestGrowthIsToldByItsKind(t *testing.T) {
	a := noisyRun()
	for _, tt := range []struct {
		name   string
		growth *suite.Growth
		want   string
	}{
		{"fixed", nil, ""},
		{"narrow", &suite.Growth{Until: 0.05, First: 6, Max: 40}, "After 6 blocks, more were added until each deciding interval reached no further than 5 % from its estimate, " +
			"or to 40 blocks. Of the deciding intervals, 3 stayed wider."},
		{"open", &suite.Growth{First: 6, Max: 40, Within: suite.Duration(180e9), Looks: []suite.Look{{Blocks: 6}, {Blocks: 8}}},
			"The run looked at its verdicts after 6 and 8 blocks, and went on while any that decides was open, up to 40 blocks and 3 min; p-values allow for all of " +
				"its looks. 2 are open."},
		{"cut short", &suite.Growth{First: 6, Max: 40}, "The run was to look at its verdicts after 6 blocks, and to go on while any that decides was open, up to 40 blocks; " +
			"it ended before."},
	} {
		a.Method.Growth = tt.growth
		if got := growthSentence(a); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

// A note of noise says what it does: it keeps a trial out of nothing.
func TestNotesOfNoiseSayWhatTheyDo(t *testing.T) {
	for code, want := range map[string]string{
		results.FlagThrottled: "nothing: it widens the interval", results.FlagLate: "nothing: it widens the interval",
		results.FlagDisturbed: "nothing: it lowers the grade", results.FlagUnsteady: "nothing: it is a note",
	} {
		if got := (flagRow{Code: code}).KeptOut(); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	if got := (flagRow{Code: results.FlagThrottled, Excluded: []string{"throughput"}}).KeptOut(); got != "throughput" {
		t.Errorf("one of an older run: %s", got)
	}
	known := map[string]bool{}
	for _, m := range flagMeaning() {
		known[m[0]] = true
	}
	for _, code := range []string{results.FlagReleasedEarly, results.FlagProfiled} {
		if !known[code] {
			t.Errorf("the glossary has no %s", code)
		}
	}
}

// A run with profiles opens with its drawings, and still shows its figures.
func TestProfiledRunOpensWithItsDrawings(t *testing.T) {
	a := profiledRun()
	if got := headline(a); !strings.HasPrefix(got, "Profiles of 2 trials.") {
		t.Errorf("headline: %s", got)
	}
	page, err := renderPage(New(a), []profiled{{TrialRow: a.Trials[0], Files: []profileFile{{"profile-cpu-drain.svg", "../results/trials/0001/profile-cpu-drain.svg"}}}}, everything, pageLimit)
	if err != nil {
		t.Fatal(err)
	}
	flames, verdicts := strings.Index(string(page), `href="../results/trials/0001/profile-cpu-drain.svg"`), strings.Index(string(page), `id="sure"`)
	if flames < 0 || flames > verdicts {
		t.Errorf("the drawing is linked at %d, after the answer at %d", flames, verdicts)
	}
	a.Trials[0].Flags = nil
	if got := headline(a); strings.HasPrefix(got, "Profiles") {
		t.Errorf("a run of which one trial was profiled: %s", got)
	}
}
