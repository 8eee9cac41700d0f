package chart

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"testing"

	gochart "github.com/wcharczuk/go-chart/v2"
)

// collector takes the picture of the library's own renderer of pixels.
type collector struct{ picture *image.RGBA }

func (c *collector) SetRGBA(i *image.RGBA) { c.picture = i }

func (c *collector) Write(p []byte) (int, error) { return len(p), nil }

// What the canvas draws is what the library's own renderer draws, but for what no eye sees: 16 of 256 at edges.
func TestPicturesAreThoseOfTheLibrary(t *testing.T) {
	var g GoChart
	many := figure("a name that is so long that it has to be cut somewhere, since there is no room for it in the legend")
	many.Groups = append(many.Groups, many.Groups...)
	many.Groups = append(many.Groups, many.Groups...)
	one := figure("AV. Ta, fi: 1.25 µs")
	one.Groups = one.Groups[:1]
	one.Groups[0].Bars[0].Dots = one.Groups[0].Bars[0].Dots[:1]
	one.Groups[0].Bars[1].Value, one.Groups[0].Bars[1].Low = 0, 0
	for name, f := range map[string]Figure{"two groups": figure("celery/prefork"), "many groups": many, "one trial, and zero": one} {
		t.Run(name, func(t *testing.T) {
			var want collector
			if err := render(f, printDPI, gochart.PNG, &want); err != nil {
				t.Fatal(err)
			}
			var last []byte
			for range 2 { // on bare pixels, and on those of the picture before
				var b bytes.Buffer
				if err := g.PNG(&b, f); err != nil {
					t.Fatal(err)
				}
				if last != nil && !bytes.Equal(last, b.Bytes()) {
					t.Error("the second picture is another")
				}
				last = b.Bytes()
				got, err := png.Decode(bytes.NewReader(last))
				if err != nil {
					t.Fatal(err)
				}
				compare(t, got, want.picture)
			}
		})
	}
}

// compare holds a picture against the library's.
func compare(t *testing.T, got, want image.Image) {
	t.Helper()
	if got.Bounds() != want.Bounds() {
		t.Fatalf("it is %v, want %v", got.Bounds(), want.Bounds())
	}
	worst, drawn, off := 0, 0, 0
	for y := range want.Bounds().Dy() {
		for x := range want.Bounds().Dx() {
			r, g, b, _ := got.At(x, y).RGBA()
			wr, wg, wb, _ := want.At(x, y).RGBA()
			d := 0
			for _, p := range [][2]uint32{{r, wr}, {g, wg}, {b, wb}} {
				d = max(d, int(p[0]>>8)-int(p[1]>>8), int(p[1]>>8)-int(p[0]>>8))
			}
			if wr+wg+wb < 3*0xffff {
				drawn++
			}
			if d > 8 {
				off++
			}
			worst = max(worst, d)
		}
	}
	if worst > 16 || off > drawn/100 || drawn < 10_000 {
		t.Errorf("of %d pixels that are drawn on, %d differ by more than 8 of 256; the worst by %d", drawn, off, worst)
	}
}

// A path of straight lines and curves is drawn by the library, also where corners were held back.
func TestACanvasDrawsWhatItDoesNotKnow(t *testing.T) {
	draw := func(r gochart.Renderer) {
		r.SetDPI(printDPI)
		r.SetFillColor(candidateColour)
		r.SetStrokeColor(textColour)
		r.SetStrokeWidth(5)
		r.MoveTo(20, 20)
		r.LineTo(150, 30)
		r.QuadCurveTo(200, 100, 100, 150)
		r.LineTo(30, 120)
		r.Close()
		r.FillStroke()
		r.MoveTo(200, 200)
		r.LineTo(290, 260)
		r.ArcTo(250, 250, 30, 20, 0, 3)
		r.Stroke()
		r.Circle(25, 60, 230)
		r.Fill()
		r.MoveTo(10, 280)
		r.LineTo(100, 290)
		r.MoveTo(10, 290)
		r.LineTo(100, 270)
		r.Stroke()
	}
	library, err := gochart.PNG(300, 300)
	if err != nil {
		t.Fatal(err)
	}
	// The library's own leaves the ground bare, ours is paper.
	library.SetFillColor(paperColour)
	library.MoveTo(0, 0)
	for _, at := range [][2]int{{300, 0}, {300, 300}, {0, 300}, {0, 0}} {
		library.LineTo(at[0], at[1])
	}
	library.Fill()
	draw(library)
	var want collector
	if err := library.Save(&want); err != nil {
		t.Fatal(err)
	}
	own := newCanvas(300, 300)
	draw(own)
	if err := own.Save(io.Discard); err != nil {
		t.Fatal(err)
	}
	compare(t, own.pixels.image, want.picture)
}
