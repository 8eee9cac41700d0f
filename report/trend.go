package report

import (
	"bytes"
	"fmt"
	"io"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
)

// TrendTerminal writes a trend for a terminal of the given width; 0 means lines of any length.
func TrendTerminal(w io.Writer, tr regress.Trend, width int, colour bool) error {
	t := &terminal{width: width, colour: colour}
	t.wrap(styleStrong, "", trendHeadline(tr))
	for _, g := range changesByRun(tr) {
		t.b.WriteByte('\n')
		t.wrap("", "", g.title)
		for _, l := range g.lines {
			t.wrap("", "  ", l)
		}
	}
	for _, g := range seriesGroups(tr.Series) {
		t.b.WriteByte('\n')
		t.wrap("", "", cellWords(g[0].Cell))
		table := [][]string{seriesHeader()}
		for _, s := range g {
			table = append(table, seriesCells(s))
		}
		t.table(table)
		if l := leftOutRuns(tr, g[0]); l != "" {
			t.wrap("", "  ", l)
		}
	}
	for _, l := range trendNotes(tr) {
		t.wrap("", "", l)
	}
	_, err := w.Write(t.b.Bytes())
	return err
}

// TrendMarkdown writes a trend for a page or a pull request.
func TrendMarkdown(w io.Writer, tr regress.Trend) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "## Task queue benchmark: trend\n\n**%s**\n", markdown(trendHeadline(tr)))
	for _, g := range changesByRun(tr) {
		fmt.Fprintf(&b, "\n%s\n\n", markdown(g.title))
		for _, l := range g.lines {
			fmt.Fprintf(&b, "- %s\n", markdown(l))
		}
	}
	for _, g := range seriesGroups(tr.Series) {
		fmt.Fprintf(&b, "\n### %s\n\n", markdown(cellWords(g[0].Cell)))
		h := seriesHeader()
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n|---|--:|--:|--:|--:|\n", h[0], h[1], h[2], h[3], h[4])
		for _, s := range g {
			r := seriesCells(s)
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", markdown(r[0]), r[1], r[2], r[3], r[4])
		}
		if l := leftOutRuns(tr, g[0]); l != "" {
			fmt.Fprintf(&b, "\n%s\n", markdown(l))
		}
	}
	for _, l := range append(trendNotes(tr), paragraph(tr.Rule)) {
		fmt.Fprintf(&b, "\n%s\n", markdown(l))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func trendHeadline(tr regress.Trend) string {
	n := 0
	for _, s := range tr.Series {
		n += len(s.ChangePoints)
	}
	first, last := tr.Runs[0].Began.UTC(), tr.Runs[len(tr.Runs)-1].Began.UTC()
	return fmt.Sprintf("%s from %s to %s: %s in %d series.", number.Plural(len(tr.Runs), "run"), first.Format("2006-01-02"),
		last.Format("2006-01-02"), number.Plural(n, "change point"), len(tr.Series))
}

// runChanges is what changed with one run: a title, and a line for each series and for each thing that else differs.
type runChanges struct {
	title string
	lines []string
}

// changesByRun gathers the change points of all series by the run that they begin with, the newest first. Where runs are
// missing from a series, the run before isn't the same for all; what differs is told of the one next before.
func changesByRun(tr regress.Trend) []runChanges {
	var out []runChanges
	for i := len(tr.Runs) - 1; i >= 0; i-- {
		run := tr.Runs[i]
		g := runChanges{title: fmt.Sprintf("Since run %s of %s:", name(run.Run), run.Began.UTC().Format("2006-01-02 15:04 UTC"))}
		for _, s := range tr.Series {
			for _, c := range s.ChangePoints {
				if c.Run == i {
					g.lines = append(g.lines, changeWords(s, c))
				}
			}
		}
		if g.lines == nil {
			continue
		}
		for _, d := range run.Differences {
			g.lines = append(g.lines, "differs from the run before: "+differenceWords(d))
		}
		out = append(out, g)
	}
	return out
}

func changeWords(s regress.Series, c regress.ChangePoint) string {
	how := "worse"
	if c.Better {
		how = "better"
	}
	change := ""
	if c.Ratio != nil {
		change = fmt.Sprintf(", %s (95 %% interval %s to %s)", regress.Change(c.Ratio.Estimate), regress.Change(c.Ratio.Low), regress.Change(c.Ratio.High))
	}
	return fmt.Sprintf("%s: %s of %s on %s in %s from %s to %s%s; p = %.2g, corrected for the search", how, name(s.Title), name(s.Arm),
		name(s.Broker), name(s.Scenario), number.Short(c.Before), withUnit(c.After, s.Unit), change, c.CorrectedP)
}

func seriesHeader() []string {
	return []string{"median of a run", "runs", "first", "newest", "change points"}
}

func seriesCells(s regress.Series) []string {
	first, last := "-", "-"
	if n := len(s.Points); n > 0 {
		first, last = number.Short(s.Points[0].Median), number.Short(s.Points[n-1].Median)
	}
	return []string{titleWithUnit(s.Title, s.Unit), number.Count(int64(len(s.Points))), first, last, number.Count(int64(len(s.ChangePoints)))}
}

// seriesGroups are the series of each cell.
func seriesGroups(series []regress.Series) [][]regress.Series {
	return byCell(series, func(s regress.Series) regress.Cell { return s.Cell })
}

func leftOutRuns(tr regress.Trend, s regress.Series) string {
	if len(s.LeftOut) == 0 {
		return ""
	}
	var names []string
	for _, i := range s.LeftOut {
		names = append(names, name(tr.Runs[i].Run))
	}
	return fmt.Sprintf("Left out, since they don't ask what the newest run does: %s (%s).", text.List(names), sentence(s.Why))
}

func trendNotes(tr regress.Trend) []string {
	var names []string
	for _, s := range tr.Skipped {
		names = append(names, sentence(s))
	}
	var out []string
	if len(names) > 0 {
		out = append(out, "Not read, since they have no analysis: "+text.List(names)+".")
	}
	var subjects []regress.Subject
	for _, r := range tr.Runs {
		subjects = append(subjects, r.Subject)
	}
	if n := noiseOfRuns(subjects...); n != "" {
		out = append(out, n)
	}
	return out
}
