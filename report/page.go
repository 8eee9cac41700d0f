package report

import (
	"fmt"
	"html/template"
	"slices"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/svg"
)

// page is what the template shows, in the order in which it shows it.
type page struct {
	Style    template.CSS
	Analysis analysis.Analysis
	Headline string
	Sureness []string
	// Cards are the deciding comparisons where they are few enough to be read one by one.
	Cards    []card
	Matrices []matrix
	// Compact is true where the matrix is narrow enough to stand beside the words on sureness.
	Compact  bool
	Sections []section
	Flags    []flagRow
	NotRun   []analysis.TrialRow
	Settings settingsTable
	Special  []trialSetting
	Trials   []trialTable
	Meanings [][2]string
}

// mostCards is how many deciding comparisons the first screen can hold.
const mostCards = 6

func newPage(a analysis.Analysis) page {
	p := page{
		Analysis: a, Headline: headline(a), Sureness: sureness(a), Flags: flagRows(a), NotRun: notRun(a),
		Settings: newSettings(a.Run.Contenders), Special: trialSettings(a), Trials: trialTables(a), Meanings: flagMeaning(),
	}
	gs := groups(a)
	ids := sectionIDs(gs)
	for i, g := range gs {
		p.Sections = append(p.Sections, newSection(a, g, ids[i]))
	}
	p.Matrices = matrices(p.Sections)
	p.Compact = len(p.Matrices) == 1 && len(p.Matrices[0].Scenarios) == 1
	for _, s := range p.Sections {
		for _, c := range s.Comparisons {
			if c.Deciding {
				p.Cards = append(p.Cards, c)
			}
		}
	}
	if len(p.Cards) > mostCards {
		p.Cards = nil
	}
	return p
}

// section is one scenario on one broker.
type section struct {
	group
	ID, Title, Question string
	Baseline, Candidate string
	Comparisons         []card
	Figures             []figure
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
	Where                           string
	// Bars and Strip are the charts of this metric alone, each on its own scale.
	Bars, Strip template.HTML
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
		s.Comparisons = append(s.Comparisons, newCard(a.Method.Margin, g, c, cid))
	}
	s.Figures = figures(a, g, id)
	return s
}

func newCard(margin float64, g group, c analysis.Comparison, id string) card {
	about := metricTitle(c) + ": " + g.title()
	return card{
		Comparison: c, ID: id, Name: metricTitle(c), Label: metricLabel(c), Direction: direction(c),
		Word: verdictWord(c), Symbol: verdictSymbol(c.Verdict), Class: sideClass(ahead(c.Verdict)), Note: verdictNote(c),
		BaselineName: name(armName(c.Baseline)), CandidateName: name(armName(c.Candidate)),
		BaselineTrials: len(c.Baseline.Values), CandidateTrials: len(c.Candidate.Values),
		HasRatio: hasRatio(c), Where: g.title(),
		Bars:  drawn(svg.Bars(id+"-bars", about, name(c.Unit), barMarks(c))),
		Strip: drawn(svg.Ratios(id+"-strip", "Ratio by block, "+about, margin, strips([]analysis.Comparison{c}))),
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

// matrix is the table of verdicts: a row a broker, a column a scenario.
type matrix struct {
	Title     string
	Scenarios []string
	Rows      []matrixRow
}

type matrixRow struct {
	Broker string
	Cells  []matrixCell
}

// matrixCell has the deciding comparisons of one group, or none where the run has no such group.
type matrixCell struct {
	ID, Title string
	Cards     []card
}

// matrices lays the sections out, one matrix a pair of sides.
func matrices(sections []section) []matrix {
	var gs []group
	for _, s := range sections {
		gs = append(gs, s.group)
	}
	var out []matrix
	for _, p := range pairs(gs) {
		m := matrix{Title: fmt.Sprintf("%s against %s", name(p.candidate), name(p.baseline))}
		if p.defaults {
			m.Title += ", as installed"
		}
		var scenarios, brokers []string
		for _, g := range p.groups {
			if !slices.Contains(scenarios, g.scenario) {
				scenarios = append(scenarios, g.scenario)
			}
			if !slices.Contains(brokers, g.broker) {
				brokers = append(brokers, g.broker)
			}
		}
		for _, s := range scenarios {
			m.Scenarios = append(m.Scenarios, name(s))
		}
		for _, b := range brokers {
			row := matrixRow{Broker: name(b), Cells: make([]matrixCell, len(scenarios))}
			for i, scenario := range scenarios {
				row.Cells[i] = cellOf(sections, p, b, scenario)
			}
			m.Rows = append(m.Rows, row)
		}
		out = append(out, m)
	}
	return out
}

func cellOf(sections []section, p pair, broker, scenario string) matrixCell {
	for _, s := range sections {
		if s.broker != broker || s.scenario != scenario || s.baseline != p.baseline || s.candidate != p.candidate ||
			s.defaults != p.defaults {
			continue
		}
		cell := matrixCell{ID: s.ID, Title: s.Title}
		for _, c := range s.Comparisons {
			if c.Deciding {
				cell.Cards = append(cell.Cards, c)
			}
		}
		return cell
	}
	return matrixCell{}
}
