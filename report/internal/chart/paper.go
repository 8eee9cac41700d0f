package chart

import (
	gochart "github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// onPaper is a renderer of pixels that leaves out areas in the colour of the paper. The library fills the whole picture
// twice before it draws anything, which is most of the work of drawing; what is left bare is taken for paper when the
// picture is written. Corners are held back until it is known what becomes of them.
type onPaper struct {
	gochart.Renderer
	fill  drawing.Color
	width float64
	held  []func()
}

func (p *onPaper) SetFillColor(c drawing.Color) {
	p.fill = c
	p.Renderer.SetFillColor(c)
}

func (p *onPaper) SetStrokeWidth(width float64) {
	p.width = width
	p.Renderer.SetStrokeWidth(width)
}

func (p *onPaper) ResetStyle() {
	p.fill, p.width = drawing.Color{}, 0
	p.Renderer.ResetStyle()
}

func (p *onPaper) MoveTo(x, y int) { p.held = append(p.held, func() { p.Renderer.MoveTo(x, y) }) }

func (p *onPaper) LineTo(x, y int) { p.held = append(p.held, func() { p.Renderer.LineTo(x, y) }) }

func (p *onPaper) FillStroke() {
	if p.fill == paperColour && p.width == 0 && len(p.held) > 0 {
		p.held = nil
		return
	}
	p.draw()
	p.Renderer.FillStroke()
}

func (p *onPaper) QuadCurveTo(cx, cy, x, y int) {
	p.draw()
	p.Renderer.QuadCurveTo(cx, cy, x, y)
}

func (p *onPaper) ArcTo(cx, cy int, rx, ry, startAngle, delta float64) {
	p.draw()
	p.Renderer.ArcTo(cx, cy, rx, ry, startAngle, delta)
}

func (p *onPaper) Circle(radius float64, x, y int) {
	p.draw()
	p.Renderer.Circle(radius, x, y)
}

func (p *onPaper) Close() {
	p.draw()
	p.Renderer.Close()
}

func (p *onPaper) Stroke() {
	p.draw()
	p.Renderer.Stroke()
}

func (p *onPaper) Fill() {
	p.draw()
	p.Renderer.Fill()
}

// draw passes on what was held back.
func (p *onPaper) draw() {
	for _, f := range p.held {
		f()
	}
	p.held = nil
}
