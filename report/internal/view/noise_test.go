package view

import (
	"strings"
	"testing"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/fixture"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// A comparison says which of its runs were noisy.
func TestNoiseOfRunsIsTold(t *testing.T) {
	t.Parallel()
	subject := func(run string, noisy int) regress.Subject {
		return regress.Subject{Run: run, Trials: 14, Noisy: noisy}
	}
	if got := noiseOfRuns("They count.", subject("a", 0), subject("b", 0)); got != "" {
		t.Errorf("quiet runs: %s", got)
	}
	want := "Noisy by stolen CPU time, a late generator or other programs: 9 of 14 trials of run b. They count."
	if got := noiseOfRuns("They count.", subject("a", 0), subject("b", 9)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	many := []regress.Subject{subject("a", 1), subject("b", 2), subject("c", 3), subject("d", 4), subject("e", 5), subject("f", 6)}
	if got := noiseOfRuns("They count.", many...); !strings.Contains(got, "5 of 14 trials of run e, and trials of 1 more run. They") {
		t.Errorf("many runs: %s", got)
	}
	c := regress.Comparison{Old: many[:1], New: many[1:2]}
	if notes := CompareNotes(c); len(notes) != 2 || notes[1] != meansNote {
		t.Errorf("notes %q", notes)
	}
}

func TestNoiseIsToldWithWhatItCost(t *testing.T) {
	t.Parallel()
	here := func(a analysis.Analysis, grade string, low, high float64) analysis.Analysis {
		a.Comparisons = a.Comparisons[:1]
		c := &a.Comparisons[0]
		c.Grade = grade
		for i := range c.Ratios {
			c.Ratios[i].Low, c.Ratios[i].High = low, high
		}
		return a
	}
	quiet := fixture.NoisyRun()
	for i := range quiet.Comparisons {
		quiet.Comparisons[i].Noisy = 0
	}
	unknown := func(a analysis.Analysis, code string) analysis.Analysis {
		for i := range a.Comparisons {
			c := &a.Comparisons[i]
			if c.NoiseUnknown = code; c.Grade != "" {
				c.Grade = analysis.GradeHere
			}
		}
		return a
	}
	still := func(code string) analysis.Analysis {
		a := fixture.NoisyRun()
		for i := range a.Comparisons {
			a.Comparisons[i].Noisy = 0
		}
		return unknown(a, code)
	}
	disturbed := here(fixture.NoisyRun(), analysis.GradeHere, 5, 7)
	disturbed.Comparisons[0].Noisy, disturbed.Comparisons[0].Disturbed, disturbed.Trials = 0, 4, nil
	for _, tt := range []struct {
		name string
		a    analysis.Analysis
		want string
	}{
		{"all kinds", fixture.NoisyRun(), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals that allow for it are 2.1 to 13.1 " +
			"times as wide; 1 of 2 verdicts holds only as measured here (median latency); more blocks with as much noise would not change that, " +
			"but a quieter machine would."},
		{"all hold", here(fixture.NoisyRun(), analysis.GradeSure, 5, 7), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals that allow " +
			"for it are 2.1 times as wide; the verdict holds whatever it did."},
		{"more would help", here(fixture.NoisyRun(), analysis.GradeHere, 1.01, 7), "What noise cost: 5 of 6 blocks are noisy by stolen CPU time and a late generator, and intervals " +
			"that allow for it are 2.1 times as wide; 1 of 1 verdict holds only as measured here (throughput); more blocks would help."},
		{"other programs", disturbed, "What noise cost: other programs ran during 4 of 6 blocks; 1 of 1 verdict holds only as measured here (throughput); more blocks with " +
			"as much noise would not change that, but a quieter machine would."},
		{"quiet", quiet, "Noise cost nothing visible: none of 6 blocks is noisy, and no other program ran during one."},
		{"an attached broker", still(analysis.NoiseAttached), "Noise cost nothing visible: none of 6 blocks is noisy by what could be measured. Other programs can't be " +
			"known with an attached broker, so verdicts there hold only as measured here."},
		{"several machines", still(analysis.NoiseMachines), "The noise of other machines isn't measured, so verdicts there hold only as measured here."},
		{"an attached broker and noise", unknown(here(fixture.NoisyRun(), analysis.GradeHere, 5, 7), analysis.NoiseAttached), "What noise cost: 5 of 6 blocks are noisy by stolen " +
			"CPU time and a late generator, and intervals that allow for it are 2.1 times as wide; 1 of 1 verdict holds only as measured here (throughput). Other programs " +
			"can't be known with an attached broker, so verdicts there hold only as measured here."},
		{"one block", fixture.OneBlock(), "What noise cost: 1 of 1 block is noisy; more blocks would help."},
		{"before there were brackets", fixture.OneBroker(), ""},
		{"nothing", analysis.Analysis{}, ""},
	} {
		if got := noiseSentence(tt.a); got != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
	}
}

func TestGrowthIsToldByItsKind(t *testing.T) {
	t.Parallel()
	a := fixture.NoisyRun()
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
		{"one look", &suite.Growth{First: 1, Max: 40, Looks: []suite.Look{{Blocks: 1}}},
			"The run looked at its verdicts after 1 block, and went on while any that decides was open, up to 40 blocks; p-values allow for all of its looks. 2 are open."},
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
	t.Parallel()
	for code, want := range map[string]string{
		results.FlagThrottled: "nothing: it widens the interval", results.FlagLate: "nothing: it widens the interval",
		results.FlagDisturbed: "nothing: it lowers the grade", results.FlagUnsteady: "nothing: it is a note",
	} {
		if got := (FlagRow{Code: code}).KeptOut(); got != want {
			t.Errorf("%s: %s, want %s", code, got, want)
		}
	}
	if got := (FlagRow{Code: results.FlagThrottled, Excluded: []string{"throughput"}}).KeptOut(); got != "throughput" {
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
