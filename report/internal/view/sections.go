package view

import (
	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// sections are the groups of comparisons with their words. Only the page draws their charts.
func sections(a analysis.Analysis) []Section {
	var out []Section
	gs := groups(a)
	ids := sectionIDs(gs)
	for i, g := range gs {
		out = append(out, newSection(g, ids[i]))
	}
	return out
}

// Section is one scenario on one broker.
type Section struct {
	Group
	ID, Title, Question string
	Baseline, Candidate string
	Comparisons         []Card
	// Tags are what the section is filtered by.
	Tags string
	// Trials is the id of the table that has its trials, if the page has it.
	Trials string
	// Order is the id of the order of finish of its place, where there is one.
	Order string
}

// Deciding are the comparisons that the answer is made of, or all where none is.
func (s Section) Deciding() []Card {
	var out []Card
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

// Card is one comparison with its words.
type Card struct {
	analysis.Comparison
	ID                              string
	Name, Label, Direction          string
	Word, Symbol, Class, Note       string
	BaselineName, CandidateName     string
	BaselineTrials, CandidateTrials int
	HasRatio                        bool
	// NoInterval says that the ratio has no interval that says anything. Interval is in words, and Both are the figures of both sides where there is no ratio.
	NoInterval     bool
	Interval, Both string
	// Sentence is the verdict in words, Uncounted why it doesn't count in the answer, and Adds what else is to be said.
	Sentence, Uncounted, Adds string
	// Step is how deep a colour is that shows the ratio, and Unsure is true where the verdict is open or holds only as measured
	// here.
	Step   int
	Unsure bool
	// Spoiled are the sides whose figures don't count.
	Spoiled []SpoiledSide
	Where   string
}

func newSection(g Group, id string) Section {
	s := Section{
		Group: g, ID: id, Title: text.Upper(g.Place()), Question: g.question(),
		Baseline: Name(g.Base), Candidate: Name(g.Cand),
	}
	ids := Unique{}
	for _, c := range g.Compared {
		s.Comparisons = append(s.Comparisons, newCard(g, c, ids.Name(id+"-"+Slug(c.Metric))))
	}
	return s
}

func newCard(g Group, c analysis.Comparison, id string) Card {
	return Card{
		Sentence: SentenceOf(c), Uncounted: Uncounted(c), Adds: price(c),
		Comparison: c, ID: id, Name: MetricTitle(c), Label: MetricLabel(c), Direction: direction(c),
		Word: VerdictWord(c), Symbol: VerdictSymbol(c.Verdict), Class: SideClass(Winner(c)), Note: VerdictNote(c),
		BaselineName: Name(ArmName(c.Baseline)), CandidateName: Name(ArmName(c.Candidate)),
		BaselineTrials: len(Shown(c.Baseline)), CandidateTrials: len(Shown(c.Candidate)),
		HasRatio: HasRatio(c), NoInterval: withoutInterval(c), Interval: intervalWords(c), Both: bothWords(c), Where: g.Place(),
		Step: stepOf(c), Unsure: unsure(c.Verdict, c.Grade), Spoiled: SpoiledSides([]analysis.Comparison{c}),
	}
}

// Hover is what a pointer that rests on the comparison is shown: the verdict, and the ratio with its interval.
func (c Card) Hover() string {
	out := c.Label + ": " + c.Word
	if c.HasRatio {
		out += ", " + timesWords(c.Comparison)
	}
	if c.Note != "" {
		out += "; " + c.Note
	}
	return out
}

// SideClass is the style of a winner; those that are none share the neutral one.
func SideClass(s mark.Side) string {
	switch s {
	case mark.Candidate:
		return "cand"
	case mark.Baseline:
		return "base"
	}
	return "none"
}
