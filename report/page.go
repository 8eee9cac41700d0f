package report

import (
	"fmt"
	"html/template"
	"sync"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/svg"
)

// page is what the template shows, in the order in which it shows it.
type page struct {
	Style template.CSS
	// Policy, Scripts and Packed are elements that this package wrote.
	Policy, Scripts, Packed template.HTML
	// Parts are what follows the first screen.
	Parts    []part
	Filters  []filter
	Left     string
	Analysis analysis.Analysis
	Headline string
	Sureness []string
	// Cards are the deciding comparisons where they are few enough to be read one by one.
	Cards     []card
	Matrix    matrix
	Decisions []decision
	// Rankings are the orders of finish, where three sides or more are compared.
	Rankings []ranking
	// Folded is true where these are too many for the first screen, and have a part of their own.
	Folded bool
	// Compact is true where the matrix is narrow enough to stand beside the words on sureness.
	Compact   bool
	Standings []standings
	Sections  []section
	Flags     []flagRow
	Notes     []flagRow
	// NoteCounts sums the notes up.
	NoteCounts string
	NotRun     []analysis.TrialRow
	Settings   settings
	Special    []trialSetting
	Trials     []trialTable
	Meanings   [][2]string
	Sweeps     []sweep
	SweepRule  string
	Claims     claimTable
	Steadiness steadiness
	// Alone are the arms that nothing is compared with; each has a part.
	Alone []alone
	// Long is true where the headline is too long for the largest letters.
	Long bool
	// Profiles are the trials that were profiled, with the drawings in their folders.
	Profiles []profiled
}

// mostCards is how many deciding comparisons the first screen can hold.
const mostCards = 6

// mostOrders is how many orders of finish it can hold.
const mostOrders = 4

// longHeadline is from how many bytes on a headline gets smaller letters.
const longHeadline = 160

func newPage(a analysis.Analysis, d detail) page {
	tags := newTagger(a)
	p := page{
		Filters: tags.filters(productsOf(a)), Left: d.leaves(),
		Analysis: a, Headline: headline(a), Sureness: sureness(a), Standings: standingsOf(a), NotRun: notRun(a),
		Settings: settingsOf(a), Special: trialSettings(a), Trials: trialTables(a), Meanings: flagMeaning(),
		Sweeps: sweepsOf(a), SweepRule: sweepRule(a), Claims: claimsOf(a), Steadiness: steadinessOf(a),
	}
	p.Flags, p.Notes = flagsAndNotes(a)
	p.NoteCounts = flagCounts(p.Notes)
	p.Sections, p.Rankings = sections(a), rankingsOf(a)
	p.Folded = len(p.Rankings) > mostOrders
	var drawings sync.WaitGroup
	for i := range p.Sections {
		drawings.Go(func() { p.Sections[i].draw(a, d) })
		p.Sections[i].Tags = tags.of(p.Sections[i].scenario, p.Sections[i].broker, p.Sections[i].baseline, p.Sections[i].candidate)
	}
	drawings.Wait()
	if d >= noRows {
		p.Trials = nil
		for i := range p.Rankings {
			p.Rankings[i].Pairs = nil
		}
	}
	for _, t := range p.Trials {
		for i, s := range p.Sections {
			if s.scenario == t.Scenario && s.broker == t.Broker {
				p.Sections[i].Trials = t.ID
			}
		}
	}
	for i, s := range p.Sections {
		if r, ok := rankingAt(p.Rankings, s.scenario, s.broker, s.defaults); ok {
			p.Sections[i].order = r.ID
			p.Sections[i].Title = fmt.Sprintf("%s: %s against %s", s.Title, s.Candidate, s.Baseline)
		}
	}
	p.Matrix = newMatrix(a, tags, p.Sections)
	p.Decisions = decisionsOf(p.Sections, p.Rankings)
	for i, s := range p.Sweeps {
		p.Sweeps[i].Tags = tags.of(s.scenario, s.broker)
	}
	p.Compact = len(p.Rankings) == 0 && p.Matrix.Single() && len(p.Matrix.Columns) == 1
	for _, s := range p.Sections {
		for _, c := range s.Comparisons {
			if c.Deciding {
				p.Cards = append(p.Cards, c)
			}
		}
	}
	if len(p.Cards) > mostCards || len(p.Rankings) > 0 {
		p.Cards = nil
	}
	p.Long = len(p.Headline) > longHeadline
	p.Alone = aloneOf(a)
	for i := range p.Alone {
		l := &p.Alone[i]
		l.Tags = tags.of(l.scenario, l.broker, l.baseline)
		l.Curves = curveFigures(a, l.group, l.ID, d)
	}
	return p
}

// sections are the groups of comparisons with their words. Their charts are drawn for the page alone.
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
	Figures             []figure
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

// Behind are the comparisons whose numbers the page has.
func (s section) Behind() []card {
	var out []card
	for _, c := range s.Comparisons {
		if c.Shown {
			out = append(out, c)
		}
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
	// Bars is the chart of this metric alone, on its own scale.
	Bars template.HTML
	// Shown tells whether the page has the numbers behind the verdict.
	Shown bool
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

// draw adds the charts, and chooses what is shown, as far as the detail goes.
func (s *section) draw(a analysis.Analysis, d detail) {
	for i := range s.Comparisons {
		c := &s.Comparisons[i]
		c.Shown = d < decidingOnly || d < noRows && c.Deciding
		if c.Shown {
			c.Bars = drawn(svg.Bars(c.ID+"-bars", c.Name+": "+s.title(), name(c.Unit), barMarks(c.Comparison)))
		}
	}
	s.Figures = figures(a, s.group, s.ID, d)
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
