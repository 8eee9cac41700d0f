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
		c.lines(drawn, x, y)
	})
}

// Completions draws tasks done against seconds since the release, with the band of the trials. It returns nothing
// where there is nothing to draw.
func Completions(id, title string, lines []mark.Line) string {
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
		end := l.Points[len(l.Points)-1]
		words = append(words, fmt.Sprintf("%s: %s tasks after %s s.", text.Clean(l.Name, 60), number.Short(end.Y), number.Short(end.X)))
	}
	description := "Tasks done over time; the band reaches from the smallest to the largest trial. " + strings.Join(words, " ")
	return draw(id, title, description, height, func(c *canvas) {
		c.legend(drawn)
		c.frame(xs, ys, x, y, "seconds since release", "tasks done")
		c.lines(drawn, x, y)
	})
}

// lines draws all bands below all lines.
func (c *canvas) lines(lines []mark.Line, x, y axis.Scale) {
	thinned := make([][]mark.Point, len(lines))
	for i, l := range lines {
		thinned[i] = thin(l.Points, x)
		var edge [][2]float64
		for _, p := range thinned[i] {
			edge = append(edge, [2]float64{x(p.X), y(p.High)})
		}
		for _, p := range slices.Backward(thinned[i]) {
			edge = append(edge, [2]float64{x(p.X), y(p.Low)})
		}
		c.path("band "+class(l.Side), polyline(edge)+"Z")
	}
	for i, l := range lines {
		var middle [][2]float64
		for _, p := range thinned[i] {
			middle = append(middle, [2]float64{x(p.X), y(p.Y)})
		}
		c.path("line "+class(l.Side), polyline(middle))
	}
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

// thin leaves out points that would share a column of pixels with their neighbour. The last one stays.
func thin(points []mark.Point, x axis.Scale) []mark.Point {
	const gap = 1.5
	var out []mark.Point
	for i, p := range points {
		if i == 0 || i == len(points)-1 || x(p.X)-x(out[len(out)-1].X) >= gap {
			out = append(out, p)
		}
	}
	return out
}

// at is the point that stands at a percentile. Between points there is nothing to name.
func at(points []mark.Point, q float64) (mark.Point, bool) {
	i := slices.IndexFunc(points, func(p mark.Point) bool { return math.Abs(p.X-q) < 1e-9 })
	if i < 0 {
		return mark.Point{}, false
	}
	return points[i], true
}
