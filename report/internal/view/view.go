// Package view is the model of a report: what is said, in which words, and in which order. Every form of a report is made from it,
// so that a page, a terminal and a file for other programs never disagree.
package view

import (
	"fmt"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/metric"
)

// Report is what every form of a report shows: the words, the tables and their order. It is made once, and nothing
// changes it after that.
type Report struct {
	Analysis analysis.Analysis
	// Headline is the answer of the run. Long is true where it is too long for the largest letters.
	Headline string
	Long     bool
	// Sureness says in sentences how far the answer can be trusted, Noise what noise cost, Grades what the grades of
	// verdicts mean, and Ran how many of the planned trials there are; each is empty where there is nothing to say.
	Sureness           []string
	Noise, Grades, Ran string
	// Clocks says how far latencies can be wrong that clocks of several hosts measured; empty where one clock did.
	Clocks string
	// Phases say which phases the plan left out.
	Phases   []string
	Products Products
	Filters  []filter
	Ask      Ask
	// Cards are the deciding comparisons where they are few enough to be read one by one.
	Cards     []Card
	Matrix    matrix
	Decisions []Decision
	// Rankings are the orders of finish, where three sides or more are compared.
	Rankings []Ranking
	// Folded is true where these are too many for the first screen.
	Folded bool
	// Firsts says who is first where, of the orders of finish.
	Firsts Firsts
	// Large is true where the run has several brokers, or many scenarios: a map of them comes first.
	Large bool
	// Compact is true where the matrix is narrow enough to have the words on sureness next to it.
	Compact   bool
	Standings []Standings
	// Recoveries are what became of killed workers' tasks.
	Recoveries []Recovery
	// Sections are the comparisons of each place with their words. Groups are the same without words, and Unranked those of
	// places that no order of finish covers.
	Sections         []Section
	Groups, Unranked []Group
	// Alone are the arms that nothing is compared with, Lone their figures, and Figures those of all arms.
	Alone         []Alone
	Lone, Figures []SideFigure
	// AloneCards are the figures of a run without comparisons that the first screen shows.
	AloneCards []AloneCard
	// Flags kept a trial out of a verdict, Notes did not, and NoteCounts sums these up.
	Flags, Notes []FlagRow
	NoteCounts   string
	// Own are the counts of tasks that failed or that others enqueued. Failing says which share of whose tasks failed, Following how many
	// tasks others enqueued.
	Own                []OwnCounts
	Failing, Following []string
	// Failures are the notes on failed tasks, summed up by arm and place.
	Failures []string
	// NotRun are the trials without a result, and Absences the same by reason.
	NotRun     []analysis.TrialRow
	Absences   []absence
	Tally      trialTally
	Settings   settings
	Special    []trialSetting
	Trials     []trialTable
	Meanings   [][2]string
	Sweeps     []sweep
	SweepRule  string
	Scalings   []Scaling
	Claims     claimTable
	Steadiness steadiness
	// Profiled are the trials whose workers were profiled.
	Profiled []analysis.TrialRow
}

// mostCards is how many deciding comparisons the first screen can hold.
const mostCards = 6

// mostOrders is how many orders of finish it can hold.
const mostOrders = 4

// mostRows is how many scenarios on one broker it can hold without a map of them.
const mostRows = 4

// longHeadline is from how many bytes on a headline gets smaller letters.
const longHeadline = 160

// New makes the report of an analysis.
func New(a analysis.Analysis) *Report {
	tags := NewTagger(a)
	r := &Report{
		Analysis: a, Headline: headline(a), Sureness: sureness(a), Noise: noiseSentence(a), Clocks: clockSentence(a), Phases: phaseSentences(a), Grades: gradesExplained(a), Ran: ranSentence(a),
		Products: productsOf(a), Filters: tags.filters(productsOf(a)), Standings: standingsOf(a), Recoveries: Recoveries(a), NotRun: notRun(a), Absences: notRunTogether(a),
		Tally: tallyTrials(a), Settings: settingsOf(a), Special: trialSettings(a), Trials: trialTables(a), Meanings: flagMeaning(),
		Sweeps: sweepsOf(a), SweepRule: sweepRule(a), Scalings: scalingsOf(a), Claims: claimsOf(a), Steadiness: steadinessOf(a), Sections: sections(a), Groups: groups(a),
		Rankings: rankingsOf(a), Alone: aloneOf(a), Lone: loneFigures(a), Figures: sideFigures(a), Profiled: profiledTrials(a),
	}
	r.Flags, r.Notes = flagsAndNotes(a)
	r.NoteCounts = flagCounts(r.Notes)
	r.AloneCards = aloneCards(a, r.Alone)
	r.Failures = failuresOf(r.Products, r.Notes)
	r.Own = ownCounts(a)
	r.Failing, r.Following = failing(r.Products, r.Own), following(r.Products, r.Own)
	r.Long = len(r.Headline) > longHeadline
	r.Folded = len(r.Rankings) > mostOrders
	r.Unranked = unranked(r.Groups, r.Rankings)
	r.link(tags)
	r.Matrix = newMatrix(a, tags, r.Sections)
	r.Decisions = decisionsOf(r.Sections, r.Rankings)
	r.Ask = askOf(tags, r.Products, r.Rankings)
	r.Firsts = firstsOf(a, tags, r.Rankings, r.Sections)
	r.Large = r.Matrix.large() || len(r.Firsts.Columns) > 1 || len(r.Firsts.Rows) > mostRows
	r.Compact = len(r.Rankings) == 0 && r.Matrix.Single() && len(r.Matrix.Columns) == 1
	for _, s := range r.Sections {
		for _, c := range s.Comparisons {
			if c.Deciding {
				r.Cards = append(r.Cards, c)
			}
		}
	}
	if len(r.Cards) > mostCards || len(r.Rankings) > 0 {
		r.Cards = nil
	}
	return r
}

// link gives each part its tags, and leads sections to their trials and to the order of finish of their place.
func (r *Report) link(tags Tagger) {
	for i := range r.Sections {
		s := &r.Sections[i]
		s.Tags = tags.Of(s.Scenario, s.Broker, s.Base, s.Cand)
		for _, t := range r.Trials {
			if s.Scenario == t.Scenario && s.Broker == t.Broker {
				s.Trials = t.ID
			}
		}
		if order, ok := rankingAt(r.Rankings, s.Scenario, s.Broker, s.Defaults); ok {
			s.Order = order.ID
			s.Title = fmt.Sprintf("%s: %s against %s", s.Title, s.Candidate, s.Baseline)
		}
	}
	for i, s := range r.Sweeps {
		r.Sweeps[i].Tags = tags.OfPoints(s.arms[0])
		if x, ok := r.scalingOf(s); ok {
			r.Sweeps[i].Along = "number of workers"
			if s.MetricName == metric.Throughput {
				r.Sweeps[i].Scaling = &x
			}
		}
	}
	for i := range r.Alone {
		l := &r.Alone[i]
		l.Tags = tags.Of(l.Scenario, l.Broker, l.Base)
	}
}
