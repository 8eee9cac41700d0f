package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/stats"
)

// Alone is an arm that ran where the run compares nothing with it: its figures are shown anyway.
type Alone struct {
	Group
	ID, Title string
	Rows      []aloneRow
	Tags      string
	// Note says what the figures are.
	Note string
}

// aloneRow is a figure in words.
type aloneRow struct {
	SideFigure
	Label, Direction string
	Trials           int
	deciding         bool
	// Why says what keeps all of its trials out of verdicts, or nothing.
	Why string
}

// figureOf is a figure of an analysis.
func figureOf(f analysis.Alone) SideFigure {
	return SideFigure{Scenario: f.Scenario, Broker: f.Broker, Metric: f.Metric, Title: f.Title, Unit: f.Unit, Higher: f.HigherIsBetter,
		Defaults: f.Defaults, Estimate: f.Estimate}
}

// loneFigures are the figures of the arms that no comparison has.
func loneFigures(a analysis.Analysis) []SideFigure {
	var out []SideFigure
	for _, f := range a.AloneFigures() {
		x := figureOf(f)
		x.lone, x.confidence = true, f.Confidence
		out = append(out, x)
	}
	return out
}

// IsAlone reports whether the run compares nothing with the figure's arm.
func (f SideFigure) IsAlone() bool { return f.lone }

// Confidence is the coverage of a lone figure's interval, 0 if it has none.
func (f SideFigure) Confidence() float64 { return f.confidence }

// HasInterval reports whether the ends of the figure are those of an interval: one trial alone has none.
func (f SideFigure) HasInterval() bool {
	if f.lone {
		return f.confidence > 0
	}
	return len(Shown(f.Estimate)) > 1
}

// vague reports whether the figure's interval says next to nothing, as it is of too few trials.
func (r aloneRow) vague() bool {
	return r.lone && stats.Vague(r.Low, r.Estimate.Estimate, r.High, r.Trials)
}

// ShowsInterval reports whether the figure has an interval that says something.
func (r aloneRow) ShowsInterval() bool { return r.HasInterval() && !r.vague() }

// Comparison is the figure as the baseline of a comparison that has no other side.
func (f SideFigure) Comparison() analysis.Comparison {
	return analysis.Comparison{Scenario: f.Scenario, Broker: f.Broker, Metric: f.Metric, Title: f.Title, Unit: f.Unit, HigherIsBetter: f.Higher,
		Defaults: f.Defaults, Baseline: f.Estimate}
}

// aloneOf lists the arms that were compared with nothing, each with its figures.
func aloneOf(a analysis.Analysis) []Alone {
	known, figures := productsOf(a), a.AloneFigures()
	var out []Alone
	for k, f := range loneFigures(a) {
		i := slices.IndexFunc(out, func(x Alone) bool {
			return x.Scenario == f.Scenario && x.Broker == f.Broker && x.Base == ArmName(f.Estimate)
		})
		if i < 0 {
			i = len(out)
			g := Group{Load: known.Load(f.Scenario), Scenario: f.Scenario, Broker: f.Broker, product: known.Name(f.Broker), Defaults: f.Defaults, Base: ArmName(f.Estimate)}
			out = append(out, Alone{Group: g, ID: fmt.Sprintf("alone-%d", i+1), Title: fmt.Sprintf("%s: %s", text.Upper(g.Place()), Name(g.Base))})
		}
		c := f.Comparison()
		row := aloneRow{SideFigure: f, Label: MetricLabel(c), Direction: direction(c), Trials: len(Shown(f.Estimate)), deciding: figures[k].Deciding}
		if Spoiled(f.Estimate) {
			row.Why = keptOutWhy(a, f)
		}
		out[i].Rows = append(out[i].Rows, row)
	}
	for i := range out {
		out[i].Note = out[i].note(len(a.Comparisons) > 0)
	}
	return out
}

// keptOutWhy are the flags that keep the trials of a lone figure out, with what the first of each says.
func keptOutWhy(a analysis.Analysis, f SideFigure) string {
	c := f.Comparison()
	for _, t := range a.Trials {
		if t.Scenario != f.Scenario || t.Broker != f.Broker || t.Arm != f.Arm {
			continue
		}
		for _, x := range t.Flags {
			if x.Invalidates(f.Metric) {
				c.Flags = append(c.Flags, analysis.Flagged{Trial: t.ID, Arm: t.Arm, Code: x.Code, Detail: x.Detail, Excluded: true, Fact: x.Fact})
			}
		}
	}
	why, _ := spoiledWhy(c, f.Arm)
	return why
}

// Bars is the arm as a group of comparisons that have one side.
func (l Alone) Bars() Group {
	g := l.Group
	for _, r := range l.Rows {
		g.Compared = append(g.Compared, r.Comparison())
	}
	return g
}

// Whys are the reasons why figures don't count, each once.
func (l Alone) Whys() []string {
	var out []string
	for _, r := range l.Rows {
		if r.Why != "" && !slices.Contains(out, r.Why) {
			out = append(out, r.Why)
		}
	}
	return out
}

// Words is the figure with its interval, if it has one.
func (r aloneRow) Words() string {
	if !r.ShowsInterval() {
		return SideWords(r.Estimate)
	}
	return fmt.Sprintf("%s (%s)", SideWords(r.Estimate), number.Span(r.Low, r.High))
}

// Figure is the figure without its interval.
func (r aloneRow) Figure() string { return SideWords(r.Estimate) }

// tooFewTrials is in place of an interval that says next to nothing.
const tooFewTrials = "too few trials"

// Interval is the figure's interval, or a dash.
func (r aloneRow) Interval() string {
	switch {
	case !r.HasInterval():
		return "-"
	case r.vague():
		return tooFewTrials
	}
	return number.Span(r.Low, r.High)
}

// Heads are the titles of the columns of such an arm's table.
func (l Alone) Heads() []string {
	return []string{"metric", "median", number.Percent(stats.Confidence) + " interval", "trials"}
}

// Cells are the row's cells in that table.
func (r aloneRow) Cells() []string {
	return []string{r.Label, r.Figure(), r.Interval(), number.Count(int64(r.Trials))}
}

// Lines are the arm's figures, a line each, with their intervals.
func (l Alone) Lines() []string {
	var out []string
	for _, r := range l.Rows {
		out = append(out, fmt.Sprintf("%s: %s; %s", r.Label, r.Figure(), r.intervalWords()))
	}
	return out
}

// answering are the rows that the run opens with: those that decide, or where none does, the first.
func (l Alone) answering() []aloneRow {
	out := KeepIf(l.Rows, func(r aloneRow) bool { return r.deciding })
	if len(out) == 0 {
		out = l.Rows[:min(len(l.Rows), 3)]
	}
	return out
}

// spoiled reports whether none of the figures that sides could be compared by counts.
func (l Alone) spoiled() bool {
	return len(l.Whys()) > 0 && !slices.ContainsFunc(l.Rows, func(r aloneRow) bool { return r.Why == "" && r.comparable() })
}

// comparable reports whether sides could be compared by the figure.
func (r aloneRow) comparable() bool {
	m, ok := metric.Named(r.Metric)
	return !ok || m.Decides()
}

// note says what the figures are, and how to get what they lack.
func (l Alone) note(comparisons bool) string {
	out := fmt.Sprintf("Median over trials, with its %s interval.", number.Percent(stats.Confidence))
	if !slices.ContainsFunc(l.Rows, aloneRow.HasInterval) {
		out = fmt.Sprintf("One block has no interval. An interval takes at least two blocks, and %d make a useful one: run it again with --blocks %[1]d.", stats.MinBlocks)
	}
	if slices.ContainsFunc(l.Rows, aloneRow.vague) {
		out += fmt.Sprintf(" Where it would say next to nothing, there are too few trials for it: run it again with --blocks %d.", stats.MinBlocks)
	}
	if comparisons {
		return "This run compares nothing with it. " + out
	}
	return out
}

// aloneAnswer says how fast the arms of a run without comparisons are; nothing if the run has no figures.
func aloneAnswer(all []Alone) string {
	var out []string
	for _, l := range all {
		if l.spoiled() {
			why := l.Whys()[0]
			if _, words, ok := strings.Cut(why, ": "); ok { // what follows the flag's code says it all
				why = words
			}
			out = append(out, fmt.Sprintf("on %s, no trial of %s counts: %s", Name(l.product), Name(l.Base), Sentence(why)))
			continue
		}
		rows := l.answering()
		if len(all) > 1 {
			rows = rows[:1]
		}
		var figures []string
		for _, r := range rows {
			unit := ""
			if r.Unit != "" {
				unit = " " + Name(r.Unit)
			}
			words := SideWords(r.Estimate) + unit
			if r.ShowsInterval() {
				words += fmt.Sprintf(" (%s)", number.Span(r.Low, r.High))
			}
			figures = append(figures, text.Lower(Sentence(r.Title))+" "+words)
		}
		out = append(out, fmt.Sprintf("on %s, %s: %s", Name(l.product), Name(l.Base), strings.Join(figures, ", ")))
	}
	const most = 4
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more below", len(out)-most))
	}
	if len(out) == 0 {
		return ""
	}
	return text.Upper(strings.Join(out, "; ")) + "."
}

// aloneSureness says of a run without comparisons how many trials its figures rest on, and what would give them an interval.
func aloneSureness(all []Alone) []string {
	low, high, note := 0, 0, ""
	for _, l := range all {
		if l.spoiled() {
			continue
		}
		for _, r := range l.answering() {
			if low == 0 {
				low = r.Trials
			}
			low, high = min(low, r.Trials), max(high, r.Trials)
		}
		note = l.Note
	}
	switch {
	case high == 0:
		return nil
	case high == 1:
		return []string{note}
	}
	return []string{fmt.Sprintf("Each figure is the median over %s trials, one a block, with its %s interval.", CountRange(low, high), number.Percent(stats.Confidence))}
}

// AloneCard is a figure on the first screen of a run without comparisons.
type AloneCard struct {
	ID, Title, Where, Figure, Unit, Direction, Interval string
	Spoiled                                             bool
}

// mostAlone is how many of these figures the first screen holds.
const mostAlone = 8

// aloneCards are the figures that the first screen shows of a run without comparisons: of one arm, all that sides could be compared by, and
// of a few those that decide.
func aloneCards(a analysis.Analysis, all []Alone) []AloneCard {
	if len(a.Comparisons) > 0 {
		return nil
	}
	var out []AloneCard
	for _, l := range all {
		rows := l.answering()
		if l.spoiled() {
			continue // the headline says why
		}
		if len(all) == 1 {
			rows = KeepIf(l.Rows, aloneRow.comparable)
			rows = rows[:min(len(rows), mostAlone)]
		}
		for _, r := range rows {
			out = append(out, AloneCard{ID: l.ID, Title: Sentence(r.Title), Where: l.Title, Figure: number.Short(r.Estimate.Estimate), Unit: Name(r.Unit),
				Direction: r.Direction, Interval: r.intervalWords(), Spoiled: Spoiled(r.Estimate)})
		}
	}
	if len(out) > mostAlone {
		return nil
	}
	return out
}

// intervalWords are the interval with its level and the number of trials.
func (r aloneRow) intervalWords() string {
	if !r.HasInterval() {
		return number.Plural(r.Trials, "trial") + ", no interval"
	}
	if r.vague() {
		return number.Plural(r.Trials, "trial") + ", too few for an interval"
	}
	return fmt.Sprintf("%s interval %s, %s", number.Percent(stats.Confidence), number.Span(r.Low, r.High), number.Plural(r.Trials, "trial"))
}
