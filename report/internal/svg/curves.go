package svg

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
	"github.com/tqbench/tqbench/report/internal/axis"
	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/number"
)

// Latency draws latency in ms against the percentile, with the band of the trials. It returns nothing where there is
// nothing to draw.
func Latency(id, title string, lines []mark.Line) string {
	// A quantile of 1 lies infinitely far out on this axis, and zero infinitely far down.
	drawn := usable(lines, func(p mark.Point) bool { return p.X >= 0 && p.X < 1 && p.Low > 0 && p.Y > 0 && p.High > 0 })
	if len(drawn) == 0 {
		return ""
	}
	xlow, xhigh, ylow, yhigh := bounds(drawn)
	xs, ys := axis.Quantiles(xlow, xhigh), axis.Log(ylow, yhigh)
	x := axis.Tail(xlow, xhigh, left, width-right)
	y := axis.Logarithmic(ys[0].Value, ys[len(ys)-1].Value, height-bottom, top)
	var words []string
	for _, l := range drawn {
		var known []string
		for _, t := range xs {
			if p, ok := at(l.Points, t.Value); ok {
				known = append(known, fmt.Sprintf("%s ms at percentile %s", number.Short(p.Y), t.Label))
			}
		}
		words = append(words, text.Clean(l.Name, 60)+": "+strings.Join(known, ", ")+".")
	}
	description := "End-to-end latency by percentile, both axes logarithmic; the band reaches from the smallest to " +
		"the largest trial. " + strings.Join(words, " ")
	return draw(id, title, description, height, func(c *canvas) {
		c.legend(drawn)
		c.frame(xs, ys, x, y, "percentile of tasks", "latency, ms (log scale)")
		c.lines(drawn, upright(x, y))
	})
}

// Completions draws tasks done against seconds since the release, with the band of the trials. It returns nothing
// where there is nothing to draw.
func Completions(id, title string, lines []mark.Line) string {
	return overTime(id, title, lines, "Tasks done over time", "tasks done", "seconds since release", func(l mark.Line) string {
		end := l.Points[len(l.Points)-1]
		return fmt.Sprintf("%s tasks after %s s", number.Short(end.Y), number.Short(end.X))
	})
}

// Depth draws how many tasks the broker holds against seconds since the phase began, with the band of the trials. It
// returns nothing where there is nothing to draw.
func Depth(id, title string, lines []mark.Line) string {
	return overTime(id, title, lines, "Queue depth over time", "tasks held by the broker", "seconds since the phase began", func(l mark.Line) string {
		most := slices.MaxFunc(l.Points, func(a, b mark.Point) int { return cmp.Compare(a.Y, b.Y) })
		end := l.Points[len(l.Points)-1]
		return fmt.Sprintf("at most %s tasks, %s at the end, after %s s", number.Short(most.Y), number.Short(end.Y), number.Short(end.X))
	})
}

// overTime draws counts from zero against time from zero; say tells what a line shows.
func overTime(id, title string, lines []mark.Line, what, yTitle, xTitle string, say func(mark.Line) string) string {
	drawn := usable(lines, func(p mark.Point) bool { return p.X >= 0 && p.Low >= 0 && p.Y >= 0 && p.High >= 0 })
	if len(drawn) == 0 {
		return ""
	}
	_, xhigh, _, yhigh := bounds(drawn)
	xs, ys := axis.FromZero(xhigh, 6), axis.FromZero(yhigh, 5)
	x := axis.Linear(0, xs[len(xs)-1].Value, left, width-right)
	y := axis.Linear(0, ys[len(ys)-1].Value, height-bottom, top)
	var words []string
	for _, l := range drawn {
		words = append(words, text.Clean(l.Name, 60)+": "+say(l)+".")
	}
	description := what + "; the band reaches from the smallest to the largest trial. " + strings.Join(words, " ")
	return draw(id, title, description, height, func(c *canvas) {
		c.legend(drawn)
		c.frame(xs, ys, x, y, xTitle, yTitle)
		c.lines(drawn, upright(x, y))
	})
}

// Shares draws the share of tasks that were done within a latency, the same points as Latency: there the slowest few get
// the room, here the many. It returns nothing where there is nothing to draw.
func Shares(id, title string, lines []mark.Line) string {
	drawn := usable(lines, func(p mark.Point) bool { return p.X >= 0 && p.X <= 1 && p.Low > 0 && p.Y > 0 && p.High > 0 })
	if len(drawn) == 0 {
		return ""
	}
	_, _, low, high := bounds(drawn)
	xs := axis.Log(low, high)
	ys := []axis.Tick{{Value: 0, Label: "0"}, {Value: 0.25, Label: "25"}, {Value: 0.5, Label: "50"}, {Value: 0.75, Label: "75"}, {Value: 1, Label: "100"}}
	x := axis.Logarithmic(xs[0].Value, xs[len(xs)-1].Value, left, width-right-8)
	y := axis.Linear(0, 1, height-bottom, top)
	var words []string
	for _, l := range drawn {
		var known []string
		for _, q := range []float64{0.1, 0.25, 0.5, 0.75, 0.9} {
			if p, ok := at(l.Points, q); ok {
				known = append(known, fmt.Sprintf("%s of tasks within %s ms", number.Percent(q), number.Short(p.Y)))
			}
		}
		words = append(words, text.Clean(l.Name, 60)+": "+strings.Join(known, ", ")+".")
	}
	description := "Share of tasks done within a latency, which is on a logarithmic axis; the band reaches from the smallest " +
		"to the largest trial. " + strings.Join(words, " ")
	return draw(id, title, description, height, func(c *canvas) {
		c.legend(drawn)
		c.frame(xs, ys, x, y, "latency, ms (log scale)", "% of tasks")
		c.lines(drawn, func(p mark.Point) (middle, low, high [2]float64) {
			return [2]float64{x(p.Y), y(p.X)}, [2]float64{x(p.Low), y(p.X)}, [2]float64{x(p.High), y(p.X)}
		})
	})
}

// lines draws all bands below all lines. place puts a point's median, smallest and largest on the drawing.
func (c *canvas) lines(lines []mark.Line, place func(mark.Point) (middle, low, high [2]float64)) {
	middles := make([][][2]float64, len(lines))
	for i, l := range lines {
		var lows, edge [][2]float64
		for n, p := range l.Points {
			middle, low, high := place(p)
			if m := middles[i]; n > 0 && n < len(l.Points)-1 && near(middle, m[len(m)-1]) {
				continue
			}
			middles[i] = append(middles[i], middle)
			edge, lows = append(edge, high), append(lows, low)
		}
		slices.Reverse(lows)
		c.path("band "+class(l.Side), polyline(append(edge, lows...))+"Z")
	}
	for i, l := range lines {
		c.path("line "+class(l.Side), polyline(middles[i]))
	}
}

// upright places points of a line whose band reaches up and down.
func upright(x, y axis.Scale) func(mark.Point) (middle, low, high [2]float64) {
	return func(p mark.Point) (middle, low, high [2]float64) {
		return [2]float64{x(p.X), y(p.Y)}, [2]float64{x(p.X), y(p.Low)}, [2]float64{x(p.X), y(p.High)}
	}
}

// near tells whether two places are so close that no eye could part them.
func near(a, b [2]float64) bool {
	const gap = 1.5
	return math.Hypot(a[0]-b[0], a[1]-b[1]) < gap
}

// usable keeps what can be drawn, in order of x; a line of less than two points is none.
func usable(lines []mark.Line, ok func(mark.Point) bool) []mark.Line {
	var out []mark.Line
	for _, l := range lines {
		var points []mark.Point
		for _, p := range l.Points {
			if mark.Finite(p.X, p.Y, p.Low, p.High) && ok(p) {
				points = append(points, p)
			}
		}
		slices.SortStableFunc(points, func(a, b mark.Point) int { return cmp.Compare(a.X, b.X) })
		if len(points) > 1 {
			l.Points = points
			out = append(out, l)
		}
	}
	return out
}

// bounds are those of all lines, which are sorted by x and not empty.
func bounds(lines []mark.Line) (xlow, xhigh, ylow, yhigh float64) {
	xlow, ylow = math.Inf(1), math.Inf(1)
	for _, l := range lines {
		xlow, xhigh = math.Min(xlow, l.Points[0].X), math.Max(xhigh, l.Points[len(l.Points)-1].X)
		for _, p := range l.Points {
			ylow, yhigh = math.Min(ylow, math.Min(p.Low, p.Y)), math.Max(yhigh, math.Max(p.High, p.Y))
		}
	}
	return xlow, xhigh, ylow, yhigh
}

// at is the point at a percentile. Between points there is nothing to name.
func at(points []mark.Point, q float64) (mark.Point, bool) {
	i := slices.IndexFunc(points, func(p mark.Point) bool { return math.Abs(p.X-q) < 1e-9 })
	if i < 0 {
		return mark.Point{}, false
	}
	return points[i], true
}
