package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
)

// meansNote says what the figures are, since reports of one run show medians.
const meansNote = "Figures are geometric means of the valid trials, run by run, or medians where a value is not above zero."

func CompareHeadline(c regress.Comparison) string {
	if len(c.Decisions) == 0 {
		return "No threshold was given: this shows what changed, and decides nothing."
	}
	return fmt.Sprintf("Thresholds: %d of %d fail, %d can't be told, %d pass.", c.Count(regress.Fails), len(c.Decisions),
		c.Count(regress.CantTell), c.Count(regress.Passes))
}

// RunsWords names the runs of a side.
func RunsWords(runs []regress.Subject) string {
	// mostRuns is how many a line can name.
	const mostRuns = 5
	var out []string
	for _, s := range runs[:min(len(runs), mostRuns)] {
		out = append(out, SubjectWords(s))
	}
	if more := len(runs) - mostRuns; more > 0 {
		out = append(out, number.Plural(more, "more run"))
	}
	return strings.Join(out, "; ")
}

// SameWords names the runs that only show how much runs differ, a line for each group.
func SameWords(c regress.Comparison) []string {
	var out []string
	for _, g := range c.Same {
		out = append(out, RunsWords(g))
	}
	return out
}

func SubjectWords(s regress.Subject) string {
	if s.Tool != "" {
		return fmt.Sprintf("%s, %s, %s%s", Sentence(s.Path), Name(s.Tool), number.Plural(s.Trials, "repeat"), onDay(" of ", s.Began))
	}
	return fmt.Sprintf("%s, run %s of %s, tqbench %s", Sentence(s.Path), Name(s.Run), s.Began.UTC().Format("2006-01-02 15:04 UTC"), Name(s.Tqbench))
}

// onDay is when something began, after a word; nothing if that isn't known.
func onDay(word string, began time.Time) string {
	if began.IsZero() {
		return ""
	}
	return word + began.UTC().Format("2006-01-02 15:04 UTC")
}

func DifferenceWords(d regress.Difference) string {
	s := Sentence(differs(d))
	switch d.Effect {
	case regress.Warning:
		return "warning: " + s
	case regress.NotCompared:
		return "not compared: " + s
	}
	return s
}

func CellWords(c regress.Cell) string {
	if c.Foreign() {
		return Name(c.Scenario)
	}
	return text.Upper(fmt.Sprintf("%s on %s, %s", Name(c.Scenario), Name(c.Broker), Name(c.Arm)))
}

// cellTitle names a figure and its cell in a sentence.
func cellTitle(title string, c regress.Cell) string {
	if c.Foreign() {
		return fmt.Sprintf("%s of %s", Name(title), Name(c.Scenario))
	}
	return fmt.Sprintf("%s of %s on %s in %s", Name(title), Name(c.Arm), Name(c.Broker), Name(c.Scenario))
}

func rowLabel(r regress.Row) string {
	return titleWithUnit(r.Title, r.Unit)
}

func titleWithUnit(title, unit string) string {
	if unit == "" || unit == title { // other tools name figures by their unit
		return Name(title)
	}
	return Name(title) + " (" + Name(unit) + ")"
}

func RowCells(r regress.Row) []string {
	side := func(s regress.Side) string {
		if len(s.Values) == 0 {
			return "-"
		}
		return number.Short(cmp.Or(s.Mean, s.Estimate.Estimate))
	}
	changed := "-"
	if r.Ratio != nil {
		changed = fmt.Sprintf("%s (%s to %s)", change(r.Ratio.Estimate), change(r.Ratio.Low), change(r.Ratio.High))
	}
	return []string{rowLabel(r), side(r.Old), side(r.New), changed, fmt.Sprintf("%s, %s", validOf(r.Old), validOf(r.New))}
}

// validOf is how many trials count, of how many where some don't.
func validOf(s regress.Side) string {
	out := number.Count(int64(s.Trials))
	if len(s.Values) != s.Trials {
		out = fmt.Sprintf("%d of %d", len(s.Values), s.Trials)
	}
	if n := len(s.RunMeans); n > 1 {
		out += fmt.Sprintf(" in %d runs", n)
	}
	return out
}

// byCell groups what is in the order of cells by its cell.
func byCell[T any](list []T, cell func(T) regress.Cell) [][]T {
	var out [][]T
	for i, x := range list {
		if i == 0 || cell(x) != cell(list[i-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], x)
	}
	return out
}

// RowGroups are the rows of each cell.
func RowGroups(rows []regress.Row) [][]regress.Row {
	return byCell(rows, func(r regress.Row) regress.Cell { return r.Cell })
}

// RowNotes are the reasons of a cell's rows, each once, with the metrics that it is of.
func RowNotes(rows []regress.Row) []string {
	var order []string
	labels := map[string][]string{}
	for _, r := range rows {
		why := Sentence(rowReason(r))
		if why == "" {
			continue
		}
		if labels[why] == nil {
			order = append(order, why)
		}
		labels[why] = append(labels[why], rowLabel(r))
	}
	var out []string
	for _, why := range order {
		which := text.List(labels[why])
		if len(labels[why]) == len(rows) {
			which = "All metrics"
		}
		out = append(out, which+": "+why)
	}
	return append(append(out, bracketNotes(rows)...), deviationNote(rows)...)
}

// bracketNotes say where noise can have changed a figure by more than its interval shows.
func bracketNotes(rows []regress.Row) []string {
	var out []string
	for _, r := range rows {
		if b := r.Bracketed; b != nil && r.Ratio != nil && (change(b.Low) != change(r.Ratio.Low) || change(b.High) != change(r.Ratio.High)) {
			did := "stolen CPU time, a late generator and other programs did"
			if r.NoiseUnknown != "" {
				did = "the noise did that was measured"
			}
			out = append(out, fmt.Sprintf("%s: %s to %s whatever %s", rowLabel(r), change(b.Low), change(b.High), did))
		}
	}
	return out
}

// deviationNote says how much runs differ, where several show it.
func deviationNote(rows []regress.Row) []string {
	var of []string
	freedom := 0
	for _, r := range rows {
		if r.Deviation != nil {
			of = append(of, fmt.Sprintf("%s %s %%", Name(r.Title), number.Short(100*r.Deviation.Between)))
			freedom = max(freedom, r.Deviation.Freedom)
		}
	}
	if of == nil {
		return nil
	}
	return []string{fmt.Sprintf("Runs of the same thing deviate by this much more than trials explain (%s of freedom); the intervals include it: %s",
		number.Plural(freedom, "degree"), strings.Join(of, ", "))}
}

// OneRun reports whether nothing shows how much runs differ, though some figures were compared.
func OneRun(c regress.Comparison) bool {
	compared := false
	for _, r := range c.Rows {
		if r.Deviation != nil {
			return false
		}
		compared = compared || r.Ratio != nil
	}
	return compared
}

// CompareNotes are below the tables of a comparison.
func CompareNotes(c regress.Comparison) []string {
	out := onlyWords(c)
	if OneRun(c) {
		out = append(out, "The runs don't show how much runs of the same thing differ, so the intervals leave that out: a change may be that alone. "+
			"Compare two runs a side or more, or add runs of one thing with --same.")
	}
	if n := noiseOfRuns("They count. A line below each table says what noise can have changed.", slices.Concat(c.Old, c.New)...); n != "" {
		out = append(out, n)
	}
	return append(out, meansNote)
}

// noiseOfRuns says which runs have noisy trials, and what that means; nothing where none has.
func noiseOfRuns(means string, runs ...regress.Subject) string {
	// mostRuns is how many a sentence can name.
	const mostRuns = 5
	var noisy []string
	for _, s := range runs {
		if s.Noisy > 0 {
			noisy = append(noisy, fmt.Sprintf("%d of %s of run %s", s.Noisy, number.Plural(s.Trials, "trial"), Name(s.Run)))
		}
	}
	if len(noisy) == 0 {
		return ""
	}
	which := text.List(noisy[:min(len(noisy), mostRuns)])
	if more := len(noisy) - mostRuns; more > 0 {
		which = fmt.Sprintf("%s, and trials of %s", strings.Join(noisy[:mostRuns], ", "), number.Plural(more, "more run"))
	}
	return fmt.Sprintf("Noisy by stolen CPU time, a late generator or other programs: %s. %s", which, means)
}

func onlyWords(c regress.Comparison) []string {
	var out []string
	for _, x := range []struct {
		side  string
		cells []regress.Cell
	}{{"old", c.OnlyOld}, {"new", c.OnlyNew}} {
		var names []string
		for _, cell := range x.cells {
			names = append(names, Name(cell.String()))
		}
		if len(names) > 0 {
			out = append(out, fmt.Sprintf("Only in the %s runs: %s.", x.side, text.List(names)))
		}
	}
	return out
}
