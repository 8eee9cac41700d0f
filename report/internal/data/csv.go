// Package data writes a report for other programs: CSV, JSON, OpenMetrics, Go benchmarks, JUnit and two trackers.
package data

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// column is one column of results.csv.
type column struct {
	name  string
	value func(analysis.Comparison) string
}

// notCompared is the verdict in a row of an arm that nothing is compared with, whose figures are in the baseline's columns.
const notCompared = "not compared"

// isLone tells whether a column has a value in such a row.
func (c column) isLone() bool {
	switch c.name {
	case "scenario", "broker", "defaults", "metric", "title", "unit", "higher_is_better", "verdict", "product":
		return true
	}
	return strings.HasPrefix(c.name, "baseline")
}

// isEnd reports whether a column is an end of the baseline's interval, which a figure of one block doesn't have.
func (c column) isEnd() bool { return c.name == "baseline_low" || c.name == "baseline_high" }

// columns are those of results.csv, figures unrounded. New ones go to the end: others read this file by position.
func columns(r *view.Report) []column {
	known := r.Products
	type c = analysis.Comparison
	float := func(f func(c) float64) func(c) string {
		return func(x c) string { return number.Raw(f(x)) }
	}
	count := func(f func(c) int) func(c) string {
		return func(x c) string { return strconv.Itoa(f(x)) }
	}
	// What isn't there is empty: a zero would be the best of all latencies. A figure takes one trial or block, a spread two.
	side := func(least int, of func(c) analysis.Estimate, f func(analysis.Estimate) float64) func(c) string {
		return func(x c) string {
			if e := of(x); len(view.Shown(e)) >= least {
				return number.Raw(f(e))
			}
			return ""
		}
	}
	mid, cv := func(e analysis.Estimate) float64 { return e.Estimate }, func(e analysis.Estimate) float64 { return e.CV }
	low, high := func(e analysis.Estimate) float64 { return e.Low }, func(e analysis.Estimate) float64 { return e.High }
	baseline, candidate := func(x c) analysis.Estimate { return x.Baseline }, func(x c) analysis.Estimate { return x.Candidate }
	ratio := func(least int, f func(c) float64) func(c) string {
		return func(x c) string {
			if x.Blocks < least {
				return ""
			}
			return number.Raw(f(x))
		}
	}
	truth := func(f func(c) bool) func(c) string {
		return func(x c) string { return strconv.FormatBool(f(x)) }
	}
	return []column{
		{"scenario", func(x c) string { return x.Scenario }},
		{"broker", func(x c) string { return x.Broker }},
		{"defaults", truth(func(x c) bool { return x.Defaults })},
		{"metric", func(x c) string { return x.Metric }},
		{"title", func(x c) string { return x.Title }},
		{"unit", func(x c) string { return x.Unit }},
		{"higher_is_better", truth(func(x c) bool { return x.HigherIsBetter })},
		{"deciding", truth(func(x c) bool { return x.Deciding })},
		{"baseline", func(x c) string { return x.Baseline.Contender }},
		{"baseline_arm", func(x c) string { return x.Baseline.Arm }},
		{"baseline_estimate", side(1, baseline, mid)},
		{"baseline_low", side(2, baseline, low)},
		{"baseline_high", side(2, baseline, high)},
		{"baseline_trials", count(func(x c) int { return len(x.Baseline.Values) })},
		{"baseline_cv", side(2, baseline, cv)},
		{"candidate", func(x c) string { return x.Candidate.Contender }},
		{"candidate_arm", func(x c) string { return x.Candidate.Arm }},
		{"candidate_estimate", side(1, candidate, mid)},
		{"candidate_low", side(2, candidate, low)},
		{"candidate_high", side(2, candidate, high)},
		{"candidate_trials", count(func(x c) int { return len(x.Candidate.Values) })},
		{"candidate_cv", side(2, candidate, cv)},
		{"ratio", ratio(1, func(x c) float64 { return x.Ratio.Estimate })},
		{"ratio_low", ratio(2, func(x c) float64 { return x.Ratio.Low })},
		{"ratio_high", ratio(2, func(x c) float64 { return x.Ratio.High })},
		{"corrected_p", float(func(x c) float64 { return x.CorrectedP })},
		{"verdict", func(x c) string { return x.Verdict }},
		{"blocks", count(func(x c) int { return x.Blocks })},
		{"need_blocks", count(func(x c) int { return x.NeedBlocks })},
		{"sentence", func(x c) string { return view.SentenceOf(x) }},
		{"product", func(x c) string { return known.Name(x.Broker) }},
		{"not_counted", func(x c) string { return view.Uncounted(x) }},
		{"grade", func(x c) string { return x.Grade }},
		{"bracketed_low", ratio(2, func(x c) float64 { return x.Bracketed.Low })},
		{"bracketed_high", ratio(2, func(x c) float64 { return x.Bracketed.High })},
		{"bracketed_p", float(func(x c) float64 { return x.BracketedP })},
		{"noisy_blocks", count(func(x c) int { return x.Noisy })},
		{"disturbed_blocks", count(func(x c) int { return x.Disturbed })},
		{"need_seconds", float(func(x c) float64 { return x.NeedSeconds })},
		{"baseline_spoiled", truth(func(x c) bool { return view.Spoiled(x.Baseline) })},
		{"baseline_spoiled_trials", count(func(x c) int { return len(x.Baseline.Spoiled) })},
		{"candidate_spoiled", truth(func(x c) bool { return view.Spoiled(x.Candidate) })},
		{"candidate_spoiled_trials", count(func(x c) int { return len(x.Candidate.Spoiled) })},
		{"baseline_knee_workers", func(x c) string { knee, _ := r.KneeCell(x.Scenario, x.Broker, x.Baseline.Arm); return knee }},
		{"baseline_limit", func(x c) string { _, limit := r.KneeCell(x.Scenario, x.Broker, x.Baseline.Arm); return limit }},
		{"candidate_knee_workers", func(x c) string { knee, _ := r.KneeCell(x.Scenario, x.Broker, x.Candidate.Arm); return knee }},
		{"candidate_limit", func(x c) string { _, limit := r.KneeCell(x.Scenario, x.Broker, x.Candidate.Arm); return limit }},
	}
}

// cell is a value that opens as what it is: text that a spreadsheet would compute gets an apostrophe in front, as OWASP advises
// (https://owasp.org/www-community/attacks/CSV_Injection), and what can't be seen is escaped.
func cell(s string) string {
	if isFormula(s) {
		s = "'" + s
	}
	return text.Escape(s)
}

// isFormula tells whether a spreadsheet may take a value for a formula. Some cut off white space before they look, and some
// take the wide forms of East Asian keyboards, too.
func isFormula(s string) bool {
	if _, err := strconv.ParseFloat(s, 64); err == nil {
		return false // such as -3.2
	}
	begins := strings.TrimLeftFunc(s, unicode.IsSpace)
	cut := s[:len(s)-len(begins)]
	first, _ := utf8.DecodeRuneInString(begins)
	return strings.ContainsAny(cut, "\t\r") || begins != "" && strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20", first)
}

// CSV writes one row a comparison, and one a figure that nothing is compared with.
func CSV(w io.Writer, r *view.Report) error {
	cols := columns(r)
	out := csv.NewWriter(w)
	row := make([]string, len(cols))
	for i, c := range cols {
		row[i] = c.name
	}
	if err := out.Write(row); err != nil {
		return err
	}
	for _, comparison := range r.Analysis.Comparisons {
		for i, c := range cols {
			row[i] = cell(c.value(comparison))
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	for _, f := range r.Lone {
		x := f.Comparison()
		x.Verdict = notCompared
		for i, c := range cols {
			row[i] = ""
			if c.isLone() && (f.HasInterval() || !c.isEnd()) {
				row[i] = cell(c.value(x))
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}
