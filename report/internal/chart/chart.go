// Package chart draws the chart files of a report, for slides and papers: static pictures in SVG and PNG.
//
// The library that draws them stands behind Plotter, so that the report knows figures and not pixels.
package chart

import (
	"io"
	"slices"

	"github.com/tqbench/tqbench/report/internal/mark"
)

// Figure is one chart: groups of bars from zero, up or down, one group a metric, all of one unit.
type Figure struct {
	Title  string
	Unit   string
	Groups []Group
	// Whisker says what the whiskers are, as "interval".
	Whisker string
	// Source says where the figures are from: a picture is passed around without its report.
	Source string
}

// Group is the bars of one metric.
type Group struct {
	Label string
	// Note is below the label; it holds the verdict, so that a chart that is passed around alone still says
	// whether the difference is sure.
	Note string
	Bars []mark.Bar
}

// legend has one bar of each name: a group may lack a side that others have.
func (f Figure) legend() []mark.Bar {
	var out []mark.Bar
	for _, g := range f.Groups {
		for _, b := range g.Bars {
			if place(out, b) < 0 {
				out = append(out, b)
			}
		}
	}
	return out
}

// place is where a legend has a bar, or -1.
func place(legend []mark.Bar, b mark.Bar) int {
	return slices.IndexFunc(legend, func(x mark.Bar) bool { return x.Name == b.Name && x.Side == b.Side })
}

// legendColumns is into how many columns a legend of as many names or more is laid, so that it stays within the picture.
const legendColumns = 3

// legendRows is how many lines the legend takes.
func (f Figure) legendRows() int {
	n := len(f.legend())
	if n < legendColumns {
		return 1
	}
	return (n + legendColumns - 1) / legendColumns
}

// numbered tells whether two of the legend's bars have one colour: then numbers tell them apart.
func (f Figure) numbered() bool {
	seen := map[mark.Side]bool{}
	for _, b := range f.legend() {
		if seen[b.Side] {
			return true
		}
		seen[b.Side] = true
	}
	return false
}

// Plotter draws a figure.
type Plotter interface {
	SVG(w io.Writer, f Figure) error
	PNG(w io.Writer, f Figure) error
}

// Drawable is the part of a figure that has data: bars with trials and finite values. Its second result is false
// where nothing is left.
func Drawable(f Figure) (Figure, bool) {
	var groups []Group
	for _, g := range f.Groups {
		var bars []mark.Bar
		for _, b := range g.Bars {
			if len(b.Dots) > 0 && mark.Finite(b.Value, b.Low, b.High) && mark.Finite(b.Dots...) {
				bars = append(bars, b)
			}
		}
		if len(bars) > 0 {
			g.Bars = bars
			groups = append(groups, g)
		}
	}
	f.Groups = groups
	return f, len(groups) > 0
}
