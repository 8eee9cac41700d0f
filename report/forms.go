package report

import (
	"io"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/data"
	"github.com/tqbench/tqbench/report/internal/html"
	"github.com/tqbench/tqbench/report/internal/markdown"
	"github.com/tqbench/tqbench/report/internal/terminal"
	"github.com/tqbench/tqbench/report/internal/view"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Screen is how a terminal is written to.
type Screen = terminal.Screen

// Terminal writes the report for a terminal: the tables, and the answer last, where a screen shows it when all has been
// printed.
func Terminal(w io.Writer, a analysis.Analysis, s Screen) error {
	return terminal.Write(w, view.New(a), s)
}

// Places are those for which a run has an order of finish.
func Places(a analysis.Analysis) []suite.Place {
	var out []suite.Place
	for _, o := range a.Orders {
		if p := suite.At(o.Scenario, o.Broker); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// Answer is what to take for a scenario on a broker, in a sentence; at a rate in tasks per second above 0, among the sides that surely
// carry it. It is false where the run has no order of finish.
func Answer(a analysis.Analysis, scenario, broker string, rate float64) (string, bool) {
	x, ok := view.NewAsk(a).For(scenario, broker, rate)
	return x.Title + ": " + x.Words, ok
}

// Recovery is what became of killed workers' tasks in one scenario on one broker, in words.
type Recovery = view.Recovery

// Recoveries are those of a run.
func Recoveries(a analysis.Analysis) []Recovery { return view.Recoveries(a) }

// CompareTerminal writes a comparison of two runs for a terminal of the given width; 0 means lines of any length.
func CompareTerminal(w io.Writer, c regress.Comparison, width int, colour bool) error {
	return terminal.Compare(w, c, width, colour)
}

// CompareMarkdown writes a comparison of two runs for a pull request.
func CompareMarkdown(w io.Writer, c regress.Comparison) error { return markdown.Compare(w, c) }

// CompareJUnit writes each decision of a comparison as a test case.
func CompareJUnit(w io.Writer, c regress.Comparison) error { return data.CompareJUnit(w, c) }

// CompareTable is a comparison of two runs in words and rounded figures.
type CompareTable = view.CompareTable

// DecisionRow is a threshold of a CompareTable.
type DecisionRow = view.DecisionRow

// NewCompareTable puts a comparison in words.
func NewCompareTable(c regress.Comparison) CompareTable { return view.NewCompareTable(c) }

// DecisionWords is the sentence of a decision of a comparison.
func DecisionWords(c regress.Comparison, d regress.Decision) string { return view.DecisionWords(c, d) }

// TrendTerminal writes a trend for a terminal of the given width; 0 means lines of any length.
func TrendTerminal(w io.Writer, tr regress.Trend, width int, colour bool) error {
	return terminal.Trend(w, tr, width, colour)
}

// LeftOutWords says why a file isn't part of a trend.
func LeftOutWords(l regress.LeftOut) string { return view.LeftOutWords(l) }

// TrendMarkdown writes a trend for a page or a pull request.
func TrendMarkdown(w io.Writer, tr regress.Trend) error { return markdown.Trend(w, tr) }

// TrendHTML writes a trend as one page that asks for nothing from elsewhere.
func TrendHTML(w io.Writer, tr regress.Trend) error { return html.Trend(w, tr) }

// TrendBody writes the content of that page, for a page with the style sheet.
func TrendBody(w io.Writer, tr regress.Trend) error { return html.TrendBody(w, tr) }

// ChangeWords is the sentence of a change of a trend.
func ChangeWords(tr regress.Trend, s regress.Series, c regress.ChangePoint) string {
	return view.ChangeWords(tr, s, c)
}

// FlagWords is the sentence of a trial's flag.
func FlagWords(f results.Flag) string { return view.FlagWords(f) }

// EndWords say why a run has not all of its trials; ended is one of the words of results.End, or empty.
func EndWords(ended string) string { return view.EndWords(ended) }

// Style is the style sheet of the report, for pages that are to look like it.
func Style() ([]byte, error) { return html.Style() }

// SummaryVersion is the version of summary.json.
const SummaryVersion = data.SummaryVersion

// Summary is summary.json, with the types of what it holds.
type (
	Summary   = data.Summary
	Verdict   = data.Verdict
	ArmFigure = data.ArmFigure
	Standing  = data.Standing
	Outcome   = data.Outcome
)
