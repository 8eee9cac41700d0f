package chart

import (
	"fmt"
	"math"
	"strconv"

	gochart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Blue and orange stay apart for every common kind of colour blindness, and in grey.
var (
	paperColour     = drawing.Color{R: 255, G: 255, B: 255, A: 255}
	textColour      = drawing.Color{R: 28, G: 32, B: 38, A: 255}
	mutedColour     = drawing.Color{R: 92, G: 99, B: 110, A: 255}
	gridColour      = drawing.Color{R: 222, G: 225, B: 230, A: 255}
	baselineColour  = drawing.Color{R: 217, G: 130, B: 43, A: 255}
	candidateColour = drawing.Color{R: 47, G: 111, B: 178, A: 255}
	neutralColour   = drawing.Color{R: 140, G: 146, B: 156, A: 255}
)

// bars is a series of the library: bars in groups, with whiskers, single trials and names. The library's own bar
// chart knows neither groups nor intervals.
type bars struct {
	figure Figure
	dpi    float64
	// style has the chart's font. It is set for each text, since drawing a box takes it from the renderer.
	style gochart.Style
}

func (bars) GetName() string               { return "bars" }
func (bars) GetYAxis() gochart.YAxisType   { return gochart.YAxisSecondary }
func (bars) GetStyle() gochart.Style       { return gochart.Style{} }
func (bars) Validate() error               { return nil }
func (b bars) px(points float64) int       { return int(math.Round(points * b.dpi / 72)) }
func (b bars) stroke(hair float64) float64 { return math.Max(1, hair*b.dpi/96) }

// Render draws the series, its title and its legend onto the box that the library has left within the axes.
func (b bars) Render(r gochart.Renderer, box gochart.Box, xs, ys gochart.Range, style gochart.Style) {
	b.style = style
	b.head(r, box)
	legend, foot := b.figure.legend(), 0.0
	if b.figure.numbered() {
		foot = numberLine
	}
	room := box.Width() / max(1, len(b.figure.Groups))
	for i, g := range b.figure.Groups {
		from := box.Left + xs.Translate(float64(i))
		thick := min(b.px(58), room*7/10/len(g.Bars))
		at := from + (room-thick*len(g.Bars))/2
		for _, bar := range g.Bars {
			b.bar(r, box, ys, bar, at, thick)
			if foot > 0 {
				b.centred(r, strconv.Itoa(place(legend, bar)+1), at+thick/2, box.Bottom+b.px(numberLine), thick, 7, mutedColour)
			}
			at += thick
		}
		centre := from + room/2
		b.centred(r, g.Label, centre, box.Bottom+b.px(14+foot), room, 9, textColour)
		b.centred(r, g.Note, centre, box.Bottom+b.px(27+foot), room, 8, mutedColour)
	}
	b.words(r, b.fit(r, b.figure.Source, 7, box.Right-b.px(14)), b.px(14), box.Bottom+b.px(46+foot), 7, mutedColour)
	r.SetStrokeColor(mutedColour)
	r.SetStrokeWidth(b.stroke(1))
	zero := box.Bottom - ys.Translate(0)
	r.MoveTo(box.Left, zero)
	r.LineTo(box.Right, zero)
	r.Stroke()
}

// numberLine and legendLine are the heights of a line of numbers below the bars and of one of the legend, in points.
const (
	numberLine = 9.0
	legendLine = 14.0
)

// head writes the title, the legend, and the unit where the axis ends.
func (b bars) head(r gochart.Renderer, box gochart.Box) {
	b.words(r, b.fit(r, b.figure.Title, 12, box.Right-b.px(14)), b.px(14), b.px(20), 12, textColour)
	legend, numbered := b.figure.legend(), b.figure.numbered()
	x, y, column := b.px(14), b.px(40), (box.Right-b.px(14))/legendColumns
	for i, bar := range legend {
		name := text.Clean(bar.Name, 32)
		if numbered {
			name = fmt.Sprintf("%d %s", i+1, name)
		}
		if len(legend) >= legendColumns {
			x, y = b.px(14)+i%legendColumns*column, b.px(40+legendLine*float64(i/legendColumns))
			name = b.fit(r, name, 9, column-b.px(20))
		}
		side := b.px(8)
		b.rect(r, gochart.Box{Left: x, Top: y - side, Right: x + side, Bottom: y}, colour(bar.Side))
		b.words(r, name, x+b.px(12), y, 9, textColour)
		x += b.px(12) + b.measure(r, name, 9) + b.px(20)
	}
	says := b.figure.Unit + "; bar: median over trials; whisker: " + b.figure.Whisker + "; dots: trials"
	b.words(r, b.fit(r, says, 8, box.Right-b.px(14)), b.px(14), y+b.px(16), 8, mutedColour)
}

func (b bars) bar(r gochart.Renderer, box gochart.Box, ys gochart.Range, bar mark.Bar, left, thick int) {
	y := func(v float64) int { return box.Bottom - ys.Translate(v) }
	gap := max(1, thick/12)
	b.rect(r, gochart.Box{Left: left + gap, Top: y(max(bar.Value, 0)), Right: left + thick - gap, Bottom: y(min(bar.Value, 0))}, colour(bar.Side))
	centre, arm := left+thick/2, thick/8
	r.SetStrokeColor(textColour)
	r.SetStrokeWidth(b.stroke(1.5))
	whisker := [][4]int{
		{centre, y(bar.Low), centre, y(bar.High)},
		{centre - arm, y(bar.Low), centre + arm, y(bar.Low)},
		{centre - arm, y(bar.High), centre + arm, y(bar.High)},
	}
	if len(bar.Dots) == 1 {
		whisker = nil // one trial has no interval
	}
	for _, l := range whisker {
		r.MoveTo(l[0], l[1])
		r.LineTo(l[2], l[3])
		r.Stroke()
	}
	// Trials are next to the whisker, each at its own place, so that none hides another.
	for i, d := range bar.Dots {
		x := left + thick*5/8 + (thick/4)*i/max(1, len(bar.Dots)-1)
		r.SetFillColor(paperColour)
		r.SetStrokeColor(textColour)
		r.SetStrokeWidth(b.stroke(1))
		r.Circle(float64(b.px(1.6)), x, y(d))
		r.FillStroke()
	}
	top := min(y(max(bar.Value, 0)), y(bar.High))
	for _, d := range bar.Dots {
		top = min(top, y(d))
	}
	b.centred(r, number.Short(bar.Value), centre, top-b.px(5), thick*2, 8, textColour)
}

func (b bars) rect(r gochart.Renderer, box gochart.Box, fill drawing.Color) {
	gochart.Draw.Box(r, box, gochart.Style{FillColor: fill, StrokeColor: fill, StrokeWidth: 1})
}

func (b bars) measure(r gochart.Renderer, s string, size float64) int {
	r.SetFont(b.style.Font)
	r.SetFontSize(size)
	box := r.MeasureText(s)
	return box.Width()
}

func (b bars) words(r gochart.Renderer, s string, x, y int, size float64, c drawing.Color) {
	r.SetFont(b.style.Font)
	r.SetFontSize(size)
	r.SetFontColor(c)
	// The vector renderer would paint the outline of its last shape around the letters.
	r.SetStrokeWidth(0)
	r.SetStrokeColor(drawing.Color{})
	r.Text(s, x, y)
}

func (b bars) centred(r gochart.Renderer, s string, x, y, room int, size float64, c drawing.Color) {
	s = b.fit(r, s, size, room)
	b.words(r, s, x-b.measure(r, s, size)/2, y, size, c)
}

// fit shortens s to the room that it has.
func (b bars) fit(r gochart.Renderer, s string, size float64, room int) string {
	s = text.Clean(s, 120)
	for n := len([]rune(s)); n > 4 && b.measure(r, s, size) > room; n-- {
		s = text.Clean(s, n-1)
	}
	return s
}

func colour(s mark.Side) drawing.Color {
	switch s {
	case mark.Baseline:
		return baselineColour
	case mark.Candidate:
		return candidateColour
	}
	return neutralColour
}
