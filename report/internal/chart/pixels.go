package chart

import (
	"image"
	"image/color"

	"github.com/golang/freetype/raster"
	gochart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

const (
	// colourBits of each part of a colour tell it from others: those at the edges of letters and bars are within 8 of 256.
	colourBits = 5
	// levels is how many degrees of cover a pixel at an edge has.
	levels = 64
)

// pixels is a picture in at most 256 colours, drawn as one: a byte a pixel in place of four to draw on and to write. The flat
// colours are kept to the bit; those at edges are the nearest of those that there are once there are 256. What nothing is
// drawn on is paper.
type pixels struct {
	image *image.Paletted
	known [1 << (3 * colourBits)]uint16 // 1 + place in the palette
	inks  map[color.RGBA]*ink
	now   *ink
}

// ink is a colour to draw with.
type ink struct {
	colour color.RGBA
	flat   uint8
	// over has for each colour below and each degree of cover 1 + the place of the colour that they give.
	over [256 * levels]uint16
}

func newPixels(width, height int) *pixels {
	p := &pixels{image: image.NewPaletted(image.Rect(0, 0, width, height), nil), inks: map[color.RGBA]*ink{}}
	p.reset()
	return p
}

// reset makes the picture bare paper.
func (p *pixels) reset() {
	clear(p.image.Pix)
	clear(p.known[:])
	clear(p.inks)
	p.image.Palette = make(color.Palette, 0, 256)
	for _, c := range []drawing.Color{paperColour, textColour, mutedColour, gridColour, baselineColour, candidateColour, neutralColour} {
		p.place(color.RGBA{c.R, c.G, c.B, 255})
	}
}

// place is where a colour, or one that is like it, stands in the palette.
func (p *pixels) place(c color.RGBA) uint8 {
	const cut = 8 - colourBits
	known := &p.known[int(c.R>>cut)<<(2*colourBits)|int(c.G>>cut)<<colourBits|int(c.B>>cut)]
	switch {
	case *known > 0:
	case len(p.image.Palette) < 256:
		p.image.Palette = append(p.image.Palette, c)
		*known = uint16(len(p.image.Palette))
	default:
		*known = uint16(p.image.Palette.Index(c) + 1)
	}
	return uint8(*known - 1)
}

// SetColor chooses what is drawn with.
func (p *pixels) SetColor(c color.Color) {
	rgba := color.RGBAModel.Convert(c).(color.RGBA)
	if p.now = p.inks[rgba]; p.now == nil {
		p.now = &ink{colour: rgba, flat: p.place(rgba)}
		p.inks[rgba] = p.now
	}
}

// Paint draws spans of the library's, each a stretch of a line and how far it covers it.
func (p *pixels) Paint(spans []raster.Span, _ bool) {
	for _, s := range spans {
		p.span(s.Y, s.X0, s.X1, s.Alpha)
	}
}

// span draws one, of a cover from 0 to 65535.
func (p *pixels) span(y, from, to int, cover uint32) {
	b := p.image.Bounds()
	from, to = max(from, 0), min(to, b.Dx())
	if y < 0 || y >= b.Dy() || from >= to || p.now.colour.A == 0 {
		return
	}
	line := p.image.Pix[y*p.image.Stride+from : y*p.image.Stride+to]
	level := cover * uint32(p.now.colour.A) / 255 * levels >> 16
	if cover == 1<<16-1 && p.now.colour.A == 255 {
		for i := range line {
			line[i] = p.now.flat
		}
		return
	}
	for i, below := range line {
		over := &p.now.over[int(below)*levels+int(level)]
		if *over == 0 {
			*over = uint16(p.place(p.now.on(p.image.Palette[below].(color.RGBA), level))) + 1
		}
		line[i] = uint8(*over - 1)
	}
}

// area covers one between whole pixels: where the colour hides what is below, its lines are copies of the first.
func (p *pixels) area(box gochart.Box) {
	b := p.image.Bounds()
	left, right, top, bottom := max(box.Left, 0), min(box.Right, b.Dx()), max(box.Top, 0), min(box.Bottom, b.Dy())
	if left >= right {
		return
	}
	for y := top; y < bottom; y++ {
		if y == top || p.now.colour.A < 255 {
			p.span(y, left, right, 1<<16-1)
			continue
		}
		copy(p.image.Pix[y*p.image.Stride+left:y*p.image.Stride+right], p.image.Pix[top*p.image.Stride+left:])
	}
}

// on mixes the colour with that below.
func (i *ink) on(below color.RGBA, level uint32) color.RGBA {
	mix := func(a, b uint8) uint8 {
		// The middle of the degree.
		return uint8((uint32(a)*(2*level+1) + uint32(b)*(2*levels-2*level-1) + levels) / (2 * levels))
	}
	return color.RGBA{mix(i.colour.R, below.R), mix(i.colour.G, below.G), mix(i.colour.B, below.B), 255}
}
