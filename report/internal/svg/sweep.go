package svg

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/axis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Sweep draws estimates at the points along a sweep, each with its interval as a whisker; lines lead from point to point
// where a series says so, but not over one that doesn't count, and a ring is around a knee. The axis begins at zero, or is logarithmic
// where that is asked for and all values are above zero. It returns nothing where there is nothing to draw.
func Sweep(id, title, unit, along string, points []string, series []mark.Series, logarithmic bool) string {
	low, high := math.Inf(1), 0.0
	var words []string
	for _, s := range series {
		var values []string
		for i, b := range s.Points {
			if i >= len(points) || !plottable(b) {
				continue
			}
			low, high = math.Min(low, math.Min(b.Value, b.Low)), math.Max(high, math.Max(b.Value, b.High))
			more := ""
			if i+1 == s.Ring {
				more = ", the knee"
			}
			if b.Spoiled {
				more += ", not valid"
			}
			values = append(values, fmt.Sprintf("%s %s (%s, n = %d%s)", text.Clean(points[i], 20), number.Short(b.Value), number.Span(b.Low, b.High), len(b.Dots), more))
		}
		if len(values) > 0 {
			words = append(words, text.Clean(s.Name, 60)+": "+strings.Join(values, ", ")+".")
		}
	}
	ys, begins := axis.FromZero(high, 5), "from zero"
	if logarithmic = logarithmic && low > 0; logarithmic {
		ys, begins = axis.Log(low, high), "on a logarithmic axis"
	}
	if len(words) == 0 || len(ys) < 2 {
		return ""
	}
	// Names that are wider than their place stand on two lines by turns.
	const letter, line = 6.8, 17.0
	slot := (width - right - left) / float64(len(points))
	lines, room := 1.0, int(slot/letter)
	for _, p := range points {
		if utf8.RuneCountInString(text.Clean(p, 20)) > room {
			lines, room = 2, int(2*slot/letter)
			break
		}
	}
	legend := line * math.Ceil(float64(len(series))/2)
	head := top - line + legend
	base := head + height - top - bottom
	tall := base + bottom + line*(lines-1)
	y := axis.Linear(0, ys[len(ys)-1].Value, base, head)
	if logarithmic {
		y = axis.Logarithmic(ys[0].Value, ys[len(ys)-1].Value, base, head)
		unit += " (log scale)"
	}
	place := func(i, n int) float64 {
		apart := math.Min(10, slot/float64(len(series)+1))
		return left + slot*(float64(i)+0.5) + apart*(float64(n)-float64(len(series)-1)/2)
	}
	return draw(id, title, unit+" "+begins+", by point. "+strings.Join(words, " "), tall, func(c *canvas) {
		for n, s := range series {
			x, at := 8+width/2*float64(n%2), 11+line*float64(n/2)
			c.line("line "+class(s.Side), x-6, at, x+22, at)
			c.shape(n, class(s.Side), x+8, at)
			c.text("name", "start", x+30, at+4, text.Clean(s.Name, nameLength))
		}
		c.text("axis", "start", 2, head-14, unit)
		for _, t := range ys {
			c.line("grid", left, y(t.Value), width-right, y(t.Value))
			c.text("tick", "end", left-7, y(t.Value)+4, t.Label)
		}
		c.line("base", left, base, width-right, base)
		for i, p := range points {
			down := math.Mod(float64(i), lines)
			c.text("tick", "middle", left+slot*(float64(i)+0.5), base+16+line*down, text.Clean(p, max(room, 2)))
		}
		c.text("axis", "middle", (left+width-right)/2, tall-6, along)
		for n, s := range series {
			var run [][2]float64
			flush := func() {
				if len(run) > 1 {
					c.path("line "+class(s.Side), polyline(run))
				}
				run = nil
			}
			for i, b := range s.Points {
				counts := i < len(points) && plottable(b) && !b.Spoiled
				if !counts || i >= len(s.Joined) || !s.Joined[i] {
					flush()
				}
				if counts {
					run = append(run, [2]float64{place(i, n), y(b.Value)})
				}
			}
			flush()
		}
		for n, s := range series {
			for i, b := range s.Points {
				if i >= len(points) || !plottable(b) {
					continue
				}
				x := place(i, n)
				c.line("whisker", x, y(b.Low), x, y(b.High))
				c.line("whisker", x-3, y(b.Low), x+3, y(b.Low))
				c.line("whisker", x-3, y(b.High), x+3, y(b.High))
				style := class(s.Side)
				if b.Spoiled {
					style = class(mark.Neutral) + " spoiled"
				}
				c.shape(n, style, x, y(b.Value))
				if i+1 == s.Ring {
					c.raw(`<circle class="ring `, class(s.Side), `" cx="`, coord(x), `" cy="`, coord(y(b.Value)), `" r="8"/>`)
				}
			}
		}
	})
}

// plottable tells whether a mark has trials and a place above zero.
func plottable(b mark.Bar) bool {
	return len(b.Dots) > 0 && mark.Finite(b.Value, b.Low, b.High) && b.Value >= 0 && b.Low >= 0
}

// shape is a mark of the n-th series, which is distinguished by its form: square, circle, triangle, diamond, or a triangle on its head. The next
// ones have the same forms, filled.
func (c *canvas) shape(n int, style string, x, y float64) {
	const r, forms = 3.4, 5
	style = "dot " + style
	if n/forms%2 == 1 {
		style += " full"
	}
	switch n % forms {
	case 0:
		c.rect(style, x-r, y-r, 2*r, 2*r)
	case 1:
		c.raw(`<circle class="`, style, `" cx="`, coord(x), `" cy="`, coord(y), `" r="`, coord(r), `"/>`)
	case 2:
		c.path(style, polyline([][2]float64{{x, y - 1.3*r}, {x + 1.2*r, y + r}, {x - 1.2*r, y + r}})+"Z")
	case 3:
		c.path(style, polyline([][2]float64{{x, y - 1.4*r}, {x + 1.4*r, y}, {x, y + 1.4*r}, {x - 1.4*r, y}})+"Z")
	case 4:
		c.path(style, polyline([][2]float64{{x, y + 1.3*r}, {x - 1.2*r, y - r}, {x + 1.2*r, y - r}})+"Z")
	}
}
