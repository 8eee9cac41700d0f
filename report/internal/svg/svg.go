// Package svg draws the charts of the page as inline SVG.
//
// A chart says all that it shows in its description, so that it can be read without being seen; it takes its colours
// from the page's style, so that it follows light, dark and print; and it tells sides apart by dash, shape and name as
// well as by colour.
package svg

import (
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/axis"
	"github.com/tqbench/tqbench/report/internal/mark"
)

// The drawing is narrow, so that its letters stay readable when a telephone scales it down.
const (
	width  = 460.0
	height = 312.0
	left   = 58.0
	right  = 14.0
	top    = 52.0
	bottom = 46.0
	// nameLength is how much of a name fits next to another in a legend.
	nameLength = 26
)

// canvas collects the elements of one drawing.
type canvas struct{ b strings.Builder }

// draw makes a drawing of what fill puts on the canvas. The id is unique on the page.
func draw(id, title, description string, high float64, fill func(*canvas)) string {
	c := &canvas{}
	c.raw(`<svg class="chart" viewBox="0 0 `, coord(width), ` `, coord(high), `" role="img" aria-labelledby="`,
		html.EscapeString(id), `-t `, html.EscapeString(id), `-d">`)
	c.raw(`<title id="`, html.EscapeString(id), `-t">`, html.EscapeString(title), `</title>`)
	c.raw(`<desc id="`, html.EscapeString(id), `-d">`, html.EscapeString(description), `</desc>`)
	fill(c)
	c.raw(`</svg>`)
	return c.b.String()
}

func (c *canvas) raw(parts ...string) {
	for _, p := range parts {
		c.b.WriteString(p)
	}
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	c.raw(`<line class="`, class, `" x1="`, coord(x1), `" y1="`, coord(y1), `" x2="`, coord(x2), `" y2="`, coord(y2), `"/>`)
}

func (c *canvas) rect(class string, x, y, w, h float64) {
	c.raw(`<rect class="`, class, `" x="`, coord(x), `" y="`, coord(y), `" width="`, coord(max(w, 0)), `" height="`,
		coord(max(h, 0)), `"/>`)
}

func (c *canvas) path(class, d string) { c.raw(`<path class="`, class, `" d="`, d, `"/>`) }

// dot is round for the candidate and square for the baseline.
func (c *canvas) dot(side mark.Side, x, y float64) {
	const r = 2.6
	if side == mark.Baseline {
		c.rect("dot "+class(side), x-r, y-r, 2*r, 2*r)
		return
	}
	c.raw(`<circle class="dot `, class(side), `" cx="`, coord(x), `" cy="`, coord(y), `" r="`, coord(r), `"/>`)
}

func (c *canvas) text(class, anchor string, x, y float64, s string) {
	c.raw(`<text class="`, class, `" text-anchor="`, anchor, `" x="`, coord(x), `" y="`, coord(y), `">`,
		html.EscapeString(s), `</text>`)
}

// polyline is the path through points.
func polyline(points [][2]float64) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(coord(p[0]))
		b.WriteByte(' ')
		b.WriteString(coord(p[1]))
	}
	return b.String()
}

// legend names two lines above the plot, each with its dash.
func (c *canvas) legend(lines []mark.Line) {
	x := 2.0
	for _, l := range lines {
		c.line("line "+class(l.Side), x, 11, x+28, 11)
		c.text("name", "start", x+34, 15, text.Clean(l.Name, nameLength))
		x += width / 2
	}
}

// frame draws both axes with their ticks and titles.
func (c *canvas) frame(xs, ys []axis.Tick, x, y axis.Scale, xTitle, yTitle string) {
	c.text("axis", "start", 2, top-14, yTitle)
	for _, t := range ys {
		c.line("grid", left, y(t.Value), width-right, y(t.Value))
		c.text("tick", "end", left-7, y(t.Value)+4, t.Label)
	}
	base := height - bottom
	c.line("base", left, base, width-right, base)
	for _, t := range xs {
		c.line("base", x(t.Value), base, x(t.Value), base+4)
		c.text("tick", "middle", x(t.Value), base+18, t.Label)
	}
	c.text("axis", "middle", (left+width-right)/2, height-6, xTitle)
}

// class is the style class of a side.
func class(s mark.Side) string {
	switch s {
	case mark.Baseline:
		return "base-side"
	case mark.Candidate:
		return "cand-side"
	}
	return "no-side"
}

var pathData = regexp.MustCompile(` d="M[^"]*"`)

// Coarse gives the paths of a drawing whole coordinates, each counted from the one before: a third of the letters, for
// pages that must be small. It reads what polyline writes.
func Coarse(drawing string) string {
	return pathData.ReplaceAllStringFunc(drawing, func(attribute string) string {
		data, closed := strings.CutSuffix(strings.TrimSuffix(strings.TrimPrefix(attribute, ` d="M`), `"`), "Z")
		var b strings.Builder
		lastX, lastY := 0, 0
		for i, point := range strings.Split(data, "L") {
			xs, ys, _ := strings.Cut(point, " ")
			x, errX := strconv.ParseFloat(xs, 64)
			y, errY := strconv.ParseFloat(ys, 64)
			if errX != nil || errY != nil {
				return attribute
			}
			dx, dy := int(math.Round(x))-lastX, int(math.Round(y))-lastY
			lastX, lastY = lastX+dx, lastY+dy
			switch i {
			case 0:
				b.WriteByte('m')
			case 1:
				b.WriteByte('l')
			default:
				if dx >= 0 {
					b.WriteByte(' ')
				}
			}
			b.WriteString(strconv.Itoa(dx))
			if dy >= 0 {
				b.WriteByte(' ')
			}
			b.WriteString(strconv.Itoa(dy))
		}
		if closed {
			b.WriteByte('z')
		}
		return ` d="` + b.String() + `"`
	})
}

// coord writes a coordinate to a tenth of a unit, which is finer than any screen shows.
func coord(v float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
}
