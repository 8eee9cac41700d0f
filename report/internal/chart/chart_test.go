package chart

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/mark"
)

func figure(name string) Figure {
	return Figure{
		Title: "Latency of " + name, Unit: "ms", Whisker: "interval",
		Groups: []Group{
			{Label: "Median", Note: "candidate: faster", Bars: []mark.Bar{
				{Name: name, Side: mark.Baseline, Value: 3.4, Low: 3.2, High: 3.6, Dots: []float64{3.3, 3.4, 3.5}},
				{Name: name + "2", Side: mark.Candidate, Value: 2.1, Low: 2, High: 2.2, Dots: []float64{2, 2.1, 2.2}},
			}},
			{Label: "99th percentile", Note: "candidate: undecided", Bars: []mark.Bar{
				{Name: name, Side: mark.Baseline, Value: 21, Low: 18, High: 25, Dots: []float64{20, 21, 23}},
				{Name: name + "2", Side: mark.Candidate, Value: 20, Low: 15, High: 26, Dots: []float64{16, 20, 25}},
			}},
		},
	}
}

func TestPNGIsAPictureOf300DotsPerInch(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := new(GoChart).PNG(&b, figure("celery")); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if got := picture.Bounds().Dx(); got != int(wide*printDPI) {
		t.Errorf("%d pixels wide, want %v inches of 300", got, wide)
	}
	_, chunk, ok := bytes.Cut(b.Bytes(), []byte("pHYs"))
	if !ok {
		t.Fatal("the file doesn't state its resolution")
	}
	// 300 dots per inch are 300/0.0254 = 11811 per metre; unit 1 is the metre.
	if x, y, unit := binary.BigEndian.Uint32(chunk), binary.BigEndian.Uint32(chunk[4:]), chunk[8]; x != 11811 || y != 11811 || unit != 1 {
		t.Errorf("resolution %d x %d, unit %d", x, y, unit)
	}
	seen := map[color.RGBA]int{}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[color.RGBA{uint8(r >> 8), uint8(g >> 8), uint8(b >> 8), 255}]++
		}
	}
	for name, c := range map[string]color.RGBA{"baseline": {217, 130, 43, 255}, "candidate": {47, 111, 178, 255}, "text": {28, 32, 38, 255}} {
		if seen[c] < 500 {
			t.Errorf("%d pixels in the colour of the %s", seen[c], name)
		}
	}
}

func TestSVGSaysWhatItShows(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, figure("celery")); err != nil {
		t.Fatal(err)
	}
	texts := readTexts(t, b.Bytes())
	for _, want := range []string{"Latency of celery", "celery", "celery2", "Median", "99th percentile", "candidate: undecided", "ms; bar: median over trials; whisker: interval; dots: trials", "3.40", "20.0", "0", "30"} {
		if !texts[want] {
			t.Errorf("the chart doesn't say %q: %v", want, texts)
		}
	}
}

func TestSVGEscapesNames(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, figure(`<script>"&'`)); err != nil {
		t.Fatal(err)
	}
	if texts := readTexts(t, b.Bytes()); !texts[`Latency of <script>"&'`] {
		t.Errorf("texts %v", texts)
	}
	if strings.Contains(b.String(), "<script") {
		t.Error("a name has opened a tag")
	}
}

// readTexts reads a drawing strictly and returns its texts.
func readTexts(t *testing.T, data []byte) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	dec := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
		if c, ok := token.(xml.CharData); ok {
			out[string(c)] = true
		}
	}
}

func TestAFigureWithoutDataIsAnError(t *testing.T) {
	t.Parallel()
	empty := Figure{Title: "x", Groups: []Group{{Bars: []mark.Bar{
		{Name: "no trials", Value: 1}, {Name: "no number", Value: math.NaN(), Dots: []float64{1}},
	}}}}
	if _, ok := Drawable(empty); ok {
		t.Error("there is nothing to draw")
	}
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, empty); err == nil || b.Len() > 0 {
		t.Errorf("SVG: error %v, %d bytes", err, b.Len())
	}
	if err := new(GoChart).PNG(&b, empty); err == nil || b.Len() > 0 {
		t.Errorf("PNG: error %v, %d bytes", err, b.Len())
	}
}

// Many sides share a colour: numbers tell them apart, and their names stay within the picture.
func TestManySidesDiffer(t *testing.T) {
	t.Parallel()
	f := Figure{Title: "x", Unit: "ms", Whisker: "interval"}
	for _, label := range []string{"1x10", "2x10"} {
		g := Group{Label: label, Note: "n = 3"}
		for i := range 9 {
			b := mark.Bar{Name: fmt.Sprintf("framework-with-a-long-name/%c", 'a'+i), Value: float64(10 + i), Low: 9, High: 20, Dots: []float64{9, 10, 20}}
			if i < 2 {
				b.Side = []mark.Side{mark.Baseline, mark.Candidate}[i]
			}
			g.Bars = append(g.Bars, b)
		}
		f.Groups = append(f.Groups, g)
	}
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, f); err != nil {
		t.Fatal(err)
	}
	numbers, names := map[string]int{}, map[string]string{}
	for _, m := range regexp.MustCompile(`<text x="(\d+)" y="(\d+)"[^>]*>(\d)( framework[^<]*)?</text>`).FindAllStringSubmatch(b.String(), -1) {
		if m[4] == "" {
			numbers[m[3]]++
			continue
		}
		names[m[3]] = m[1] + " " + m[2]
		if x, err := strconv.ParseFloat(m[1], 64); err != nil || x > 0.7*wide*screenDPI {
			t.Errorf("%s begins at %s (%v)", m[4], m[1], err)
		}
	}
	places := map[string]bool{}
	for n := range 9 {
		number := strconv.Itoa(n + 1)
		if numbers[number] < 2 || names[number] == "" || places[names[number]] {
			t.Errorf("side %s has %d numbers, and its name at %q", number, numbers[number], names[number])
		}
		places[names[number]] = true
	}
	// Two sides of two colours have their names alone.
	b.Reset()
	if err := new(GoChart).SVG(&b, figure("celery")); err != nil {
		t.Fatal(err)
	}
	if texts := readTexts(t, b.Bytes()); !texts["celery"] || texts["1 celery"] {
		t.Errorf("texts %v", texts)
	}
}

// A value below zero leads down from zero, and all of it is within the picture.
func TestBarsBelowZeroStayInThePicture(t *testing.T) {
	t.Parallel()
	f := figure("celery")
	down := &f.Groups[0].Bars[0]
	down.Value, down.Low, down.High, down.Dots = -340, -360, 2, []float64{-380, -340, -320}
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, f); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, m := range regexp.MustCompile(`\b[ML] (-?\d+) (-?\d+)|cx="(-?\d+)" cy="(-?\d+)"`).FindAllStringSubmatch(b.String(), -1) {
		n++
		x, errX := strconv.ParseFloat(m[1]+m[3], 64)
		y, errY := strconv.ParseFloat(m[2]+m[4], 64)
		if err := errors.Join(errX, errY); err != nil || x < 0 || x > wide*screenDPI || y < 0 || y > tall*screenDPI {
			t.Errorf("%s is outside (%v)", m[0], err)
		}
	}
	if n < 50 {
		t.Errorf("only %d places", n)
	}
	if texts := readTexts(t, b.Bytes()); !texts["-340"] || !texts["-400"] || !texts["0"] {
		t.Errorf("texts %v", texts)
	}
}

// Zero is a value: a chart of it has bars of no height.
func TestZeroesAreDrawn(t *testing.T) {
	t.Parallel()
	f := Figure{Title: "x", Groups: []Group{{Label: "l", Bars: []mark.Bar{{Name: "a", Dots: []float64{0}}}}}}
	var b bytes.Buffer
	if err := new(GoChart).SVG(&b, f); err != nil {
		t.Fatal(err)
	}
	readTexts(t, b.Bytes())
}
