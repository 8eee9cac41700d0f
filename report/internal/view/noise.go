package view

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// noiseCost is what the noise of the machine did to the comparisons that decide.
type noiseCost struct {
	// Blocks is how many there are, of which Noisy are noisy for some deciding metric, and during Disturbed of them other programs ran.
	Blocks, Noisy, Disturbed int
	// Least and Most are how many times as wide intervals are with what noise may have done as without; 0 where none is wider.
	Least, Most float64
	// Verdicts is how many comparisons are decided. Of these, Here are titles of those that hold only as measured here, and of
	// these, Lasting would stay so with any number of such blocks.
	Verdicts int
	Here     []string
	Lasting  int
	// Beyond is how many of Here would stay so as noise can't be known, whatever it did; unknown has each reason once.
	Beyond  int
	unknown []string
	// Open is how many are undecided that further blocks would settle.
	Open int
	// codes name what the noise is by.
	codes []string
	// against says which pairs the verdicts are on, where the run compares all of them.
	against string
}

// costOf counts what noise did. The second result is false where the analysis doesn't know, as one of before there were brackets.
func costOf(a analysis.Analysis) (noiseCost, bool) {
	var n noiseCost
	known := false
	if len(a.Orders) > 0 {
		n.against = " against the first side"
	}
	for _, g := range groups(a) {
		blocks, noisy, disturbed := 0, 0, 0
		for _, c := range g.deciding() {
			known = known || c.Bracketed.Estimate > 0
			blocks, noisy, disturbed = max(blocks, c.Blocks), max(noisy, c.Noisy), max(disturbed, c.Disturbed)
			n.count(c)
		}
		n.Blocks, n.Noisy, n.Disturbed = n.Blocks+blocks, n.Noisy+noisy, n.Disturbed+disturbed
	}
	if n.Noisy > 0 {
		for _, x := range []struct{ code, words string }{
			{results.FlagThrottled, "stolen CPU time"}, {results.FlagDisturbed, "other programs"}, {results.FlagLate, "a late generator"},
		} {
			if flagged(a, x.code) {
				n.codes = append(n.codes, x.words)
			}
		}
	}
	return n, known
}

func flagged(a analysis.Analysis, code string) bool {
	for _, t := range a.Trials {
		if t.Flagged(code) {
			return true
		}
	}
	return false
}

// count takes in a deciding comparison.
func (n *noiseCost) count(c analysis.Comparison) {
	if w := widened(c); w > 0 && c.Noisy > 0 {
		if n.Least == 0 {
			n.Least = w
		}
		n.Least, n.Most = min(n.Least, w), max(n.Most, w)
	}
	switch c.Verdict {
	case analysis.Faster, analysis.Slower, analysis.Equivalent:
		n.Verdicts++
	case analysis.Undecided:
		if c.NeedBlocks > 0 {
			n.Open++
		}
	}
	if c.NoiseUnknown != "" && !slices.Contains(n.unknown, c.NoiseUnknown) {
		n.unknown = append(n.unknown, c.NoiseUnknown)
	}
	if c.Grade != analysis.GradeHere {
		return
	}
	n.Here = append(n.Here, text.Lower(MetricTitle(c)))
	switch low, high := centres(c); {
	case c.NoiseUnknown != "":
		n.Beyond++
	case low <= 0 && high >= 0, 2*c.Disturbed > c.Blocks:
		n.Lasting++
	}
}

// noiseUnknown says why noise can't be known.
func noiseUnknown(code string) string {
	if code == analysis.NoiseMachines {
		return "the noise of other machines isn't measured"
	}
	return "other programs can't be known with an attached broker"
}

// beyond says what isn't known of the noise of a run, if anything isn't.
func (n noiseCost) beyond() string {
	out := ""
	for _, code := range n.unknown {
		out += " " + text.Upper(noiseUnknown(code)) + ", so verdicts there hold only as measured here."
	}
	return out
}

// widened is how many times as wide the bracketed interval is as the plain one, on the scale of ratios; 0 where there is none.
func widened(c analysis.Comparison) float64 {
	if c.Blocks < 2 || c.Ratio.Low <= 0 || c.Bracketed.Low <= 0 || c.Ratio.High <= c.Ratio.Low {
		return 0
	}
	return math.Log(c.Bracketed.High/c.Bracketed.Low) / math.Log(c.Ratio.High/c.Ratio.Low)
}

// centres are the mean logarithms of the lower and the upper ends of the blocks' brackets: more blocks with as much noise leave
// them where they are.
func centres(c analysis.Comparison) (low, high float64) {
	for _, r := range c.Ratios {
		if r.Low > 0 && r.High > 0 {
			low += math.Log(r.Low)
			high += math.Log(r.High)
		}
	}
	return low, high
}

// noiseSentence says what noise cost the run; nothing where that isn't known.
func noiseSentence(a analysis.Analysis) string {
	n, known := costOf(a)
	if !known || n.Blocks == 0 {
		return ""
	}
	switch {
	case n.Noisy+n.Disturbed > 0:
	case slices.Contains(n.unknown, analysis.NoiseMachines):
		return strings.TrimSpace(n.beyond())
	case len(n.unknown) > 0:
		return fmt.Sprintf("Noise cost nothing visible: none of %s is noisy by what could be measured.", number.Plural(n.Blocks, "block")) + n.beyond()
	default:
		return fmt.Sprintf("Noise cost nothing visible: none of %s is noisy, and no other program ran during one.", number.Plural(n.Blocks, "block"))
	}
	var parts []string
	if n.Noisy > 0 {
		s := fmt.Sprintf("%d of %s %s noisy", n.Noisy, number.Plural(n.Blocks, "block"), isAre(n.Noisy))
		if len(n.codes) > 0 {
			s += " by " + text.List(n.codes)
		}
		if n.Most >= visiblyWider {
			s += fmt.Sprintf(", and intervals that allow for it are %s times as wide", widths(n.Least, n.Most))
		}
		parts = append(parts, s)
	}
	if n.Disturbed > 0 && n.Disturbed != n.Noisy {
		parts = append(parts, fmt.Sprintf("other programs ran during %d of %s", n.Disturbed, number.Plural(n.Blocks, "block")))
	}
	return "What noise cost: " + strings.Join(append(parts, n.outcome()...), "; ") + "." + n.beyond()
}

// visiblyWider is from which ratio of two widths on a reader sees a difference.
const visiblyWider = 1.05

func isAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// outcome says what became of the verdicts, and what would help.
func (n noiseCost) outcome() []string {
	// mostTitles is how many metrics a sentence can name.
	const mostTitles = 3
	var out []string
	switch here := len(n.Here); {
	case here > 0:
		holds := "hold"
		if here == 1 {
			holds = "holds"
		}
		s := fmt.Sprintf("%d of %s%s %s only as measured here", here, number.Plural(n.Verdicts, "verdict"), n.against, holds)
		if here <= mostTitles {
			s += " (" + text.List(n.Here) + ")"
		}
		out = append(out, s)
	case n.Verdicts == 1:
		out = append(out, "the verdict"+n.against+" holds whatever it did")
	case n.Verdicts > 1:
		out = append(out, fmt.Sprintf("all %d verdicts%s hold whatever it did", n.Verdicts, n.against))
	}
	switch {
	case n.Lasting > 0:
		out = append(out, "more blocks with as much noise would not change that, but a quieter machine would")
	case len(n.Here) > n.Beyond || n.Open > 0:
		out = append(out, "more blocks would help")
	}
	return out
}

// widths are how many times as wide, one number where they hardly differ. Beyond a hundred times, how much more says nothing.
func widths(low, high float64) string {
	const much = 100
	words := func(x float64) string {
		if x > much {
			return fmt.Sprintf("over %d", much)
		}
		return fmt.Sprintf("%.1f", x)
	}
	l, h := words(low), words(high)
	if l == h {
		return h
	}
	return l + " to " + h
}
