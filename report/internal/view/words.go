package view

import (
	"fmt"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// How much of a string by others is shown; data files hold all of it.
const (
	nameLimit     = 60
	sentenceLimit = 400
	CommandLimit  = 2000
	// paragraphLimit is for what has several sentences, such as the rule of the verdicts.
	paragraphLimit = 2000
)

func Name(s string) string { return text.Clean(s, nameLimit) }

func Sentence(s string) string { return text.Clean(s, sentenceLimit) }

// Paragraph is for text of several sentences.
func Paragraph(s string) string { return text.Clean(s, paragraphLimit) }

// ahead is the side that a verdict puts ahead. Neutral is no winner: equivalent, undecided and missing alike.
func ahead(verdict string) mark.Side {
	switch verdict {
	case analysis.Faster:
		return mark.Candidate
	case analysis.Slower:
		return mark.Baseline
	}
	return mark.Neutral
}

// Winner is the side in whose colour a comparison is shown. A verdict that doesn't count has no winner.
func Winner(c analysis.Comparison) mark.Side {
	if c.NotCounted.Differ() {
		return mark.Neutral
	}
	return ahead(c.Verdict)
}

// VerdictWord is the verdict on the candidate in a word that fits the metric, as memory isn't fast, with its grade.
func VerdictWord(c analysis.Comparison) string {
	word := Name(c.Verdict)
	switch {
	case c.Verdict == analysis.NoData && bothWords(c) != "":
		word = "one side only"
	case c.Verdict == analysis.Faster && !isSpeed(c.Metric):
		word = "better"
	case c.Verdict == analysis.Slower && !isSpeed(c.Metric):
		word = "worse"
	}
	if c.Grade == analysis.GradeHere {
		word += AsMeasured
	}
	return word
}

// VerdictWords is the verdict in words that can stand alone.
func VerdictWords(c analysis.Comparison) string {
	if c.NotCounted.Differ() {
		return VerdictWord(c) + ", doesn't count"
	}
	return VerdictWord(c)
}

// VerdictSymbol comes before the word, so that neither colour nor reading is needed to find the verdicts that are
// none.
func VerdictSymbol(verdict string) string {
	switch verdict {
	case analysis.Faster:
		return "\u25b2"
	case analysis.Slower:
		return "\u25bc"
	case analysis.Equivalent:
		return "\u2248"
	case analysis.Undecided:
		return "?"
	}
	return "\u2013"
}

func isSpeed(name string) bool {
	m, _ := metric.Named(name)
	return m.Speed()
}

// MetricTitle is what a metric is called; its name serves where the analysis gives no title.
func MetricTitle(c analysis.Comparison) string {
	if c.Title != "" {
		return Name(c.Title)
	}
	return Name(c.Metric)
}

// MetricLabel is the title with the unit.
func MetricLabel(c analysis.Comparison) string {
	if c.Unit == "" {
		return MetricTitle(c)
	}
	return fmt.Sprintf("%s (%s)", MetricTitle(c), Name(c.Unit))
}

func direction(c analysis.Comparison) string {
	if c.HigherIsBetter {
		return "higher is better"
	}
	return "lower is better"
}

// ArmName is the side's name: its arm, which tells a contender apart from itself.
func ArmName(e analysis.Estimate) string {
	if e.Arm != "" {
		return e.Arm
	}
	return e.Contender
}

// range of counts in words: "6" or "4 to 6".
func CountRange(low, high int) string {
	if low == high {
		return number.Count(int64(low))
	}
	return fmt.Sprintf("%s to %s", number.Count(int64(low)), number.Count(int64(high)))
}
