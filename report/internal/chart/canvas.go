package chart

import (
	"image/color"
	"io"
	"math"

	"github.com/golang/freetype/truetype"
	gochart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
	"golang.org/x/image/math/fixed"
)

// canvas is a renderer of pixels for the library, with its own letters, lines and curves. It knows what comes again, and
// what needs no curves: areas between whole pixels, of which those of the whole paper are left out. It is used for one
// chart after another.
type canvas struct {
	pixels  *pixels
	gc      *drawing.RasterGraphicContext
	shapes  shapes
	boxes   map[measure]gochart.Box
	encoder encoder

	fill, stroke, letters drawing.Color
	width, size           float64
	dashes                []float64
	font                  *truetype.Font
	turn                  float64
	// corners are held back until it is known what becomes of them, and so is a circle.
	corners [][2]int
	moves   bool // the first one begins a line
	round   *round
}

// round is a circle that is to be drawn.
type round struct {
	radius float64
	x, y   int
}

// measure is a text that has been measured, in a size and at an angle.
type measure struct {
	text       string
	size, turn float64
}

func newCanvas(width, height int) *canvas {
	p := newPixels(width, height)
	return &canvas{pixels: p, gc: drawing.NewRasterGraphicContextWithPainter(p.image, p), shapes: newShapes(), boxes: map[measure]gochart.Box{}}
}

// reset makes it bare for the next chart.
func (c *canvas) reset() {
	c.pixels.reset()
	c.gc.BeginPath()
	c.corners, c.moves, c.round = c.corners[:0], false, nil
	c.ResetStyle()
}

func (c *canvas) ResetStyle() {
	c.fill, c.stroke, c.letters, c.width, c.size, c.dashes = drawing.Color{}, drawing.Color{}, drawing.Color{}, 0, 0, nil
	c.ClearTextRotation()
}

func (c *canvas) GetDPI() float64                   { return c.gc.GetDPI() }
func (c *canvas) SetDPI(dpi float64)                { c.gc.SetDPI(dpi) }
func (c *canvas) SetClassName(string)               {}
func (c *canvas) SetStrokeColor(s drawing.Color)    { c.stroke = s }
func (c *canvas) SetFillColor(f drawing.Color)      { c.fill = f }
func (c *canvas) SetStrokeWidth(width float64)      { c.width = width }
func (c *canvas) SetStrokeDashArray(dash []float64) { c.dashes = dash }
func (c *canvas) SetFont(f *truetype.Font)          { c.font = f }
func (c *canvas) SetFontColor(f drawing.Color)      { c.letters = f }
func (c *canvas) SetFontSize(size float64)          { c.size = size }

func (c *canvas) MoveTo(x, y int) {
	c.flush()
	c.corners, c.moves = append(c.corners, [2]int{x, y}), true
}

func (c *canvas) LineTo(x, y int) { c.corners = append(c.corners, [2]int{x, y}) }

func (c *canvas) QuadCurveTo(cx, cy, x, y int) {
	c.flush()
	c.gc.QuadCurveTo(float64(cx), float64(cy), float64(x), float64(y))
}

func (c *canvas) ArcTo(cx, cy int, rx, ry, start, delta float64) {
	c.flush()
	c.gc.ArcTo(float64(cx), float64(cy), rx, ry, start, delta)
}

func (c *canvas) Circle(radius float64, x, y int) {
	c.flush()
	c.round = &round{radius, x, y}
}

func (c *canvas) Close() {
	c.flush()
	c.gc.Close()
}

// flush passes on what was held back.
func (c *canvas) flush() {
	for i, at := range c.corners {
		if i == 0 && c.moves {
			c.gc.MoveTo(float64(at[0]), float64(at[1]))
			continue
		}
		c.gc.LineTo(float64(at[0]), float64(at[1]))
	}
	c.corners, c.moves = c.corners[:0], false
	if r := c.round; r != nil {
		circle(c.gc, float64(r.x), float64(r.y), r.radius)
		c.round = nil
	}
}

func (c *canvas) Stroke() {
	c.flush()
	c.line()
	c.gc.Stroke()
}

func (c *canvas) Fill() {
	c.flush()
	c.gc.SetFillColor(c.fill)
	c.gc.Fill()
}

func (c *canvas) FillStroke() {
	r := c.round
	box, isBox := c.box()
	switch {
	case r != nil && c.gc.IsEmpty() && len(c.corners) == 0 && len(c.dashes) == 0:
		c.round = nil
		c.stamp(c.fill, r.x, r.y, c.shapes.of(disc{r.radius}, func(gc *drawing.RasterGraphicContext, x, y float64) {
			circle(gc, x, y, r.radius)
			gc.Fill()
		}))
		c.stamp(c.stroke, r.x, r.y, c.shapes.of(ring{r.radius, c.width}, func(gc *drawing.RasterGraphicContext, x, y float64) {
			circle(gc, x, y, r.radius)
			gc.SetLineWidth(c.width)
			gc.Stroke()
		}))
	case isBox && c.fill == paperColour && c.width == 0:
		c.corners, c.moves = c.corners[:0], false
	case isBox:
		c.pixels.SetColor(c.fill)
		c.pixels.area(box)
		c.Stroke()
	default:
		c.flush()
		c.gc.SetFillColor(c.fill)
		c.line()
		c.gc.FillStroke()
	}
}

// box is the area that is held back, if it is one with upright sides.
func (c *canvas) box() (gochart.Box, bool) {
	p := c.corners
	if len(p) != 5 || !c.moves || !c.gc.IsEmpty() || p[0] != p[4] || p[0][1] != p[1][1] || p[1][0] != p[2][0] || p[2][1] != p[3][1] || p[3][0] != p[0][0] {
		return gochart.Box{}, false
	}
	return gochart.Box{Left: min(p[0][0], p[1][0]), Right: max(p[0][0], p[1][0]), Top: min(p[0][1], p[2][1]), Bottom: max(p[0][1], p[2][1])}, true
}

// line sets how lines are drawn.
func (c *canvas) line() {
	c.gc.SetStrokeColor(c.stroke)
	c.gc.SetLineWidth(c.width)
	c.gc.SetLineDash(c.dashes, 0)
}

// stamp draws a known shape.
func (c *canvas) stamp(with color.Color, x, y int, s shape) {
	c.pixels.SetColor(with)
	for _, l := range s {
		c.pixels.span(y+int(l.y), x+int(l.from), x+int(l.to), uint32(l.cover))
	}
}

// Text writes letter by letter, placed as the library places them.
func (c *canvas) Text(body string, x, y int) {
	c.setFont()
	if c.turn != 0 {
		// Rare, and at any angle: the library draws it.
		c.gc.SetFillColor(c.letters)
		c.gc.Translate(float64(x), float64(y))
		_, _ = c.gc.CreateStringPath(body, 0, 0) // without its font, the library draws nothing
		c.gc.Fill()
		return
	}
	if c.font == nil {
		return
	}
	scale := fixed.Int26_6(c.size * c.gc.GetDPI())
	var previous truetype.Index
	at := 64 * x
	for i, r := range body {
		glyph := c.font.Index(r)
		if i > 0 {
			at += int(c.font.Kern(scale, previous, glyph))
		}
		part := at & 63
		c.stamp(c.letters, at>>6, y, c.shapes.of(letter{glyph, c.size * c.gc.GetDPI(), part}, func(gc *drawing.RasterGraphicContext, x, y float64) {
			gc.SetDPI(c.gc.GetDPI())
			gc.SetFont(c.font)
			gc.SetFontSize(c.size)
			_, _ = gc.CreateStringPath(string(r), x+float64(part)/64, y) // the font has been asked for the letter
			gc.Fill()
		}))
		at += int(c.font.HMetric(scale, glyph).AdvanceWidth)
		previous = glyph
	}
}

func (c *canvas) setFont() {
	c.gc.SetFont(c.font)
	c.gc.SetFontSize(c.size)
}

// MeasureText is the box that a text takes, measured from where it is written, as the library's renderer of pixels has it.
func (c *canvas) MeasureText(body string) gochart.Box {
	m := measure{body, c.size * c.gc.GetDPI(), 0}
	box, ok := c.boxes[m]
	if ok {
		return box
	}
	c.setFont()
	left, top, right, bottom, err := c.gc.GetStringBounds(body)
	if err != nil {
		return gochart.Box{}
	}
	box = gochart.Box{Right: int(math.Ceil(right + math.Abs(left))), Bottom: int(math.Ceil(bottom + math.Abs(top)))}
	c.boxes[m] = box
	return box
}

func (c *canvas) SetTextRotation(radians float64) {
	c.turn = radians
	c.gc.Rotate(radians)
}

func (c *canvas) ClearTextRotation() {
	c.turn = 0
	c.gc.SetMatrixTransform(drawing.NewIdentityMatrix())
}

// Save writes nothing: the picture is taken from the pixels, once the library has drawn all of it.
func (c *canvas) Save(io.Writer) error { return nil }
