package report

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/analysis"
	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/suite"
)

// alone is an arm that ran where the run compares nothing with it: its figures are shown all the same.
type alone struct {
	group
	ID, Title string
	Rows      []aloneRow
	Tags      string
}

// aloneRow is a figure in words.
type aloneRow struct {
	sideFigure
	Label, Direction string
	Trials           int
	// Why says what keeps all of its trials out of verdicts, or nothing.
	Why string
}

// loneFigures are the figures of the arms that no comparison has, by what their trials measured.
func loneFigures(a analysis.Analysis) []sideFigure {
	type place struct{ scenario, broker, arm string }
	compared := map[place]bool{}
	for _, c := range a.Comparisons {
		compared[place{c.Scenario, c.Broker, armName(c.Baseline)}] = true
		compared[place{c.Scenario, c.Broker, armName(c.Candidate)}] = true
	}
	var places []place
	rows := map[place][]analysis.TrialRow{}
	for _, t := range a.Trials {
		p := place{t.Scenario, t.Broker, t.Arm}
		if compared[p] || !t.Done() {
			continue
		}
		if rows[p] == nil {
			places = append(places, p)
		}
		rows[p] = append(rows[p], t)
	}
	var out []sideFigure
	for _, p := range places {
		for _, metric := range metricsIn(rows[p]) {
			out = append(out, loneFigure(rows[p], metric))
		}
	}
	return out
}

// metricsIn are the metrics of trials, in the order in which reports show them.
func metricsIn(rows []analysis.TrialRow) []string {
	// Metrics of a kind of task have a colon, and rank apart from those of all tasks.
	kindless := func(metric string) string {
		return metric[:strings.IndexByte(metric+":", ':')] + strings.Repeat(":", strings.Count(metric, ":"))
	}
	rank := map[string]int{}
	for i, f := range analysis.Figures() {
		rank[kindless(f.Name)] = i
	}
	place := func(metric string) int {
		if n, ok := rank[kindless(metric)]; ok {
			return n
		}
		return len(rank)
	}
	var out []string
	for _, r := range rows {
		for m := range r.Metrics {
			if !slices.Contains(out, m) {
				out = append(out, m)
			}
		}
	}
	slices.Sort(out)
	slices.SortStableFunc(out, func(x, y string) int { return place(x) - place(y) })
	return out
}

// loneFigure sums up a metric of the trials of one arm.
func loneFigure(rows []analysis.TrialRow, metric string) sideFigure {
	first := rows[0]
	var values, out []float64
	for _, r := range rows {
		v, ok := r.Metrics[metric]
		switch {
		case !ok:
		case len(analysis.KeptOutBy(r.Trial, metric)) > 0:
			out = append(out, v)
		default:
			values = append(values, v)
		}
	}
	f := sideFigure{scenario: first.Scenario, broker: first.Broker, metric: metric, title: metric, defaults: first.Defaults, lone: true}
	if known, ok := analysis.FigureNamed(metric); ok {
		f.title, f.unit, f.higher = known.Title, known.Unit, known.HigherIsBetter
	}
	f.Estimate = analysis.Level(suite.Arm{Name: first.Arm, Contender: first.Contender}, values, out)
	return f
}

// comparison is the figure as the baseline of a comparison that has no other side.
func (f sideFigure) comparison() analysis.Comparison {
	return analysis.Comparison{Scenario: f.scenario, Broker: f.broker, Metric: f.metric, Title: f.title, Unit: f.unit, HigherIsBetter: f.higher,
		Defaults: f.defaults, Baseline: f.Estimate}
}

// aloneOf lists the arms that were compared with nothing, each with its figures.
func aloneOf(a analysis.Analysis) []alone {
	known := productsOf(a)
	var out []alone
	for _, f := range loneFigures(a) {
		i := slices.IndexFunc(out, func(x alone) bool {
			return x.scenario == f.scenario && x.broker == f.broker && x.baseline == armName(f.Estimate)
		})
		if i < 0 {
			i = len(out)
			g := group{scenario: f.scenario, broker: f.broker, product: known.name(f.broker), defaults: f.defaults, baseline: armName(f.Estimate)}
			out = append(out, alone{group: g, ID: fmt.Sprintf("alone-%d", i+1), Title: fmt.Sprintf("%s: %s", text.Upper(g.title()), name(g.baseline))})
		}
		c := f.comparison()
		row := aloneRow{sideFigure: f, Label: metricLabel(c), Direction: direction(c), Trials: len(shown(f.Estimate))}
		if spoiled(f.Estimate) {
			row.Why = keptOutWhy(a, f)
		}
		out[i].Rows = append(out[i].Rows, row)
	}
	return out
}

// keptOutWhy are the flags that keep the trials of a lone figure out, with what the first of each says.
func keptOutWhy(a analysis.Analysis, f sideFigure) string {
	c := f.comparison()
	for _, t := range a.Trials {
		if t.Scenario != f.scenario || t.Broker != f.broker || t.Arm != f.Arm {
			continue
		}
		for _, x := range t.Flags {
			if x.Invalidates(f.metric) {
				c.Flags = append(c.Flags, analysis.Flagged{Trial: t.ID, Arm: t.Arm, Code: x.Code, Detail: x.Detail, Excluded: true})
			}
		}
	}
	why, _ := spoiledWhy(c, f.Arm)
	return why
}

// bars is the arm as a group of comparisons that have one side.
func (l alone) bars() group {
	g := l.group
	for _, r := range l.Rows {
		g.comparisons = append(g.comparisons, r.comparison())
	}
	return g
}

// Whys are the reasons why figures don't count, each once.
func (l alone) Whys() []string {
	var out []string
	for _, r := range l.Rows {
		if r.Why != "" && !slices.Contains(out, r.Why) {
			out = append(out, r.Why)
		}
	}
	return out
}

// Words is the figure with its interval.
func (r aloneRow) Words() string {
	out := sideWords(r.Estimate)
	if r.Trials == 1 {
		return out + ", one trial"
	}
	return fmt.Sprintf("%s (%s)", out, number.Span(r.Low, r.High))
}

// aloneNote introduces the figures of such an arm.
const aloneNote = "This run compares nothing with it. Median over trials, with its interval."

func (t *terminal) alone(l alone) {
	t.b.WriteByte('\n')
	t.wrap("", "", l.Title)
	t.wrap("", "  ", aloneNote)
	table := [][]string{{"metric", "median (interval)", "trials"}}
	for _, r := range l.Rows {
		table = append(table, []string{r.Label, r.Words(), number.Count(int64(r.Trials))})
	}
	t.table(table)
	for _, why := range l.Whys() {
		t.wrap("", "  ", spoiledMark+" of trials that don't count: "+why)
	}
}

func markdownAlone(b *bytes.Buffer, l alone) {
	fmt.Fprintf(b, "\n### %s\n\n%s\n\n| metric | median (interval) | trials |\n|---|--:|--:|\n", markdown(l.Title), aloneNote)
	for _, r := range l.Rows {
		fmt.Fprintf(b, "| %s | %s | %d |\n", markdown(r.Label), markdown(r.Words()), r.Trials)
	}
	for _, why := range l.Whys() {
		fmt.Fprintf(b, "\n%s of trials that don't count: %s\n", spoiledMark, markdown(why))
	}
}

// aloneWords names the figures that a run of one arm opens with.
func aloneWords(a analysis.Analysis) string {
	var out []string
	for _, l := range aloneOf(a) {
		r := l.Rows[0]
		out = append(out, fmt.Sprintf("%s on %s: %s %s", name(l.baseline), name(l.product), text.Lower(sentence(r.title)),
			strings.TrimSpace(r.Words()+" "+name(r.unit))))
	}
	const most = 4
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("and %d more below", len(out)-most))
	}
	return strings.Join(out, "; ")
}
