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

// Ratios draws one strip a metric: the ratio of each block as a dot, the interval as a bar, the line at 1 that means
// no difference, and around it the margin within which results count as equivalent. It returns nothing where there
// is nothing to draw.
func Ratios(id, title string, margin float64, strips []mark.Strip) string {
	low, high := 1.0, 1.0
	var drawn []mark.Strip
	var words []string
	for _, s := range strips {
		all := append([]float64{s.Value, s.Low, s.High}, s.Dots...)
		if s.Least > 0 && text.Bounded(s.Least, s.Most) {
			all = append(all, s.Least, s.Most)
		}
		if len(s.Dots) == 0 || !mark.Finite(all...) {
			continue
		}
		above := true
		for _, v := range all {
			above = above && v > 0
		}
		if !above {
			continue
		}
		for _, v := range all {
			low, high = math.Min(low, v), math.Max(high, v)
		}
		drawn = append(drawn, s)
		word := fmt.Sprintf("%s: %s (%s), %s", text.Clean(s.Label, 60), number.Short(s.Value), number.Span(s.Low, s.High), s.Verdict)
		if s.Least > 0 {
			word += ", " + number.Span(s.Least, s.Most) + " whatever the measured noise did"
		}
		words = append(words, word+".")
	}
	if len(drawn) == 0 {
		return ""
	}
	ticks := axis.Ratio(low, high)
	first, last := math.Min(low, ticks[0].Value), math.Max(high, ticks[len(ticks)-1].Value)
	// Marks at the very ends would be below the letters.
	pad := math.Pow(last/first, 0.04)
	first, last = first/pad, last*pad
	x := axis.Logarithmic(first, last, 8, width-12)
	within := func(v float64) float64 { return x(min(max(v, first), last)) } // of an end without a bound
	const row = 44.0
	tall := 8 + row*float64(len(drawn)) + 44
	description := "Ratio of candidate to baseline by block, logarithmic, with the interval and a line at 1. " + strings.Join(words, " ")
	return draw(id, title, description, tall, func(c *canvas) {
		base := tall - 44
		if margin > 0 && margin < 1 {
			from, to := math.Max(1/(1+margin), first), math.Min(1+margin, last)
			c.rect("margin", x(from), 4, x(to)-x(from), base-4)
		}
		for _, t := range ticks {
			c.line("grid", x(t.Value), 4, x(t.Value), base)
			c.text("tick", "middle", x(t.Value), base+17, t.Label)
		}
		c.line("one", x(1), 4, x(1), base)
		for i, s := range drawn {
			y := 8 + row*float64(i)
			c.text("name halo", "start", 2, y+11, text.Clean(s.Label, 32))
			c.text("value halo", "end", width-right, y+11, text.Clean(s.Verdict, 28))
			// The dots are below the bar: on it they would hide whether it crosses the line.
			middle := y + 22
			c.rect("interval "+class(s.Side), x(s.Low)-1, middle-4, x(s.High)-x(s.Low)+2, 8)
			if s.Least > 0 {
				c.line("whisker", within(s.Least), middle, within(s.Most), middle)
				c.line("whisker", within(s.Least), middle-4, within(s.Least), middle+4)
				c.line("whisker", within(s.Most), middle-4, within(s.Most), middle+4)
			}
			c.line("estimate", x(s.Value), middle-6, x(s.Value), middle+6)
			for _, d := range s.Dots {
				c.dot(mark.Neutral, x(d), middle+11)
			}
		}
		c.text("axis", "middle", width/2, tall-6, "candidate / baseline (log scale)")
	})
}
