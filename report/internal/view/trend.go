package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
)

func TrendHeadline(tr regress.Trend) string {
	n := 0
	for _, s := range tr.Series {
		n += len(s.ChangePoints)
	}
	first, last := tr.Runs[0].Began.UTC(), tr.Runs[len(tr.Runs)-1].Began.UTC()
	when := fmt.Sprintf("from %s to %s", first.Format("2006-01-02"), last.Format("2006-01-02"))
	if first.IsZero() {
		when = "in the order of their paths"
		if !last.IsZero() {
			when += ", then of their dates to " + last.Format("2006-01-02")
		}
	}
	return fmt.Sprintf("%s %s: %s in %d series.", number.Plural(len(tr.Runs), "run"), when, number.Plural(n, "sure change"), len(tr.Series))
}

// RunChanges is what changed with one run: a title, and a line for each series and for each thing that else differs.
type RunChanges struct {
	Title string
	Lines []string
}

// ChangesByRun gathers the change points of all series by the run that they begin with, the newest first. Where runs are
// missing from a series, the run before isn't the same for all; what differs is that from the one next before.
func ChangesByRun(tr regress.Trend) []RunChanges {
	var out []RunChanges
	for i := len(tr.Runs) - 1; i >= 0; i-- {
		run := tr.Runs[i]
		g := RunChanges{Title: fmt.Sprintf("Since run %s%s:", runName(run.Subject), onDay(" of ", run.Began))}
		for _, s := range tr.Series {
			for _, c := range s.ChangePoints {
				if c.Run == i {
					g.Lines = append(g.Lines, ChangeWords(tr, s, c))
				}
			}
		}
		if g.Lines == nil {
			continue
		}
		for _, d := range run.Differences {
			g.Lines = append(g.Lines, "differs from the run before: "+DifferenceWords(d))
		}
		out = append(out, g)
	}
	return out
}

// runName is a run's id, or where it is if that is all that is known of it.
func runName(s regress.Subject) string {
	if s.Began.IsZero() {
		return Sentence(s.Path)
	}
	return Name(s.Run)
}

// ChangeWords is the sentence of a change.
func ChangeWords(tr regress.Trend, s regress.Series, c regress.ChangePoint) string {
	how := "worse"
	if c.Better {
		how = "better"
	}
	by := ""
	if c.Ratio != nil {
		by = fmt.Sprintf(", %s (95 %% interval %s to %s)", change(c.Ratio.Estimate), change(c.Ratio.Low), change(c.Ratio.High))
	}
	sure := "sure with run " + runName(tr.Runs[c.Sure].Subject)
	if c.New {
		sure = "new: " + sure
	}
	return fmt.Sprintf("%s: %s from %s to %s%s; %s", how, cellTitle(s.Title, s.Cell), number.Short(c.Before), withUnit(c.After, s.Unit), by, sure)
}

// ChangeMark is a change in a few words: by how much, and since when.
func ChangeMark(tr regress.Trend, c regress.ChangePoint) string {
	by := "changed"
	if c.Ratio != nil {
		by = change(c.Ratio.Estimate)
	}
	if c.New {
		by = "new: " + by
	}
	run := tr.Runs[c.Run].Subject
	if run.Began.IsZero() {
		return by + " since " + runName(run)
	}
	return by + " since " + run.Began.UTC().Format("2006-01-02")
}

func SeriesHeader() []string {
	return []string{"median of a run", "runs", "first", "newest", "changes"}
}

func SeriesCells(s regress.Series) []string {
	first, last := "-", "-"
	if n := len(s.Points); n > 0 {
		first, last = number.Short(s.Points[0].Median), number.Short(s.Points[n-1].Median)
	}
	return []string{titleWithUnit(s.Title, s.Unit), number.Count(int64(len(s.Points))), first, last, number.Count(int64(len(s.ChangePoints)))}
}

// SeriesGroups are the series of each cell.
func SeriesGroups(series []regress.Series) [][]regress.Series {
	return byCell(series, func(s regress.Series) regress.Cell { return s.Cell })
}

func LeftOutRuns(tr regress.Trend, s regress.Series) string {
	if len(s.LeftOut) == 0 || s.Why == nil {
		return ""
	}
	var names []string
	for _, i := range s.LeftOut {
		names = append(names, runName(tr.Runs[i].Subject))
	}
	return fmt.Sprintf("Left out, since they don't ask what the newest run does: %s (%s).", text.List(names), Sentence(differs(*s.Why)))
}

// PartsWords says what a series is split by, and which values follow each other; nothing for one part.
func PartsWords(s regress.Series) string {
	if len(s.Parts) < 2 {
		return ""
	}
	var by []string
	for _, x := range []struct {
		what string
		of   func(regress.Environment) string
	}{
		{"CPU", func(e regress.Environment) string { return e.CPU }}, {"kernel", func(e regress.Environment) string { return e.Kernel }},
		{"broker", func(e regress.Environment) string { return e.Broker }}, {"tqbench", func(e regress.Environment) string { return e.Tqbench }},
	} {
		var values []string
		for _, e := range s.Parts {
			if v := cmp.Or(x.of(e), "unknown"); !slices.Contains(values, v) {
				values = append(values, v)
			}
		}
		if len(values) > 1 {
			by = append(by, fmt.Sprintf("%s (%s)", x.what, strings.Join(values, ", ")))
		}
	}
	return Sentence(fmt.Sprintf("Changes are looked for within each of %d sets of runs, which differ in %s", len(s.Parts), text.List(by)))
}

// LeftOutWords says why a file isn't part of a trend.
func LeftOutWords(l regress.LeftOut) string {
	return fmt.Sprintf("Left out: %s: %s", Sentence(l.Path), Sentence(l.Why))
}

func TrendNotes(tr regress.Trend) []string {
	var names []string
	for _, s := range tr.Skipped {
		names = append(names, Sentence(s))
	}
	var out []string
	if len(names) > 0 {
		out = append(out, "Not read, since they have no analysis: "+text.List(names)+".")
	}
	var subjects []regress.Subject
	for _, r := range tr.Runs {
		subjects = append(subjects, r.Subject)
	}
	if n := noiseOfRuns("They count, and nothing is bracketed between runs: where one run was noisier than another, part of a difference may be that.", subjects...); n != "" {
		out = append(out, n)
	}
	return out
}
