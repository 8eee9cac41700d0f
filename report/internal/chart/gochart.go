package chart

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"html"
	"image"
	"image/png"
	"io"
	"math"
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

// GoChart draws with github.com/wcharczuk/go-chart. It may draw several charts at a time.
type GoChart struct {
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
	var p picture
	if err := render(f, printDPI, gochart.PNG, &p); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p.image); err != nil {
		return fmt.Errorf("encode PNG: %w", err)
	}
	_, err := w.Write(withResolution(b.Bytes(), printDPI))
	return err
}

// picture takes the pixels of a chart from the library, in place of a file.
type picture struct{ image *image.RGBA }

func (p *picture) SetRGBA(i *image.RGBA) { p.image = i }

func (p *picture) Write(b []byte) (int, error) { return len(b), nil }

// withResolution adds the chunk pHYs to a PNG file. Without it a word processor shows the picture three times as large as it
// was drawn for, and the standard library can't write it. The format is that of the PNG Specification, third edition, W3C
// 2025: the chunk follows the header, which is the first and always of one length.
func withResolution(file []byte, dpi float64) []byte {
	const header = 8 + 4 + 4 + 13 + 4 // signature, and length, name, content and sum of IHDR
	perMetre := uint32(math.Round(dpi / 0.0254))
	chunk := binary.BigEndian.AppendUint32([]byte("pHYs"), perMetre)
	chunk = append(binary.BigEndian.AppendUint32(chunk, perMetre), 1)
	out := append([]byte{}, file[:header]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(chunk)-4))
	out = binary.BigEndian.AppendUint32(append(out, chunk...), crc32.ChecksumIEEE(chunk))
	return append(out, file[header:]...)
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
	low, high := 0.0, 0.0
	for _, g := range f.Groups {
		for _, b := range g.Bars {
			l, h := b.Ends()
			low, high = min(low, l), max(high, h)
		}
	}
	var ticks []gochart.Tick
	for _, t := range axis.WithZero(low, high, 6) {
		ticks = append(ticks, gochart.Tick{Value: t.Value, Label: t.Label})
	}
	px := func(points float64) int { return int(points * dpi / 72) }
	head, foot := 66+legendLine*float64(f.legendRows()-1), 58.0
	if f.numbered() {
		foot += numberLine
	}
	grid := gochart.Style{StrokeColor: gridColour, StrokeWidth: dpi / screenDPI}
	label := gochart.Style{FontSize: 9, FontColor: textColour, StrokeColor: gridColour}
	c := gochart.Chart{
		Width: int(wide * dpi), Height: int(tall * dpi), DPI: dpi, Font: letters,
		Background: gochart.Style{FillColor: paperColour, Padding: gochart.Box{
			Top: px(head), Left: px(14), Right: px(14), Bottom: px(foot),
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
// again for each text that it measures, with room for 512 letters: here it has room for one, and what was measured once is
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

// measure is a text whose size is known.
type measure struct {
	text string
	size float64
	turn float64
}
