package svg

import (
	"fmt"
	"math"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/axis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Bars draws estimates from zero, each with its interval as a whisker and its single trials as dots below. Those below zero
// lead to the left. It returns nothing where there is nothing to draw.
func Bars(id, title, unit string, bars []mark.Bar) string {
	low, high := 0.0, 0.0
	var drawn []mark.Bar
	var words []string
	for _, b := range bars {
		if len(b.Dots) == 0 || !mark.Finite(b.Value, b.Low, b.High) || !mark.Finite(b.Dots...) {
			continue
		}
		drawn = append(drawn, b)
		l, h := b.Ends()
		low, high = math.Min(low, l), math.Max(high, h)
		words = append(words, fmt.Sprintf("%s: %s %s%s.", text.Clean(b.Name, 60), number.Short(b.Value), unit, spread(b, ", interval %s, n = %d")))
	}
	if len(drawn) == 0 || math.IsInf(high-low, 0) {
		return ""
	}
	const row, first, thick = 64.0, 16.0, 18.0
	tall := first + row*float64(len(drawn)) + 44
	ticks := axis.WithZero(low, high, 5)
	if len(ticks) < 2 {
		return ""
	}
	// Labels are centred on their ticks and must not run out of the drawing. A zero alone doesn't.
	begin, end := 8.0, width-30
	if low < 0 {
		begin = 30
	}
	x := axis.Linear(ticks[0].Value, ticks[len(ticks)-1].Value, begin, end)
	description := "Bars from zero. " + strings.Join(words, " ")
	return draw(id, title, description, tall, func(c *canvas) {
		base := tall - 44
		for _, t := range ticks {
			c.line("grid", x(t.Value), 4, x(t.Value), base)
			c.text("tick", "middle", x(t.Value), base+17, t.Label)
		}
		for i, b := range drawn {
			y := first + row*float64(i)
			c.text("name", "start", begin+2, y, text.Clean(b.Name, nameLength))
			c.text("value", "end", width-right, y,
				number.Short(b.Value)+spread(b, " (%s), n = %d"))
			c.rect("bar "+class(b.Side), x(math.Min(b.Value, 0)), y+8, x(math.Max(b.Value, 0))-x(math.Min(b.Value, 0)), thick)
			middle := y + 8 + thick/2
			if len(b.Dots) > 1 {
				c.line("whisker", x(b.Low), middle, x(b.High), middle)
				c.line("whisker", x(b.Low), middle-5, x(b.Low), middle+5)
				c.line("whisker", x(b.High), middle-5, x(b.High), middle+5)
			}
			for _, d := range b.Dots {
				c.dot(b.Side, x(d), y+8+thick+7)
			}
		}
		c.line("base", x(0), 4, x(0), base)
		c.text("axis", "middle", width/2, tall-6, unit)
	})
}

// spread is the interval and how many trials it is of; one trial has none.
func spread(b mark.Bar, format string) string {
	if len(b.Dots) == 1 {
		return ", one trial"
	}
	return fmt.Sprintf(format, number.Span(b.Low, b.High), len(b.Dots))
}
