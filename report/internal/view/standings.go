package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// Standings is the table of one scenario that says what each framework gave on each broker: a row a broker, a column
// an arm. Where verdicts compare, this also has what couldn't be compared.
type Standings struct {
	Title    string
	Scenario string
	// Metric says what the figures are.
	Metric string
	Arms   []string
	Rows   []standingsRow
	// Caveats are those that the cells are marked with.
	Caveats []caveat
	// Ranked is true where each place has an order of finish, which says all but how the brokers compare.
	Ranked bool

	arms []string
}

// turnedRow is what a side gave on each broker.
type turnedRow struct {
	Name string
	// Arm is the side as the analysis has it.
	Arm   string
	Cells []turnedCell
}

// turnedCell is a cell with the broker that it is of, by both of its names.
type turnedCell struct {
	Standing
	Broker, Product string
}

// Turned has a row a side and a column a broker: of nine sides, a column each would fit no screen.
func (s Standings) Turned() []turnedRow {
	var out []turnedRow
	for i, arm := range s.Arms {
		row := turnedRow{Name: arm, Arm: s.arms[i]}
		for _, r := range s.Rows {
			row.Cells = append(row.Cells, turnedCell{r.Cells[i], r.Name, r.Broker})
		}
		out = append(out, row)
	}
	return out
}

type standingsRow struct {
	// Name is the broker's, and Broker the product with its version.
	Name, Broker string
	Cells        []Standing
}

// Standing is one cell in words. At least one of its parts is there: a figure, or why there is none.
type Standing struct {
	HasValue bool
	Value    float64
	Unit     string
	// Trials is how many trials Value is the median of. Spoiled is true where none of them counts.
	Trials  int
	Spoiled bool
	// Alone is true where the run compares nothing with the arm.
	Alone bool
	// Status is empty where all is well.
	Status string
	Reason reason
	// Died is true where the reason is a worker's end.
	Died bool
	// Delivery is the class of the guarantee, which Guarantee explains.
	Delivery, Guarantee string
	// Caveat is nil where there is none.
	Caveat *caveat
}

// caveat is what a reader must know of a framework on a broker, and its mark in the table.
type caveat struct {
	Mark string
	// Short fits into a cell.
	Short, Text string
}

// reason is a reason in short, for a cell, what that leaves out, and all of it.
type reason struct{ Short, Rest, Whole string }

// standingsOf lays out the cells of an analysis, a table a scenario. Analyses of before there were cells have none.
func standingsOf(a analysis.Analysis) []Standings {
	known := productsOf(a)
	var scenarios []string
	for _, c := range a.Cells {
		if !slices.Contains(scenarios, c.Scenario) {
			scenarios = append(scenarios, c.Scenario)
		}
	}
	var out []Standings
	figures := sideFigures(a)
	ranked := map[suite.Place]bool{}
	for _, o := range a.Orders {
		ranked[suite.At(o.Scenario, o.Broker)] = true
	}
	for _, s := range scenarios {
		t := newStandings(a, figures, known, s)
		t.Ranked = len(t.Rows) > 0 && !slices.ContainsFunc(t.Rows, func(r standingsRow) bool { return !ranked[suite.At(s, r.Name)] })
		if t.Ranked && len(t.Rows) == 1 {
			continue // it is the first column of the order of finish
		}
		out = append(out, t)
	}
	return out
}

func newStandings(a analysis.Analysis, figures []SideFigure, known Products, scenario string) Standings {
	head, installed := HeadMetric(a, scenario)
	t := Standings{Title: text.Upper(known.Load(scenario)), Scenario: scenario, Metric: "no metric was compared"}
	if head.Metric != "" {
		t.Metric = fmt.Sprintf("%s, median over trials, %s", MetricLabel(head), direction(head))
	}
	if installed {
		t.Title += ", as installed"
	}
	var own []analysis.Cell
	var brokers []string
	for _, c := range a.Cells {
		if c.Scenario != scenario {
			continue
		}
		own = append(own, c)
		if !slices.Contains(t.arms, c.Arm) {
			t.arms = append(t.arms, c.Arm)
			t.Arms = append(t.Arms, Name(c.Arm))
		}
		if !slices.Contains(brokers, c.Broker) {
			brokers = append(brokers, c.Broker)
		}
	}
	for _, b := range brokers {
		row := standingsRow{Name: b, Broker: Name(known.Full(b))}
		for _, arm := range t.arms {
			i := slices.IndexFunc(own, func(c analysis.Cell) bool { return c.Broker == b && c.Arm == arm })
			if i < 0 {
				row.Cells = append(row.Cells, Standing{Status: "not planned"})
				continue
			}
			s := NewStanding(a, figures, own[i], head)
			s.Caveat = t.caveat(own[i].Caveat)
			row.Cells = append(row.Cells, s)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// HeadMetric is the metric that stands for a scenario: the first with figures that decides it, or would, and else the
// first with figures. It is one for all cells, or a column would mix rates of different kinds. The
// second result tells whether the scenario ran with the frameworks as installed.
func HeadMetric(a analysis.Analysis, scenario string) (analysis.Comparison, bool) {
	var head analysis.Comparison
	best, installed := 0, false
	for _, c := range a.Comparisons {
		if c.Scenario != scenario {
			continue
		}
		installed = installed || c.Defaults
		rank := 1
		if c.Deciding || c.NotCounted.Differ() {
			rank = 2
		}
		if len(Shown(c.Baseline))+len(Shown(c.Candidate)) > 0 {
			rank += 2
		}
		if rank > best {
			head, best = c, rank
		}
	}
	if best == 0 {
		for _, f := range loneFigures(a) {
			if f.Scenario == scenario {
				return f.Comparison(), f.Defaults
			}
		}
	}
	return head, installed
}

func NewStanding(a analysis.Analysis, figures []SideFigure, c analysis.Cell, head analysis.Comparison) Standing {
	s := Standing{Delivery: Name(c.Delivery), Guarantee: Sentence(c.Guarantee), Status: Name(c.Status), Died: c.Died > 0}
	// How many trials are valid belongs to the status: it leaves the reason more room.
	if c.Reason.Code == analysis.ReasonKeptOut {
		c.Reason = analysis.Reason{Code: analysis.ReasonStated, Detail: c.Reason.Detail, Flag: c.Reason.Flag}
	}
	s.Reason = newReason(WhyOf(a, c))
	if s.Delivery == "" && c.Status != analysis.CellNotOffered {
		s.Delivery = "delivery not stated"
	}
	switch {
	case c.Status == analysis.CellMeasured:
		s.Status = ""
	case c.Status == analysis.CellPartly || c.Status == analysis.CellInvalid:
		s.Status += fmt.Sprintf(" (%s of %s valid)", number.Count(int64(c.Valid)), number.Plural(c.Planned, "trial"))
	case s.Status == "":
		s.Status = "status not stated"
	}
	s.figure(figures, c, head)
	if s.Status == "" && (s.Alone && len(a.Comparisons) > 0 || !s.HasValue) {
		s.Status = "measured, but compared with nothing"
	}
	return s
}

// figure finds the cell's value of the head metric.
func (s *Standing) figure(figures []SideFigure, c analysis.Cell, head analysis.Comparison) {
	for _, x := range figures {
		if x.Scenario == c.Scenario && x.Broker == c.Broker && x.Metric == head.Metric && ArmName(x.Estimate) == c.Arm {
			s.HasValue, s.Value, s.Unit, s.Trials = true, x.Estimate.Estimate, Name(x.Unit), len(Shown(x.Estimate))
			s.Spoiled, s.Alone = Spoiled(x.Estimate), x.lone
			return
		}
	}
}

// endedByItself begins the reason that an analysis gives for a cell whose workers died.
const endedByItself = "a worker ended by itself"

// WhyOf is why a cell isn't simply measured. A worker's end is reported with its last words even where all trials count.
func WhyOf(a analysis.Analysis, c analysis.Cell) string {
	why := ReasonWords(c.Reason)
	if c.Died > 0 && c.Reason.Code != analysis.ReasonWorkerEnded && !strings.HasPrefix(why, endedByItself) {
		died := fmt.Sprintf("%s in %d of %s", endedByItself, c.Died, number.Plural(c.Ran, "trial"))
		if last := lastWords(a, c); last != "" {
			died += ": " + last
		}
		if why != "" {
			why += "; "
		}
		why += died
	}
	if why == "" && c.Status != analysis.CellMeasured {
		return "no reason is recorded"
	}
	return why
}

// lastWords are those of the last worker of the cell that ended by itself.
func lastWords(a analysis.Analysis, c analysis.Cell) string {
	words := ""
	for _, t := range a.Trials {
		if t.Scenario != c.Scenario || t.Broker != c.Broker || t.Arm != c.Arm {
			continue
		}
		for _, f := range t.Flags {
			if f.Code == results.FlagWorkerDied {
				words = FlagWords(f)
			}
		}
	}
	return words
}

// newReason parts what a cell has room for from the rest.
func newReason(s string) reason {
	const least, most = 12, 100
	s = Sentence(s)
	if len([]rune(s)) <= most {
		return reason{s, "", s}
	}
	// What comes before a colon mostly is what happened, and what follows how.
	if head, rest, ok := strings.Cut(s, ": "); ok && len(head) >= least && len([]rune(head)) <= most {
		return reason{head, rest, s}
	}
	return reason{text.Clean(s, most), s, s}
}

// caveat gives a caveat its mark: the same one for the same words.
func (t *Standings) caveat(s string) *caveat {
	s = Sentence(s)
	if s == "" {
		return nil
	}
	i := slices.IndexFunc(t.Caveats, func(c caveat) bool { return c.Text == s })
	if i < 0 {
		i = len(t.Caveats)
		mark := "\u2020"
		if i > 0 {
			mark = fmt.Sprintf("%s%d", mark, i+1)
		}
		t.Caveats = append(t.Caveats, caveat{mark, shortCaveat(s), s})
	}
	c := t.Caveats[i]
	return &c
}

// shortCaveat is what a caveat ends with in parentheses, as in "a transport of old (unsupported)", or its beginning.
func shortCaveat(s string) string {
	const most = 32
	if rest, ok := strings.CutSuffix(s, ")"); ok {
		if i := strings.LastIndex(rest, "("); i >= 0 && i+1 < len(rest) {
			s = rest[i+1:]
		}
	}
	return text.Clean(s, most)
}
