package chart

import (
	"bytes"
	"errors"
	"fmt"
	"html"
	"image"
	"io"

	"github.com/tqbench/tqbench/report/internal/axis"
	gochart "github.com/wcharczuk/go-chart/v2"
)

const (
	// screenDPI is what the SVG is laid out for, and printDPI what the PNG is rendered for.
	screenDPI = 96.0
	printDPI  = 300.0
	// wide and tall are the size in inches.
	wide = 6.8
	tall = 4.2
)

// GoChart draws with github.com/wcharczuk/go-chart.
type GoChart struct{}

// SVG draws f as a vector picture.
func (GoChart) SVG(w io.Writer, f Figure) error {
	var b bytes.Buffer
	// The library writes text into the picture as it is; here it is escaped on the way.
	provider := func(width, height int) (gochart.Renderer, error) {
		r, err := gochart.SVG(width, height)
		return escaping{r}, err
	}
	if err := render(f, screenDPI, provider, &b); err != nil {
		return err
	}
	_, err := w.Write(b.Bytes())
	return err
}

// PNG draws f as a picture of 300 dots per inch, and says so in the file.
func (GoChart) PNG(w io.Writer, f Figure) error {
	var c collector
	provider := func(width, height int) (gochart.Renderer, error) {
		r, err := gochart.PNG(width, height)
		return &onPaper{Renderer: r}, err
	}
	if err := render(f, printDPI, provider, &c); err != nil {
		return err
	}
	if c.picture == nil {
		return errors.New("the chart library gave no picture")
	}
	return encodePNG(w, c.picture, printDPI)
}

func render(f Figure, dpi float64, provider gochart.RendererProvider, w io.Writer) error {
	f, ok := Drawable(f)
	if !ok {
		return errors.New("the figure has no data")
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
		Width: int(wide * dpi), Height: int(tall * dpi), DPI: dpi,
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

// escaping is a renderer that escapes text for XML and measures it as it will be seen.
type escaping struct{ gochart.Renderer }

func (e escaping) Text(body string, x, y int) { e.Renderer.Text(html.EscapeString(body), x, y) }

// collector takes the finished picture from the library, which would else encode it without its resolution.
type collector struct{ picture *image.RGBA }

func (c *collector) SetRGBA(i *image.RGBA) { c.picture = i }

func (c *collector) Write(p []byte) (int, error) { return len(p), nil }
