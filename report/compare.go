package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
)

// CompareTerminal writes a comparison of two runs for a terminal of the given width; 0 means lines of any length.
func CompareTerminal(w io.Writer, c regress.Comparison, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.wrap(styleStrong, "", compareHeadline(c))
	t.wrap("", "  ", "old: "+subjectWords(c.Old))
	t.wrap("", "  ", "new: "+subjectWords(c.New))
	for _, d := range c.Decisions {
		t.wrap("", "", fmt.Sprintf("%s: %s: %s", strings.ToUpper(name(d.Outcome)), sentence(d.Threshold), sentence(d.Sentence)))
	}
	if len(c.Differences) > 0 {
		t.b.WriteByte('\n')
		t.wrap("", "", "What else differs:")
		for _, d := range c.Differences {
			t.wrap("", "  ", differenceWords(d))
		}
	}
	for _, g := range rowGroups(c.Rows) {
		t.b.WriteByte('\n')
		t.wrap("", "", cellWords(g[0].Cell))
		table := [][]string{{"metric", "old", "new", "change (95 % interval)", "trials"}}
		var notes []string
		for _, r := range g {
			table = append(table, rowCells(r))
			if r.Reason != "" {
				notes = append(notes, rowLabel(r)+": "+sentence(r.Reason))
			}
		}
		t.table(table)
		for _, n := range together(notes, len(g)) {
			t.wrap("", "  ", n)
		}
	}
	t.b.WriteByte('\n')
	for _, l := range compareNotes(c) {
		t.wrap("", "", l)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}

// table writes rows of figures in columns below a header; where they don't fit, each row gets lines of its own.
func (t *terminal) table(rows [][]string) {
	widths := make([]int, len(rows[0]))
	total := 2 * (len(widths) - 1)
	for col := range widths {
		for _, r := range rows {
			widths[col] = max(widths[col], utf8.RuneCountInString(r[col]))
		}
		total += widths[col]
	}
	for i, r := range rows {
		if t.width > 0 && total > t.width {
			for col := range r {
				switch {
				case i == 0:
				case col == 0:
					t.wrap("", "", r[0])
				default:
					t.wrap("", "  ", rows[0][col]+" "+r[col])
				}
			}
			continue
		}
		line := pad(r[0], widths[0], false)
		for col := 1; col < len(r); col++ {
			line += "  " + pad(r[col], widths[col], true)
		}
		t.line(line)
	}
}

// CompareMarkdown writes a comparison of two runs for a pull request.
func CompareMarkdown(w io.Writer, c regress.Comparison) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark: new run against old\n\n**%s**\n\n- old: %s\n- new: %s\n",
		markdown(compareHeadline(c)), markdown(subjectWords(c.Old)), markdown(subjectWords(c.New)))
	if len(c.Decisions) > 0 {
		b.WriteString("\n| threshold | outcome | why |\n|---|---|---|\n")
		for _, d := range c.Decisions {
			outcome := markdown(name(d.Outcome))
			if outcome != regress.Passes {
				outcome = "**" + outcome + "**"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", markdown(sentence(d.Threshold)), outcome, markdown(sentence(d.Sentence)))
		}
	}
	if len(c.Differences) > 0 {
		b.WriteString("\n### What else differs\n\n")
		for _, d := range c.Differences {
			fmt.Fprintf(&b, "- %s\n", markdown(differenceWords(d)))
		}
	}
	for _, g := range rowGroups(c.Rows) {
		fmt.Fprintf(&b, "\n### %s\n\n| metric | old | new | change (95 %% interval) | valid trials |\n|---|--:|--:|--:|--:|\n", markdown(cellWords(g[0].Cell)))
		var notes []string
		for _, r := range g {
			cells := rowCells(r)
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", markdown(cells[0]), cells[1], cells[2], cells[3], cells[4])
			if r.Reason != "" {
				notes = append(notes, rowLabel(r)+": "+sentence(r.Reason))
			}
		}
		for i, n := range together(notes, len(g)) {
			if i == 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "- %s\n", markdown(n))
		}
	}
	for _, l := range append(compareNotes(c), paragraph(c.Rule)) {
		fmt.Fprintf(&b, "\n%s\n", markdown(l))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// CompareJUnit writes the decisions as test cases: what fails as a failure, and what can't be told as an error, since it
// was not tested.
func CompareJUnit(w io.Writer, c regress.Comparison) error {
	s := junitSuite{
		Name: "tqbench compare", Tests: len(c.Decisions), Failures: c.Count(regress.Fails), Errors: c.Count(regress.CantTell),
		Timestamp: c.New.Began.UTC().Format(time.RFC3339), Cases: []junitCase{},
	}
	for _, d := range c.Decisions {
		x := junitCase{Class: sentence(d.Cell.String()), Name: sentence(d.Threshold)}
		if d.Cell == (regress.Cell{}) {
			x.Class = "no cell"
		}
		m := &junitMessage{Message: sentence(d.Sentence), Type: name(d.Outcome)}
		switch d.Outcome {
		case regress.Fails:
			x.Failure = m
		case regress.CantTell:
			x.Error = m
		default:
			x.Out = m.Message
		}
		s.Cases = append(s.Cases, x)
	}
	return writeJUnit(w, s)
}

// meansNote says what the figures are, since reports of one run show medians.
const meansNote = "Figures are geometric means of the valid trials, or medians where a value is not above zero."

func compareHeadline(c regress.Comparison) string {
	if len(c.Decisions) == 0 {
		return "No threshold was given: this shows what changed, and decides nothing."
	}
	return fmt.Sprintf("Thresholds: %d of %d fail, %d can't be told, %d pass.", c.Count(regress.Fails), len(c.Decisions),
		c.Count(regress.CantTell), c.Count(regress.Passes))
}

func subjectWords(s regress.Subject) string {
	return fmt.Sprintf("%s, run %s of %s, tqbench %s", sentence(s.Path), name(s.Run), s.Began.UTC().Format("2006-01-02 15:04 UTC"), name(s.Tqbench))
}

func differenceWords(d regress.Difference) string {
	s := sentence(d.String())
	switch d.Effect {
	case regress.Warning:
		return "warning: " + s
	case regress.NotCompared:
		return "not compared: " + s
	}
	return s
}

func cellWords(c regress.Cell) string {
	return text.Upper(fmt.Sprintf("%s on %s, %s", name(c.Scenario), name(c.Broker), name(c.Arm)))
}

func rowLabel(r regress.Row) string {
	return titleWithUnit(r.Title, r.Unit)
}

func titleWithUnit(title, unit string) string {
	if unit == "" {
		return name(title)
	}
	return name(title) + " (" + name(unit) + ")"
}

func rowCells(r regress.Row) []string {
	side := func(s regress.Side) string {
		if len(s.Values) == 0 {
			return "-"
		}
		return number.Short(cmp.Or(s.Mean, s.Estimate.Estimate))
	}
	change := "-"
	if r.Ratio != nil {
		change = fmt.Sprintf("%s (%s to %s)", regress.Change(r.Ratio.Estimate), regress.Change(r.Ratio.Low), regress.Change(r.Ratio.High))
	}
	return []string{rowLabel(r), side(r.Old), side(r.New), change, fmt.Sprintf("%s, %s", validOf(r.Old), validOf(r.New))}
}

// validOf is how many trials count, of how many where some don't.
func validOf(s regress.Side) string {
	if len(s.Values) == s.Trials {
		return number.Count(int64(s.Trials))
	}
	return fmt.Sprintf("%d of %d", len(s.Values), s.Trials)
}

// byCell groups what stands in the order of cells by its cell.
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

// rowGroups are the rows of each cell.
func rowGroups(rows []regress.Row) [][]regress.Row {
	return byCell(rows, func(r regress.Row) regress.Cell { return r.Cell })
}

// together says once what several metrics have in common, or all that there are.
func together(notes []string, all int) []string {
	var order []string
	labels := map[string][]string{}
	for _, n := range notes {
		label, why, _ := strings.Cut(n, ": ")
		if labels[why] == nil {
			order = append(order, why)
		}
		labels[why] = append(labels[why], label)
	}
	var out []string
	for _, why := range order {
		which := text.List(labels[why])
		if len(labels[why]) == all {
			which = "All metrics"
		}
		out = append(out, which+": "+why)
	}
	return out
}

// compareNotes are below the tables of a comparison.
func compareNotes(c regress.Comparison) []string {
	out := onlyWords(c)
	if n := noiseOfRuns(c.Old, c.New); n != "" {
		out = append(out, n)
	}
	return append(out, meansNote)
}

// noiseOfRuns says which runs have noisy trials, and what that means where runs are held against each other; nothing where none has.
func noiseOfRuns(runs ...regress.Subject) string {
	// mostRuns is how many a sentence can name.
	const mostRuns = 5
	var noisy []string
	for _, s := range runs {
		if s.Noisy > 0 {
			noisy = append(noisy, fmt.Sprintf("%d of %s of run %s", s.Noisy, number.Plural(s.Trials, "trial"), name(s.Run)))
		}
	}
	if len(noisy) == 0 {
		return ""
	}
	which := text.List(noisy[:min(len(noisy), mostRuns)])
	if more := len(noisy) - mostRuns; more > 0 {
		which = fmt.Sprintf("%s, and trials of %s", strings.Join(noisy[:mostRuns], ", "), number.Plural(more, "more run"))
	}
	return fmt.Sprintf("Noisy by stolen CPU time, a late generator or other programs: %s. They count, and nothing is bracketed between runs: where one run "+
		"was noisier than another, part of a difference may be that.", which)
}

func onlyWords(c regress.Comparison) []string {
	var out []string
	for _, x := range []struct {
		side  string
		cells []regress.Cell
	}{{"old", c.OnlyOld}, {"new", c.OnlyNew}} {
		var names []string
		for _, cell := range x.cells {
			names = append(names, name(cell.String()))
		}
		if len(names) > 0 {
			out = append(out, fmt.Sprintf("Only in the %s run: %s.", x.side, text.List(names)))
		}
	}
	return out
}
