package chart

import (
	"image"
	"image/color"

	"github.com/golang/freetype/raster"
	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// shapes keeps what was drawn once and comes again: letters and dots are most of what a chart has.
type shapes struct {
	known map[any]shape
	// gc draws them, for the tracer to note.
	gc     *drawing.RasterGraphicContext
	tracer *tracer
}

func newShapes() shapes {
	// Nothing is drawn on the sheet: it has bounds alone.
	sheet, t := &image.Alpha{Rect: image.Rect(0, 0, 2*reach, 2*reach)}, new(tracer)
	return shapes{map[any]shape{}, drawing.NewRasterGraphicContextWithPainter(sheet, t), t}
}

// shape is a drawing around an origin.
type shape []stretch

// stretch is a part of a line and how far it is covered.
type stretch struct {
	y, from, to int16
	cover       uint16
}

// letter is a glyph at a place within a pixel, in 64ths. Size is that of the library: points times dots per inch.
type letter struct {
	glyph truetype.Index
	size  float64
	part  int
}

// disc is a filled circle, and ring its line.
type (
	disc struct{ radius float64 }
	ring struct{ radius, width float64 }
)

// reach is how far from its origin a shape may go: two letters of 12 points at 300 dots per inch.
const reach = 128

// of is the shape of that name, which draw draws around an origin where it isn't known yet. It sets all that it draws with.
func (s shapes) of(name any, draw func(gc *drawing.RasterGraphicContext, x, y float64)) shape {
	known, ok := s.known[name]
	if !ok {
		s.tracer.shape = nil
		draw(s.gc, reach, reach)
		known = s.tracer.shape
		s.known[name] = known
	}
	return known
}

// tracer notes what is painted.
type tracer struct{ shape shape }

func (*tracer) SetColor(color.Color) {}

func (t *tracer) Paint(spans []raster.Span, _ bool) {
	for _, s := range spans {
		t.shape = append(t.shape, stretch{int16(s.Y - reach), int16(s.X0 - reach), int16(s.X1 - reach), uint16(s.Alpha)})
	}
}

// circle adds one to the path, as the library draws it.
func circle(gc *drawing.RasterGraphicContext, x, y, radius float64) {
	gc.MoveTo(x-radius, y)
	gc.QuadCurveTo(x-radius, y-radius, x, y-radius)
	gc.QuadCurveTo(x+radius, y-radius, x+radius, y)
	gc.QuadCurveTo(x+radius, y+radius, x, y+radius)
	gc.QuadCurveTo(x-radius, y+radius, x-radius, y)
}
