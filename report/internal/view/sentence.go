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

// SentenceOf is a verdict in words, with its numbers.
func SentenceOf(c analysis.Comparison) string {
	out := outcomeOf(c) + diedIn(c)
	if why := Uncounted(c); why != "" {
		out += " It does not count in the answer: " + why + "."
	}
	return out
}

// Uncounted is why a verdict that would decide doesn't count; nothing where it does.
func Uncounted(c analysis.Comparison) string {
	return promised(c.NotCounted, ArmName(c.Baseline), ArmName(c.Candidate))
}

// promised says what two sides promise, where that differs.
func promised(p analysis.Promises, baseline, candidate string) string {
	switch {
	case !p.Differ():
		return ""
	case p.Stated != "":
		return p.Stated
	}
	return fmt.Sprintf("%s delivers %s here, %s %s", baseline, p.Baseline, candidate, p.Candidate)
}

// ReasonWords says why a cell isn't simply measured; nothing where there is no reason.
func ReasonWords(r analysis.Reason) string {
	out := ""
	switch r.Code {
	case "":
		return ""
	case analysis.ReasonNotBegun:
		if r.Seconds > 0 {
			return fmt.Sprintf("the run ended before its first trial, which takes about %s", lengthWords(r.Seconds))
		}
		return "the run ended before its first trial"
	case analysis.ReasonCutShort:
		return fmt.Sprintf("the run ended after %d of %d trials", r.Count, r.Of)
	case analysis.ReasonWorkerEnded:
		out = fmt.Sprintf("%s in %d of %d trials: ", endedByItself, r.Count, r.Of)
	case analysis.ReasonKeptOut:
		out = fmt.Sprintf("%d of %d trials are valid: ", r.Count, r.Of)
	case analysis.ReasonSomeNotRun:
		out = fmt.Sprintf("%d of %d trials did not run: ", r.Count, r.Of)
	}
	if r.Flag != nil {
		return out + strings.TrimSpace(FlagWords(*r.Flag))
	}
	return out + strings.TrimSpace(r.Detail)
}

func outcomeOf(c analysis.Comparison) string {
	a, b := ArmName(c.Candidate), ArmName(c.Baseline)
	title := text.Lower(MetricTitle(c))
	if metric.MayBeZero(c.Metric) && c.Blocks > 0 {
		return outcomeWithoutRatio(c, a, b, title)
	}
	interval := fmt.Sprintf("95 %% interval %s to %s, %s", text.Times(c.Ratio.Low), text.Times(c.Ratio.High), number.Plural(c.Blocks, "block"))
	says := func(ratio string) string {
		if m, ok := metric.Named(c.Metric); ok && m.Says != "" {
			return fmt.Sprintf(m.Says, ratio)
		}
		return fmt.Sprintf("has %s times the %s of", ratio, title)
	}
	switch c.Verdict {
	case analysis.Faster, analysis.Slower:
		return fmt.Sprintf("%s %s %s (%s).%s", a, says(text.Times(c.Ratio.Estimate)), b, interval, noiseOfVerdict(c))
	case analysis.Equivalent:
		return fmt.Sprintf("%s and %s are equivalent in %s: the ratio is %s (%s), and a difference of more than %s is ruled out.%s",
			a, b, title, text.Times(c.Ratio.Estimate), interval, number.Percent(stats.Margin), noiseOfVerdict(c))
	case analysis.NoData:
		return fmt.Sprintf("There is no comparison of %s with %s in %s: one side has no value.", a, b, title)
	}
	switch c.Blocks {
	case 0:
		why := "no block counts on both sides"
		if slices.ContainsFunc(c.Flags, func(f analysis.Flagged) bool { return f.Check == results.CheckNoRatio }) {
			why = fmt.Sprintf("no block has a ratio, as values that aren't above zero have none (%s)", bothWords(c))
		}
		return fmt.Sprintf("There is no comparison of %s with %s in %s: %s.", a, b, title, why)
	case 1:
		return fmt.Sprintf("%s %s %s in one block, which has no interval: undecided.", a, says(text.Times(c.Ratio.Estimate)), b)
	}
	return fmt.Sprintf("%s %s %s (%s): undecided; %s.", a, says("anything from "+text.Times(c.Ratio.Low)+" to "+text.Times(c.Ratio.High)), b,
		number.Plural(c.Blocks, "block"), neededWords(c))
}

// neededWords say how many blocks would decide.
func neededWords(c analysis.Comparison) string {
	if c.NeedBlocks > 0 {
		return fmt.Sprintf("about %d blocks would decide", c.NeedBlocks)
	}
	return "more than 1000 blocks would be needed to decide"
}

// outcomeWithoutRatio is the outcome by a metric of which a ratio says nothing, with the figures of both sides in its place.
func outcomeWithoutRatio(c analysis.Comparison, a, b, title string) string {
	figures := fmt.Sprintf("%s, %s", bothWords(c), number.Plural(c.Blocks, "block"))
	end := "."
	if c.Grade == analysis.GradeHere {
		end = ". This is as measured here."
	}
	switch {
	case c.Verdict == analysis.Faster:
		return fmt.Sprintf("%s is better than %s in %s (%s)%s", a, b, title, figures, end)
	case c.Verdict == analysis.Slower:
		return fmt.Sprintf("%s is worse than %s in %s (%s)%s", a, b, title, figures, end)
	case c.Verdict == analysis.Equivalent:
		return fmt.Sprintf("%s and %s are equivalent in %s (%s)%s", a, b, title, figures, end)
	case c.Blocks == 1:
		return fmt.Sprintf("%s and %s in %s (%s): undecided, as one block decides nothing.", a, b, title, figures)
	}
	return fmt.Sprintf("%s and %s in %s (%s): undecided; %s.", a, b, title, figures, neededWords(c))
}

// noiseOfVerdict says what the noise of the machine makes of a verdict.
func noiseOfVerdict(c analysis.Comparison) string {
	bracketed := text.Span(c.Bracketed.Low, c.Bracketed.High, text.Times)
	switch {
	case c.Grade == analysis.GradeHere && c.Crowded():
		return fmt.Sprintf(" This is as measured here: other programs ran during %d of %s, and without them the ratio might be %s.",
			c.Disturbed, number.Plural(c.Blocks, "block"), bracketed)
	case onlyUnknown(c) && c.Noisy > 0:
		return fmt.Sprintf(" This is as measured here: %s. Whatever the noise did that was measured, it is %s.", noiseUnknown(c.NoiseUnknown), bracketed)
	case onlyUnknown(c):
		return fmt.Sprintf(" This is as measured here: %s.", noiseUnknown(c.NoiseUnknown))
	case c.Grade == analysis.GradeHere:
		return fmt.Sprintf(" This is as measured here: without the noise of the machine the ratio might be %s.", bracketed)
	case c.Grade == analysis.GradeSure && c.Noisy > 0:
		return fmt.Sprintf(" It is %s whatever the noise of the machine did.", bracketed)
	}
	return ""
}

// diedIn says in how many trials workers of either side ended by themselves, or nothing.
func diedIn(c analysis.Comparison) string {
	count := map[string]int{}
	for _, f := range c.Flags {
		if f.Code == results.FlagWorkerDied {
			count[f.Arm]++
		}
	}
	out := ""
	for _, arm := range []string{c.Baseline.Arm, c.Candidate.Arm} {
		if n := count[arm]; n > 0 {
			out += fmt.Sprintf(" Workers of %s ended by themselves in %d of the trials.", arm, n)
		}
	}
	return out
}
