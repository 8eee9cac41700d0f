package html

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/regress"
	"github.com/tqbench/tqbench/report/internal/number"
	"github.com/tqbench/tqbench/report/internal/view"
)

// trendPage is a trend in words, rounded figures and lines.
type trendPage struct {
	Style    template.CSS
	Headline string
	Worse    []string
	Changes  []view.RunChanges
	Cells    []trendCell
	Notes    []string
}

type trendCell struct {
	Title string
	Rows  []trendRow
	Notes []string
}

type trendRow struct {
	Title               string
	Line                template.HTML
	Runs, First, Newest string
	Marks               []trendMark
}

// trendMark is a sure change.
type trendMark struct {
	Better bool
	Words  string
}

// Trend writes a trend as one page that asks for nothing from elsewhere, with a line for each series.
func Trend(w io.Writer, tr regress.Trend) error {
	style, err := Style()
	if err != nil {
		return err
	}
	return executeTrend(w, "trend.tmpl", newTrendPage(tr, template.CSS(style)))
}

// TrendBody writes the content of the page of a trend, for a page that has the style sheet.
func TrendBody(w io.Writer, tr regress.Trend) error {
	return executeTrend(w, "trend-body", newTrendPage(tr, ""))
}

func executeTrend(w io.Writer, name string, p trendPage) error {
	t, err := template.ParseFS(templates, "templates/history/trend.tmpl")
	if err != nil {
		return fmt.Errorf("templates: %w", err)
	}
	if err := t.ExecuteTemplate(w, name, p); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

func newTrendPage(tr regress.Trend, style template.CSS) trendPage {
	p := trendPage{Style: style, Headline: view.TrendHeadline(tr), Changes: view.ChangesByRun(tr), Notes: append(view.TrendNotes(tr), view.Paragraph(tr.Rule))}
	series, changes := tr.Worse()
	for i := range changes {
		p.Worse = append(p.Worse, view.Sentence(view.ChangeWords(tr, series[i], changes[i])))
	}
	for _, g := range view.SeriesGroups(tr.Series) {
		c := trendCell{Title: view.CellWords(g[0].Cell)}
		for _, s := range g {
			cells := view.SeriesCells(s)
			r := trendRow{Title: cells[0], Runs: cells[1], First: cells[2], Newest: cells[3], Line: spark(s)}
			for _, x := range s.ChangePoints {
				r.Marks = append(r.Marks, trendMark{Better: x.Better, Words: view.ChangeMark(tr, x)})
			}
			c.Rows = append(c.Rows, r)
		}
		for _, n := range []string{view.LeftOutRuns(tr, g[0]), view.PartsWords(g[0])} {
			if n != "" {
				c.Notes = append(c.Notes, n)
			}
		}
		p.Cells = append(p.Cells, c)
	}
	for _, l := range tr.LeftOut {
		p.Notes = append(p.Notes, view.LeftOutWords(l))
	}
	return p
}

// The size of a line's picture, in its own units.
const (
	sparkWidth  = 320
	sparkHeight = 60
	sparkMargin = 4
)

// spark draws a series: a line for the medians of each part, and a mark for each sure change. Everything in it is a number or a word of ours.
func spark(s regress.Series) template.HTML {
	if len(s.Points) < 2 {
		return "-"
	}
	low, high := s.Points[0].Median, s.Points[0].Median
	for _, p := range s.Points {
		low, high = min(low, p.Median), max(high, p.Median)
	}
	first, last := s.Points[0].Run, s.Points[len(s.Points)-1].Run
	x := func(run int) string {
		return place(sparkMargin + float64(run-first)/float64(last-first)*(sparkWidth-2*sparkMargin))
	}
	y := func(v float64) string {
		if high == low {
			return place(sparkHeight / 2)
		}
		return place(sparkHeight - sparkMargin - (v-low)/(high-low)*(sparkHeight-2*sparkMargin))
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %d %d" preserveAspectRatio="none" role="img" aria-label="%s">`, sparkWidth, sparkHeight,
		template.HTMLEscapeString(fmt.Sprintf("Medians of %s from %s to %s", number.Plural(len(s.Points), "run"), number.Short(low), number.Short(high))))
	for part := range s.Parts {
		begin := slices.IndexFunc(s.Points, func(p regress.TrendPoint) bool { return p.Part == part })
		if part > 0 && begin > 0 {
			at := x(s.Points[begin].Run)
			fmt.Fprintf(&b, `<line class="part" x1="%s" x2="%s" y1="0" y2="%d"/>`, at, at, sparkHeight)
		}
		step := "M"
		b.WriteString(`<path d="`)
		for _, p := range s.Points {
			if p.Part == part {
				b.WriteString(step + x(p.Run) + " " + y(p.Median))
				step = "L"
			}
		}
		b.WriteString(`"/>`)
	}
	for _, c := range s.ChangePoints {
		class := "worse"
		if c.Better {
			class = "better"
		}
		fmt.Fprintf(&b, `<line class="%s" x1="%s" x2="%s" y1="0" y2="%d"/>`, class, x(c.Run), x(c.Run), sparkHeight)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// place is a coordinate with one digit after the point.
func place(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
