package chart

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image"
	"io"
	"sync"

	"github.com/golang/freetype/truetype"
	gochart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
	xfont "golang.org/x/image/font"

	"github.com/tqbench/tqbench/report/internal/axis"
)

const (
	// screenDPI is what the SVG is laid out for, and printDPI what the PNG is rendered for.
	screenDPI = 96.0
	printDPI  = 300.0
	// wide and tall are the size in inches.
	wide = 6.8
	tall = 4.2
)

// GoChart draws with github.com/wcharczuk/go-chart. It may draw several charts at a time; what one has, such as letters, is
// known to those that are drawn after it.
type GoChart struct {
	mu    sync.Mutex
	free  []*canvas
	boxes sync.Map // of what is measured for vectors
}

// SVG draws f as a vector picture.
func (g *GoChart) SVG(w io.Writer, f Figure) error {
	var b bytes.Buffer
	// The library writes text into the picture as it is; here it is escaped on the way.
	provider := func(width, height int) (gochart.Renderer, error) {
		r, err := gochart.SVG(width, height)
		return &escaping{Renderer: r, dpi: screenDPI, known: &g.boxes}, err
	}
	if err := render(f, screenDPI, provider, &b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// PNG draws f as a picture of 300 dots per inch, and says so in the file.
func (g *GoChart) PNG(w io.Writer, f Figure) error {
	var c *canvas
	provider := func(width, height int) (gochart.Renderer, error) {
		c = g.canvas(width, height)
		return c, nil
	}
	defer func() { g.release(c) }()
	if err := render(f, printDPI, provider, io.Discard); err != nil {
		return err
	}
	return c.encoder.encode(w, c.pixels.image, printDPI)
}

// canvas is a bare one of that size.
func (g *GoChart) canvas(width, height int) *canvas {
	g.mu.Lock()
	defer g.mu.Unlock()
	if n := len(g.free); n > 0 && g.free[n-1].pixels.image.Bounds().Size() == (image.Point{X: width, Y: height}) {
		c := g.free[n-1]
		g.free = g.free[:n-1]
		c.reset()
		return c
	}
	return newCanvas(width, height)
}

// release makes a canvas one for the next chart.
func (g *GoChart) release(c *canvas) {
	if c == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.free = append(g.free, c)
}

// font is the library's, which it makes when it is first asked, and reads without a lock: asked for here, it is there
// before several charts are drawn at a time.
var font = sync.OnceValues(gochart.GetDefaultFont)

func render(f Figure, dpi float64, provider gochart.RendererProvider, w io.Writer) error {
	f, ok := Drawable(f)
	if !ok {
		return errors.New("the figure has no data")
	}
	letters, err := font()
	if err != nil {
		return fmt.Errorf("read the chart's font: %w", err)
	}
	high := 0.0
	for _, g := range f.Groups {
		for _, b := range g.Bars {
			high = max(high, b.Value, b.High)
			for _, d := range b.Dots {
				high = max(high, d)
			}
		}
	}
	var ticks []gochart.Tick
	for _, t := range axis.FromZero(high, 6) {
		ticks = append(ticks, gochart.Tick{Value: t.Value, Label: t.Label})
	}
	px := func(points float64) int { return int(points * dpi / 72) }
	grid := gochart.Style{StrokeColor: gridColour, StrokeWidth: dpi / screenDPI}
	label := gochart.Style{FontSize: 9, FontColor: textColour, StrokeColor: gridColour}
	c := gochart.Chart{
		Width: int(wide * dpi), Height: int(tall * dpi), DPI: dpi, Font: letters,
		Background: gochart.Style{FillColor: paperColour, Padding: gochart.Box{
			Top: px(66), Left: px(14), Right: px(14), Bottom: px(44),
		}},
		Canvas: gochart.Style{FillColor: paperColour},
		XAxis: gochart.XAxis{
			Style: gochart.Hidden(),
			Range: &gochart.ContinuousRange{Min: 0, Max: float64(len(f.Groups))},
		},
		// The library puts its secondary axis on the left, where a reader looks first, but takes that axis's range
		// from the ticks of the primary one; hence the same ticks on both.
		YAxis:          gochart.YAxis{Style: gochart.Hidden(), Ticks: ticks},
		YAxisSecondary: gochart.YAxis{Style: label, Ticks: ticks, GridMajorStyle: grid, GridMinorStyle: grid, TickStyle: label},
		Series:         []gochart.Series{bars{figure: f, dpi: dpi}},
	}
	if err := c.Render(provider, w); err != nil {
		return fmt.Errorf("draw %q: %w", f.Title, err)
	}
	return nil
}

// escaping is a renderer of vectors that escapes text for XML and measures it as it will be seen. The library loads the font
// anew for each text that it measures, with room for 512 letters: here it has room for one, and what was measured once is
// known.
type escaping struct {
	gochart.Renderer
	font            *truetype.Font
	dpi, size, turn float64
	known           *sync.Map // of measure to gochart.Box
}

func (e *escaping) Text(body string, x, y int) { e.Renderer.Text(html.EscapeString(body), x, y) }

func (e *escaping) ResetStyle() {
	e.size = 0
	e.Renderer.ResetStyle()
}

func (e *escaping) SetFont(f *truetype.Font) {
	e.font = f
	e.Renderer.SetFont(f)
}

func (e *escaping) SetFontSize(size float64) {
	e.size = size
	e.Renderer.SetFontSize(size)
}

func (e *escaping) SetTextRotation(radians float64) {
	e.turn = radians
	e.Renderer.SetTextRotation(radians)
}

func (e *escaping) ClearTextRotation() {
	e.turn = 0
	e.Renderer.ClearTextRotation()
}

func (e *escaping) MeasureText(body string) gochart.Box {
	m := measure{body, e.size, e.turn}
	if box, ok := e.known.Load(m); ok {
		return box.(gochart.Box)
	}
	if e.font == nil || e.turn != 0 {
		return e.Renderer.MeasureText(body)
	}
	face := truetype.NewFace(e.font, &truetype.Options{Size: e.size, DPI: e.dpi, GlyphCacheEntries: 1})
	box := gochart.Box{Right: xfont.MeasureString(face, body).Ceil(), Bottom: int(drawing.PointsToPixels(e.dpi, e.size))}
	e.known.Store(m, box)
	return box
}
