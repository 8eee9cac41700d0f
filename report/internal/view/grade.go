package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/stats"
)

// AsMeasured follows a verdict of the lower grade.
const AsMeasured = " as measured here"

// timesWords is a ratio with its interval: "6.06 times (4.93 to 8.44)".
func timesWords(c analysis.Comparison) string {
	return fmt.Sprintf("%s times (%s)", number.Short(c.Ratio.Estimate), intervalWords(c))
}

// intervalWords is the interval of a ratio. One block has none.
func intervalWords(c analysis.Comparison) string {
	switch {
	case c.Blocks == 1:
		return "1 block, no interval"
	case withoutInterval(c):
		return number.Plural(c.Blocks, "block") + ", too few for an interval"
	}
	return number.Span(c.Ratio.Low, c.Ratio.High)
}

// withoutInterval reports whether a ratio has no interval that says anything.
func withoutInterval(c analysis.Comparison) bool {
	return c.Blocks == 1 || stats.Vague(c.Ratio.Low, c.Ratio.Estimate, c.Ratio.High, c.Blocks)
}

// VerdictSentence is the verdict with its numbers: "faster: 6.06 times (4.93 to 8.44); 4.80 to 8.57 whatever the stolen CPU
// time did".
func VerdictSentence(c analysis.Comparison) string {
	out := VerdictWords(c)
	switch {
	case HasRatio(c):
		out += ": " + timesWords(c)
	case c.Blocks > 0 && metric.MayBeZero(c.Metric):
		out += ": " + bothWords(c)
	}
	if note := VerdictNote(c); note != "" {
		out += "; " + note
	}
	return out
}

// whatever says where the ratio lies whatever noise did, of a verdict that holds so. Where noise did nothing visible it says
// nothing.
func whatever(c analysis.Comparison) string {
	if c.Grade != analysis.GradeSure || c.Noisy == 0 || metric.MayBeZero(c.Metric) {
		return ""
	}
	return fmt.Sprintf("%s whatever %s did", number.Span(c.Bracketed.Low, c.Bracketed.High), noiseOf(c))
}

// noiseOf names what may have changed the values of a comparison.
func noiseOf(c analysis.Comparison) string {
	has := func(code string) bool {
		return slices.ContainsFunc(c.Flags, func(f analysis.Flagged) bool { return f.Code == code })
	}
	var out []string
	if has(results.FlagThrottled) {
		out = append(out, "the stolen CPU time")
	}
	if has(results.FlagDisturbed) {
		out = append(out, "other programs")
	}
	if m, _ := metric.Named(c.Metric); has(results.FlagLate) && m.Family == metric.FamilyLatency {
		out = append(out, "the late generator")
	}
	if len(out) == 0 {
		return "the noise of the machine"
	}
	return text.List(out)
}

// onlyHere says why a verdict holds only as measured here.
func onlyHere(c analysis.Comparison) string {
	b := c.Bracketed
	switch {
	case c.Grade != analysis.GradeHere:
		return ""
	case c.Crowded(), onlyUnknown(c):
		out := noiseUnknown(c.NoiseUnknown)
		if c.Crowded() {
			out = fmt.Sprintf("other programs ran during %d of %s", c.Disturbed, number.Plural(c.Blocks, "block"))
		}
		if c.Noisy > 0 && !metric.MayBeZero(c.Metric) {
			out += fmt.Sprintf("; %s whatever %s did", number.Span(b.Low, b.High), noiseOf(c))
		}
		return out
	case metric.MayBeZero(c.Metric):
		return fmt.Sprintf("without %s it is not sure", noiseOf(c))
	case b.Low <= 1 && b.High >= 1:
		return fmt.Sprintf("without %s the ratio may be %s", noiseOf(c), number.Span(b.Low, b.High))
	}
	return fmt.Sprintf("without %s (%s) it is not sure", noiseOf(c), number.Span(b.Low, b.High))
}

// onlyUnknown reports whether a verdict holds at both ends of what the noise that was measured can have changed, and as measured here alone because other noise
// can't be known.
func onlyUnknown(c analysis.Comparison) bool {
	b := c.Bracketed
	return c.Grade == analysis.GradeHere && c.NoiseUnknown != "" && !c.Crowded() && (c.Verdict == analysis.Equivalent || b.Low > 1 || b.High < 1)
}

// price says what it would take to decide, where that is known.
func price(c analysis.Comparison) string {
	switch {
	case c.Verdict != analysis.Undecided || c.Blocks < 2 && c.NeedBlocks <= 0:
		return ""
	case c.NeedBlocks <= 0:
		return "more than 1,000 blocks would be needed to decide"
	}
	out := "about " + number.Plural(c.NeedBlocks, "block") + " would decide"
	if c.Blocks == 1 {
		out = "at least " + number.Plural(c.NeedBlocks, "block") + " are needed"
	}
	if more := c.NeedBlocks - c.Blocks; c.NeedSeconds > 0 && more > 0 {
		out += fmt.Sprintf(", %s more in about %s", number.Count(int64(more)), lengthWords(c.NeedSeconds))
	}
	return out
}

// lengthWords is a length of time, rounded as an estimate is.
func lengthWords(seconds float64) string {
	switch {
	case seconds < 90:
		return number.Short(seconds) + " s"
	case seconds < 90*60:
		return fmt.Sprintf("%.0f min", seconds/60)
	}
	return fmt.Sprintf("%.1f h", seconds/3600)
}

// VerdictNote explains the verdict's word: where the ratio lies whatever noise did, why the verdict holds only
// here, or what it would take to decide.
func VerdictNote(c analysis.Comparison) string {
	for _, s := range []string{whatever(c), onlyHere(c), price(c)} {
		if s != "" {
			return s
		}
	}
	return ""
}

// gradesExplained is one line on what the grades mean, where a reader meets them.
func gradesExplained(a analysis.Analysis) string {
	if !slices.ContainsFunc(a.Comparisons, func(c analysis.Comparison) bool { return c.Grade == analysis.GradeHere || c.Noisy > 0 }) {
		return ""
	}
	return `A verdict holds whatever the noise of the machine did, unless "as measured here" follows it: then it holds for these ` +
		"figures, and those of a quiet machine may differ. A block is noisy where stolen CPU time, other programs or a late generator can " +
		"have changed its ratio by more than 2 %."
}

// SpoiledMark follows a figure of trials of which none counts.
const SpoiledMark = "(!)"

// Shown are the trials that a side's figure is of: those that count, or where none does, those that a flag keeps out.
func Shown(e analysis.Estimate) []float64 {
	if len(e.Values) > 0 {
		return e.Values
	}
	return e.Spoiled
}

// Spoiled tells whether a side has figures, and all are of trials that don't count.
func Spoiled(e analysis.Estimate) bool { return len(e.Values) == 0 && len(e.Spoiled) > 0 }

// SideWords is a side's figure, marked where it doesn't count, or a dash where nothing was measured.
func SideWords(e analysis.Estimate) string {
	switch {
	case Spoiled(e):
		return number.Short(e.Estimate) + " " + SpoiledMark
	case len(e.Values) > 0:
		return number.Short(e.Estimate)
	}
	return "-"
}

// bothWords are the figures of both sides, for where there is no ratio; nothing where neither has one.
func bothWords(c analysis.Comparison) string {
	if len(Shown(c.Baseline))+len(Shown(c.Candidate)) == 0 {
		return ""
	}
	side := func(e analysis.Estimate) string {
		if len(Shown(e)) == 0 {
			return "nothing"
		}
		return SideWords(e)
	}
	return strings.TrimSpace(fmt.Sprintf("%s against %s %s", side(c.Candidate), side(c.Baseline), Name(c.Unit)))
}

// SpoiledSide is an arm of which no trial counts for some metrics, and why.
type SpoiledSide struct {
	Arm     string
	Metrics []string
	Trials  int
	Why     string
	// Codes are the flags alone.
	Codes []string
}

// Brief says the same where there is little room.
func (s SpoiledSide) Brief() string {
	return fmt.Sprintf("%s: %s, none valid (%s)", s.Arm, number.Plural(s.Trials, "trial"), strings.Join(s.Codes, ", "))
}

// Words says what the mark means at this side's figures.
func (s SpoiledSide) Words() string {
	count := "don't count"
	if s.Trials == 1 {
		count = "doesn't count"
	}
	return fmt.Sprintf("%s in %s: the figure is of %s that %s (%s), and is in no verdict", s.Arm, text.List(s.Metrics),
		number.Plural(s.Trials, "trial"), count, s.Why)
}

// SpoiledSides are those of comparisons, metrics with the same reason together.
func SpoiledSides(cs []analysis.Comparison) []SpoiledSide {
	var out []SpoiledSide
	for _, c := range cs {
		for _, e := range []analysis.Estimate{c.Baseline, c.Candidate} {
			if !Spoiled(e) {
				continue
			}
			why, codes := spoiledWhy(c, ArmName(e))
			s := SpoiledSide{Arm: Name(ArmName(e)), Trials: len(e.Spoiled), Why: why, Codes: codes}
			i := slices.IndexFunc(out, func(x SpoiledSide) bool { return x.Arm == s.Arm && x.Trials == s.Trials && x.Why == s.Why })
			if i < 0 {
				i = len(out)
				out = append(out, s)
			}
			out[i].Metrics = append(out[i].Metrics, text.Lower(MetricTitle(c)))
		}
	}
	for i, s := range out {
		if len(s.Metrics) > 1 && len(s.Metrics) == len(cs) {
			out[i].Metrics = []string{"all metrics"}
		}
	}
	return out
}

// spoiledWhy are the flags that keep an arm's trials out of a comparison, with what the first of each says.
func spoiledWhy(c analysis.Comparison, arm string) (why string, codes []string) {
	var words []string
	for _, f := range c.Flags {
		if code := Name(f.Code); f.Excluded && f.Arm == arm && f.Trial > 0 && !slices.Contains(codes, code) {
			codes = append(codes, code)
			words = append(words, strings.TrimSuffix(Name(f.Code)+": "+Sentence(flaggedWords(f)), ": "))
		}
	}
	if len(words) == 0 {
		return "no reason is recorded", []string{"no reason is recorded"}
	}
	return strings.Join(words, "; "), codes
}
