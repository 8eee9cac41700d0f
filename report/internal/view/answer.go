package view

import (
	"fmt"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
)

// sorted parts comparisons by who is ahead.
type sorted struct {
	candidate, baseline, equivalent, undecided, missing []analysis.Comparison
}

func sortVerdicts(cs []analysis.Comparison) sorted {
	var s sorted
	for _, c := range cs {
		switch {
		case ahead(c.Verdict) == mark.Candidate:
			s.candidate = append(s.candidate, c)
		case ahead(c.Verdict) == mark.Baseline:
			s.baseline = append(s.baseline, c)
		case c.Verdict == analysis.Equivalent:
			s.equivalent = append(s.equivalent, c)
		case c.Verdict == analysis.Undecided:
			s.undecided = append(s.undecided, c)
		default:
			s.missing = append(s.missing, c)
		}
	}
	return s
}

// headline is the answer of the run in a sentence or two. It claims what the deciding verdicts claim and says of the
// others that they are open.
func headline(a analysis.Analysis) string {
	if s := profileHeadline(a); s != "" {
		return s
	}
	if len(a.Comparisons) == 0 {
		if answer := aloneAnswer(aloneOf(a)); answer != "" {
			return answer
		}
		return "No answer: this run has nothing to compare. " + ranSentence(a)
	}
	rs := rankingsOf(a)
	var decided []Group
	for _, g := range unranked(groups(a), rs) {
		if len(g.deciding()) > 0 {
			decided = append(decided, g)
		}
	}
	if len(rs) > 0 {
		return choicesHeadline(rs, decided, a.Method.Margin)
	}
	switch len(decided) {
	case 0:
		var reasons []string
		for _, l := range LeftOut(a.Comparisons) {
			reasons = append(reasons, Sentence(l.Reason))
		}
		if len(reasons) > 0 {
			return "No answer: the metrics that would decide don't count, since " + text.List(reasons) + "."
		}
		return "No answer: none of the metrics compared decides a scenario."
	case 1:
		return decided[0].answer(a.Method.Margin)
	}
	if n, all := counted(decided); n == 0 && len(pairs(decided)) > 1 {
		return fmt.Sprintf("No answer: none of %s could be made.", number.Plural(all, "deciding comparison"))
	}
	out := ""
	for _, pair := range pairs(decided) {
		if out != "" {
			out += " "
		}
		out += pair.tally(a.Method.Margin)
	}
	return out
}

// counted says how many of all deciding comparisons could be made.
func counted(gs []Group) (n, all int) {
	for _, g := range gs {
		for _, c := range g.deciding() {
			all++
			if c.Verdict != analysis.NoData {
				n++
			}
		}
	}
	return n, all
}

// answer is the group's answer, one clause a kind of verdict, each metric with its numbers.
func (g Group) answer(margin float64) string {
	s := sortVerdicts(g.deciding())
	base, cand := Name(g.Base), Name(g.Cand)
	var clauses []string
	won := func(winner, loser, at string, cs []analysis.Comparison) {
		if len(cs) == 0 {
			return
		}
		// Whom it is ahead of is said once.
		if len(clauses) == 0 {
			winner += " is ahead of " + loser
		} else {
			winner += " is ahead"
		}
		clauses = append(clauses, winner+" "+withNumbers(cs, at))
	}
	won(cand, base, "", s.candidate)
	won(base, cand, cand+" is at ", s.baseline) // the ratio is the candidate's, also where the baseline is ahead
	if cs := s.equivalent; len(cs) > 0 {
		if len(clauses) == 0 {
			clauses = append(clauses, fmt.Sprintf("either will do: %s and %s differ by less than %s %s", cand, base, number.Percent(margin), withNumbers(cs, "")))
		} else {
			clauses = append(clauses, fmt.Sprintf("either will do, differing by less than %s, %s", number.Percent(margin), withNumbers(cs, "")))
		}
	}
	if cs := s.undecided; len(cs) > 0 {
		if len(clauses) == 0 {
			clauses = append(clauses, fmt.Sprintf("undecided: this run can't tell %s from %s %s", cand, base, withNumbers(cs, "")))
		} else {
			clauses = append(clauses, "undecided "+withNumbers(cs, ""))
		}
	}
	var alone, none []analysis.Comparison
	for _, c := range s.missing {
		if bothWords(c) != "" {
			alone = append(alone, c)
		} else {
			none = append(none, c)
		}
	}
	if len(alone) > 0 {
		clauses = append(clauses, "one side alone was measured "+withNumbers(alone, ""))
	}
	if len(none) > 0 {
		clauses = append(clauses, "no data on "+text.List(Titles(none)))
	}
	out := "On " + Name(g.product)
	if g.Defaults {
		out += ", as installed"
	}
	return out + ", " + strings.Join(clauses, "; ") + "."
}

// withNumbers names metrics, each with its ratio, or with both figures where it has none: "in throughput: 6.06 times (4.93 to
// 8.44), 4.80 to 8.57 whatever the stolen CPU time did; in memory: 61 against 118 MiB". What is at comes before each ratio.
func withNumbers(cs []analysis.Comparison, at string) string {
	var out []string
	for _, c := range cs {
		s := "in " + text.Lower(MetricTitle(c))
		if c.Grade == analysis.GradeHere {
			s += "," + AsMeasured
		}
		switch both := bothWords(c); {
		case HasRatio(c):
			s += ": " + at + timesWords(c)
			if w := whatever(c); w != "" {
				s += ", " + w
			}
		case both != "":
			s += ": " + both
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// tally counts verdicts over many scenarios or brokers; the matrix has them one by one.
func (p pair) tally(margin float64) string {
	if len(p.groups) == 1 {
		return p.groups[0].answer(margin)
	}
	var all []analysis.Comparison
	for _, g := range p.groups {
		all = append(all, g.deciding()...)
	}
	s := sortVerdicts(all)
	base, cand := Name(p.baseline), Name(p.candidate)
	if len(s.missing) == len(all) {
		out := fmt.Sprintf("No answer: none of %s of %s with %s could be made", number.Plural(len(all), "deciding comparison"), cand, base)
		if p.defaults {
			out += ", as installed"
		}
		return out + "."
	}
	if len(s.undecided)+len(s.missing) == len(all) {
		out := fmt.Sprintf("No answer yet: of %s of %s with %s, %d are undecided", number.Plural(len(all), "deciding comparison"), cand, base,
			len(s.undecided))
		if n := len(s.missing); n > 0 {
			out += fmt.Sprintf(" and %d could not be made", n)
		}
		if p.defaults {
			out += ", as installed"
		}
		return out + "."
	}
	out := fmt.Sprintf("%s is ahead of %s in %d of %s", cand, base, len(s.candidate), number.Plural(len(all), "deciding comparison"))
	if p.defaults {
		out = "As installed, " + out
	}
	if n := len(s.baseline); n > 0 {
		out += fmt.Sprintf("; %s is ahead in %d", base, n)
	}
	if n := len(s.equivalent); n > 0 {
		out += fmt.Sprintf("; either will do in %d (less than %s apart)", n, number.Percent(margin))
	}
	if n := len(s.undecided); n > 0 {
		out += fmt.Sprintf("; undecided in %d", n)
	}
	if n := len(s.missing); n > 0 {
		out += fmt.Sprintf("; nothing to compare in %d", n)
	}
	here := 0
	for _, c := range all {
		if c.Grade == analysis.GradeHere {
			here++
		}
	}
	if here > 0 {
		out += fmt.Sprintf("; %d of these verdicts only%s", here, AsMeasured)
	}
	return out + "."
}

// sureness says in sentences how far the answer can be trusted.
func sureness(a analysis.Analysis) []string {
	var out []string
	rs := rankingsOf(a)
	low, high := 0, 0
	for _, c := range a.Comparisons {
		if c.Blocks == 0 {
			continue
		}
		if low == 0 {
			low = c.Blocks
		}
		low, high = min(low, c.Blocks), max(high, c.Blocks)
	}
	if high > 0 {
		words, depends := "blocks are", ""
		if high == 1 {
			words = "block, which has no interval, is"
		}
		if low != high {
			depends = ", depending on the metric"
		}
		sides := "both sides"
		if len(rs) > 0 {
			sides = "both sides of a pair"
		}
		out = append(out, fmt.Sprintf("%s %s valid on %s%s. A block is one trial of each side, run next to each "+
			"other in random order.", CountRange(low, high), words, sides, depends))
	} else if len(a.Comparisons) > 0 {
		out = append(out, "No block is valid on both sides.")
	}
	if len(a.Comparisons) == 0 {
		out = append(out, aloneSureness(aloneOf(a))...)
	}
	for _, s := range append(phaseSentences(a), noiseSentence(a), clockSentence(a), gradesExplained(a), growthSentence(a)) {
		if s != "" {
			out = append(out, s)
		}
	}
	if a.Method.Confidence > 0 && len(a.Comparisons) > 0 {
		corrected := ""
		if a.Method.Family > 0 {
			corrected = fmt.Sprintf(" p-values are corrected for a family of %s;", number.Plural(a.Method.Family, "comparison"))
		}
		out = append(out, fmt.Sprintf("Intervals are at %s;%s a difference of less than %s counts as equivalent.", number.Percent(a.Method.Confidence),
			corrected, number.Percent(a.Method.Margin)))
	}
	out = append(out, rankedSureness(rs)...)
	rest := KeepIf(a.Comparisons, func(c analysis.Comparison) bool {
		_, ok := rankingAt(rs, c.Scenario, c.Broker, c.Defaults)
		return !ok
	})
	for _, l := range LeftOut(rest) {
		out = append(out, l.sentence(productsOf(a)))
	}
	out = append(out, driftSentences(a)...)
	return append(out, ranSentence(a))
}

// EndWords say why a run has not all of its trials; ended is one of the words of results.End, or empty.
func EndWords(ended string) string {
	switch ended {
	case results.EndInterrupted:
		return "the run was interrupted"
	case results.EndTimeOver:
		return "the time was over"
	case results.EndPaused:
		return "the run is paused"
	case results.EndFailed:
		return "the run failed"
	}
	return "the run was cut short"
}

// ranSentence says how many of the planned trials there are to speak of.
func ranSentence(a analysis.Analysis) string {
	t := tallyTrials(a)
	planned := max(a.Planned, len(a.Trials))
	if planned == 0 {
		return "No trial was planned or run."
	}
	out := fmt.Sprintf("%s of %s ran", number.Count(int64(t.Ran)), number.Plural(planned, "planned trial"))
	if t.NotRun > 0 {
		out += fmt.Sprintf("; %s did not run", number.Count(int64(t.NotRun)))
	}
	if missing := planned - len(a.Trials); missing > 0 {
		out += fmt.Sprintf("; %s did not begin: %s", number.Count(int64(missing)), EndWords(a.Ended))
	}
	switch {
	case t.Excluded == 1 && len(a.Comparisons) == 0:
		out += "; 1 doesn't count: " + t.flags
	case t.Excluded > 0 && len(a.Comparisons) == 0:
		out += fmt.Sprintf("; %s don't count: %s", number.Count(int64(t.Excluded)), t.flags)
	case t.Excluded > 0:
		out += fmt.Sprintf("; %s kept out of a verdict: %s", number.Count(int64(t.Excluded)), t.flags)
	case t.Ran > 0 && len(a.Comparisons) > 0:
		out += "; none kept out of a verdict"
	}
	if t.Noted > 0 {
		carry := "carry"
		if t.Noted == 1 {
			carry = "carries"
		}
		out += fmt.Sprintf(" (%s %s notes: %s)", number.Count(int64(t.Noted)), carry, t.notes)
	}
	return out + "."
}
