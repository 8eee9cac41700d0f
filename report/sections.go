package report

import (
	"fmt"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// sections are the groups of comparisons with their words. Only the page draws their charts.
func sections(a analysis.Analysis) []section {
	var out []section
	gs := groups(a)
	ids := sectionIDs(gs)
	for i, g := range gs {
		out = append(out, newSection(a, g, ids[i]))
	}
	return out
}

// section is one scenario on one broker.
type section struct {
	group
	ID, Title, Question string
	Baseline, Candidate string
	Comparisons         []card
	// Tags are what the section is filtered by.
	Tags string
	// Trials is the id of the table that has its trials, if the page has it.
	Trials string
	// order is the id of the order of finish of its place, where there is one.
	order string
}

// Deciding are the comparisons that the answer is made of, or all where none is.
func (s section) Deciding() []card {
	var out []card
	for _, c := range s.Comparisons {
		if c.Deciding {
			out = append(out, c)
		}
	}
	if len(out) == 0 {
		return s.Comparisons
	}
	return out
}

// card is one comparison with its words.
type card struct {
	analysis.Comparison
	ID                              string
	Name, Label, Direction          string
	Word, Symbol, Class, Note       string
	BaselineName, CandidateName     string
	BaselineTrials, CandidateTrials int
	HasRatio                        bool
	// Interval is that of the ratio in words, and Both are the figures of both sides where there is no ratio.
	Interval, Both string
	// Adds is the note where the analysis' sentence doesn't say the same.
	Adds string
	// Spoiled are the sides whose figures don't count.
	Spoiled []spoiledSide
	Where   string
}

func newSection(a analysis.Analysis, g group, id string) section {
	s := section{
		group: g, ID: id, Title: text.Upper(g.title()), Question: g.question(),
		Baseline: name(g.baseline), Candidate: name(g.candidate),
	}
	seen := map[string]bool{}
	for _, c := range g.comparisons {
		cid := id + "-" + slug(c.Metric)
		for n := 2; seen[cid]; n++ {
			cid = fmt.Sprintf("%s-%s-%d", id, slug(c.Metric), n)
		}
		seen[cid] = true
		s.Comparisons = append(s.Comparisons, newCard(g, c, cid))
	}
	return s
}

func newCard(g group, c analysis.Comparison, id string) card {
	adds := price(c)
	if c.Sentence == "" {
		adds = verdictNote(c)
	}
	return card{
		Adds:       adds,
		Comparison: c, ID: id, Name: metricTitle(c), Label: metricLabel(c), Direction: direction(c),
		Word: verdictWord(c), Symbol: verdictSymbol(c.Verdict), Class: sideClass(winner(c)), Note: verdictNote(c),
		BaselineName: name(armName(c.Baseline)), CandidateName: name(armName(c.Candidate)),
		BaselineTrials: len(shown(c.Baseline)), CandidateTrials: len(shown(c.Candidate)),
		HasRatio: hasRatio(c), Interval: intervalWords(c), Both: bothWords(c), Where: g.title(),
		Spoiled: spoiledSides([]analysis.Comparison{c}),
	}
}

// sideClass is the style of a winner; those that are none share the neutral one.
func sideClass(s mark.Side) string {
	switch s {
	case mark.Candidate:
		return "cand"
	case mark.Baseline:
		return "base"
	}
	return "none"
}
