package svg

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/mark"
)

type element struct {
	name string
	attr map[string]string
	text string
}

// elements reads a drawing strictly.
func elements(t *testing.T, s string) []element {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(s))
	var out []element
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, s)
		}
		switch e := token.(type) {
		case xml.StartElement:
			x := element{name: e.Name.Local, attr: map[string]string{}}
			for _, a := range e.Attr {
				x.attr[a.Name.Local] = a.Value
			}
			out = append(out, x)
		case xml.CharData:
			out[len(out)-1].text += string(e)
		}
	}
}

// place reads a coordinate.
func place(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func classed(es []element, class string) []element {
	var out []element
	for _, e := range es {
		if e.attr["class"] == class {
			out = append(out, e)
		}
	}
	return out
}

func TestBarsBeginAtZeroAndKeepTheirRatio(t *testing.T) {
	t.Parallel()
	es := elements(t, Bars("id", "title", "tasks/s", []mark.Bar{
		{Name: "a", Side: mark.Baseline, Value: 1000, Low: 900, High: 1100, Dots: []float64{900, 1000, 1150}},
		{Name: "b", Side: mark.Candidate, Value: 3000, Low: 2900, High: 3100, Dots: []float64{2950, 3050}},
	}))
	a, b := classed(es, "bar base-side"), classed(es, "bar cand-side")
	if len(a) != 1 || len(b) != 1 {
		t.Fatalf("%d and %d bars", len(a), len(b))
	}
	if a[0].attr["x"] != b[0].attr["x"] {
		t.Error("the bars begin at different places")
	}
	if got := place(t, b[0].attr["width"]) / place(t, a[0].attr["width"]); math.Abs(got-3) > 0.01 {
		t.Errorf("the bars' lengths have the ratio %v, the values 3", got)
	}
	if n := len(classed(es, "dot base-side")) + len(classed(es, "dot cand-side")); n != 5 {
		t.Errorf("%d dots for 5 trials", n)
	}
	desc := es[2].text
	for _, want := range []string{"a: 1,000 tasks/s, interval 900 to 1,100, n = 3.", "b: 3,000 tasks/s"} {
		if !strings.Contains(desc, want) {
			t.Errorf("the description %q lacks %q", desc, want)
		}
	}
}

// A value below zero leads to the left of zero, and all of it is within the drawing.
func TestBarsBelowZeroStayInTheDrawing(t *testing.T) {
	t.Parallel()
	es := elements(t, Bars("id", "title", "% more", []mark.Bar{
		{Name: "a", Side: mark.Baseline, Value: -190, Low: -210, High: 5, Dots: []float64{-230, -190, -150}},
		{Name: "b", Side: mark.Candidate, Value: 31, Low: 20, High: 40, Dots: []float64{31, 33}},
	}))
	zero := place(t, classed(es, "base")[0].attr["x1"])
	a, b := classed(es, "bar base-side")[0], classed(es, "bar cand-side")[0]
	from, wide := place(t, a.attr["x"]), place(t, a.attr["width"])
	if math.Abs(from+wide-zero) > 0.2 || math.Abs(place(t, b.attr["x"])-zero) > 0.2 || math.Abs(wide/place(t, b.attr["width"])-190.0/31) > 0.05 {
		t.Errorf("the bars are %v and %v, zero is at %v", a, b, zero)
	}
	for _, e := range es {
		for _, name := range []string{"x", "x1", "x2", "cx"} {
			if s, ok := e.attr[name]; ok && (place(t, s) < 0 || place(t, s) > width) {
				t.Errorf("%s has %s at %s", e.name, name, s)
			}
		}
	}
}

func TestRatiosHaveTheirLineAtOne(t *testing.T) {
	t.Parallel()
	es := elements(t, Ratios("id", "title", 0.05, []mark.Strip{
		{Label: "sure", Verdict: "faster", Side: mark.Candidate, Value: 2, Low: 1.8, High: 2.2, Dots: []float64{1.9, 2.1}},
		{Label: "open", Verdict: "undecided", Side: mark.Neutral, Value: 1.02, Low: 0.9, High: 1.2, Dots: []float64{0.9, 1.1}},
		{Label: "log needs more than zero", Verdict: "faster", Side: mark.Candidate, Value: 0, Low: 0, High: 0, Dots: []float64{0}},
	}))
	one := classed(es, "one")
	if len(one) != 1 {
		t.Fatalf("%d lines at 1", len(one))
	}
	x := place(t, one[0].attr["x1"])
	open := classed(es, "interval no-side")
	if len(open) != 1 {
		t.Fatalf("%d neutral intervals, want that of the undecided metric", len(open))
	}
	from := place(t, open[0].attr["x"])
	if to := from + place(t, open[0].attr["width"]); !(from < x && x < to) {
		t.Errorf("the interval around 1 lies at %v to %v, 1 at %v", from, to, x)
	}
	sure := classed(es, "interval cand-side")
	if len(sure) != 1 || place(t, sure[0].attr["x"]) <= x {
		t.Error("the interval above 1 isn't right of the line, or the one at zero was drawn")
	}
	if m := classed(es, "margin"); len(m) != 1 || place(t, m[0].attr["x"]) >= x {
		t.Error("the margin isn't around 1")
	}
	if n := len(classed(es, "dot no-side")); n != 4 {
		t.Errorf("%d dots for 4 blocks", n)
	}
}

func TestLatencyLeavesOutWhatHasNoPlaceOnItsAxes(t *testing.T) {
	t.Parallel()
	points := []mark.Point{
		{X: 0.99, Y: 20, Low: 15, High: 30}, {X: 0.5, Y: 2, Low: 1.5, High: 2.5}, {X: 0.9, Y: 5, Low: 4, High: 6},
		{X: 1, Y: 90, Low: 80, High: 100}, {X: 0.1, Y: 0, Low: 0, High: 1}, {X: 0.7, Y: math.NaN(), Low: 1, High: 1},
	}
	s := Latency("id", "title", []mark.Line{{Name: "a", Side: mark.Baseline, Points: points}})
	es := elements(t, s)
	line := classed(es, "line base-side")
	// The legend has a line of that class too.
	if len(line) != 2 || line[1].name != "path" {
		t.Fatalf("lines %v", line)
	}
	if got := strings.Count(line[1].attr["d"], "L"); got != 2 {
		t.Errorf("%d steps of the line, want 2: %s", got, line[1].attr["d"])
	}
	if strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
		t.Error("a coordinate is no number")
	}
	if desc := es[2].text; !strings.Contains(desc, "a: 2.00 ms at percentile 50, 5.00 ms at percentile 90, 20.0 ms at percentile 99.") {
		t.Errorf("description %q", desc)
	}
}

// A long run has more points than a screen has columns; none is needed twice, but the last one ends the curve.
func TestCompletionsAreThinnedToWhatCanBeSeen(t *testing.T) {
	t.Parallel()
	var points []mark.Point
	for i := range 100_000 {
		x := float64(i) / 10
		points = append(points, mark.Point{X: x, Y: 3 * x, Low: 2 * x, High: 4 * x})
	}
	s := Completions("id", "title", []mark.Line{{Name: "a", Side: mark.Candidate, Points: points}})
	if len(s) > 20_000 {
		t.Errorf("the drawing has %d bytes", len(s))
	}
	es := elements(t, s)
	if desc := es[2].text; !strings.Contains(desc, "a: 30,000 tasks after 10,000 s.") {
		t.Errorf("description %q", desc)
	}
}

func TestThereIsNoChartWithoutData(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, got := range map[string]string{
		"no bars":        Bars("i", "t", "u", nil),
		"no trials":      Bars("i", "t", "u", []mark.Bar{{Name: "a", Value: 3}}),
		"no number":      Bars("i", "t", "u", []mark.Bar{{Name: "a", Value: nan, Dots: []float64{nan}}}),
		"no lines":       Latency("i", "t", nil),
		"no points":      Latency("i", "t", []mark.Line{{Name: "a"}}),
		"one point":      Latency("i", "t", []mark.Line{{Name: "a", Points: []mark.Point{{X: 0.5, Y: 1, Low: 1, High: 1}}}}),
		"no completions": Completions("i", "t", nil),
		"no strips":      Ratios("i", "t", 0.05, nil),
		"no blocks":      Ratios("i", "t", 0.05, []mark.Strip{{Value: 1, Low: 1, High: 1}}),
	} {
		if got != "" {
			t.Errorf("%s: %.60s", name, got)
		}
	}
}

// Zeroes and equal values are data, and have a place.
func TestFlatDataIsDrawn(t *testing.T) {
	t.Parallel()
	flat := []mark.Point{{X: 0, Y: 5, Low: 5, High: 5}, {X: 0.5, Y: 5, Low: 5, High: 5}}
	zero := []mark.Point{{}, {}}
	for name, got := range map[string]string{
		"zero throughput":  Bars("i", "t", "u", []mark.Bar{{Name: "a", Dots: []float64{0, 0}}}),
		"flat latency":     Latency("i", "t", []mark.Line{{Name: "a", Points: flat}}),
		"zero completions": Completions("i", "t", []mark.Line{{Name: "a", Points: zero}}),
		"ratios of one":    Ratios("i", "t", 0, []mark.Strip{{Value: 1, Low: 1, High: 1, Dots: []float64{1, 1}}}),
	} {
		if got == "" || strings.Contains(got, "NaN") || strings.Contains(got, "Inf") {
			t.Errorf("%s: %s", name, got)
			continue
		}
		elements(t, got)
	}
}

func TestNamesAreEscaped(t *testing.T) {
	t.Parallel()
	evil := `</text><script>alert("x")</script>&'`
	for _, s := range []string{
		Bars(`i"d`, evil, evil, []mark.Bar{{Name: evil, Value: 1, Low: 1, High: 1, Dots: []float64{1}}}),
		Latency(`i"d`, evil, []mark.Line{{Name: evil, Points: []mark.Point{{X: 0.1, Y: 1, Low: 1, High: 1}, {X: 0.5, Y: 1, Low: 1, High: 1}}}}),
		Completions(`i"d`, evil, []mark.Line{{Name: evil, Points: []mark.Point{{X: 0, Y: 1}, {X: 1, Y: 1}}}}),
		Ratios(`i"d`, evil, 0.05, []mark.Strip{{Label: evil, Verdict: evil, Value: 1, Low: 1, High: 1, Dots: []float64{1}}}),
	} {
		for _, e := range elements(t, s) {
			if e.name == "script" {
				t.Error("a name has opened a tag")
			}
		}
	}
}

// Each series has marks of its own form, a line only where one is asked for, and nothing where a point has no trial.
func TestSweepsKeepToTheirPoints(t *testing.T) {
	t.Parallel()
	bar := func(v float64, n int) mark.Bar {
		return mark.Bar{Value: v, Low: 0.9 * v, High: 1.1 * v, Dots: make([]float64, n)}
	}
	s := Sweep("id", "title", "tasks/s", "point", []string{"1", "2", "4"}, []mark.Series{
		{Name: "a", Side: mark.Baseline, Points: []mark.Bar{bar(100, 2), bar(200, 2), bar(400, 3)}, Joined: []bool{false, true, false}},
		{Name: "b", Side: mark.Candidate, Points: []mark.Bar{bar(50, 2), bar(0, 0), bar(80, 2)}, Joined: []bool{false, true, true}},
		{Name: "c", Side: mark.Neutral, Points: []mark.Bar{bar(10, 1), bar(20, 1), bar(math.Inf(1), 1)}},
	}, false)
	es := elements(t, s)
	// One of each class is in the legend.
	squares, circles, triangles := classed(es, "dot base-side"), classed(es, "dot cand-side"), classed(es, "dot no-side")
	if len(squares) != 4 || len(circles) != 3 || len(triangles) != 3 || squares[1].name != "rect" || circles[1].name != "circle" || triangles[1].name != "path" {
		t.Errorf("%d squares, %d circles, %d triangles", len(squares), len(circles), len(triangles))
	}
	if n := len(classed(es, "whisker")); n != 3*(3+2+2) {
		t.Errorf("%d lines of whiskers", n)
	}
	lines := classed(es, "line base-side")
	if len(lines) != 2 || strings.Count(lines[1].attr["d"], "L") != 1 {
		t.Errorf("lines %v", lines)
	}
	if n := len(classed(es, "line cand-side")); n != 1 {
		t.Errorf("a line leads over a point without trials")
	}
	// From zero: 400 stands four times as high as 100.
	base := place(t, classed(es, "base")[0].attr["y1"])
	middle := func(e element) float64 { return place(t, e.attr["y"]) + place(t, e.attr["height"])/2 }
	if got := (base - middle(squares[3])) / (base - middle(squares[1])); math.Abs(got-4) > 0.05 {
		t.Errorf("the heights have the ratio %v, the values 4", got)
	}
	if desc := es[2].text; !strings.Contains(desc, "a: 1 100 (90.0 to 110, n = 2), 2 200 (180 to 220, n = 2), 4 400") || strings.Contains(desc, "infinite") {
		t.Errorf("description %q", desc)
	}
	// On a logarithmic axis, 10 and 100 are as far apart as 100 and 1000; with a zero there is none.
	wide := []mark.Series{{Name: "a", Points: []mark.Bar{bar(10, 2), bar(100, 2), bar(1000, 2)}}}
	dots := classed(elements(t, Sweep("id", "t", "bytes", "point", []string{"1", "2", "3"}, wide, true)), "dot no-side")
	if up, further := middle(dots[1])-middle(dots[2]), middle(dots[2])-middle(dots[3]); up <= 0 || math.Abs(up-further) > 0.2 {
		t.Errorf("the steps are %v and %v", up, further)
	}
	wide[0].Points[0] = bar(0, 2)
	if s := Sweep("id", "t", "bytes", "point", []string{"1", "2", "3"}, wide, true); strings.Contains(s, "log") || !strings.Contains(s, "from zero") {
		t.Error("zero stands on a logarithmic axis")
	}
	for name, got := range map[string]string{
		"no series": Sweep("i", "t", "u", "point", []string{"1"}, nil, false),
		"no trials": Sweep("i", "t", "u", "point", []string{"1"}, []mark.Series{{Name: "a", Points: []mark.Bar{bar(1, 0)}}}, false),
		"no points": Sweep("i", "t", "u", "point", nil, []mark.Series{{Name: "a", Points: []mark.Bar{bar(1, 1)}}}, false),
	} {
		if got != "" {
			t.Errorf("%s: %.60s", name, got)
		}
	}
	evil := `</text><script>alert("x")</script>&'`
	for _, e := range elements(t, Sweep(`i"d`, evil, evil, evil, []string{evil}, []mark.Series{{Name: evil, Points: []mark.Bar{bar(1, 1)}}}, false)) {
		if e.name == "script" {
			t.Error("a name has opened a tag")
		}
	}
}

// What doesn't count has no side's colour, is dashed, and no line leads to it or on from it.
func TestSweepsTellApartWhatDoesNotCount(t *testing.T) {
	t.Parallel()
	bar := func(v float64) mark.Bar {
		return mark.Bar{Value: v, Low: v, High: v, Dots: []float64{v, v}}
	}
	spoiled := bar(30)
	spoiled.Spoiled = true
	joined := []bool{false, true, true, true, true}
	es := elements(t, Sweep("id", "title", "tasks/s", "point", []string{"1", "2", "3", "4", "5"}, []mark.Series{
		{Name: "a", Side: mark.Baseline, Points: []mark.Bar{bar(10), bar(20), spoiled, bar(40), bar(50)}, Joined: joined},
	}, false))
	if n, own := len(classed(es, "dot no-side spoiled")), len(classed(es, "dot base-side")); n != 1 || own != 5 {
		t.Errorf("%d marks don't count, %d with that of the legend do", n, own)
	}
	lines := classed(es, "line base-side")
	if len(lines) != 3 || strings.Count(lines[1].attr["d"], "L") != 1 || strings.Count(lines[2].attr["d"], "L") != 1 {
		t.Errorf("lines %v", lines)
	}
	if desc := es[2].text; !strings.Contains(desc, "3 30.0 (30.0 to 30.0, n = 2, not valid), 4 40.0 (40.0 to 40.0, n = 2)") {
		t.Errorf("description %q", desc)
	}
}

// Ten series have ten marks: by their form, and filled or not.
func TestManySeriesHaveMarksOfTheirOwn(t *testing.T) {
	t.Parallel()
	var series []mark.Series
	for i := range 10 {
		series = append(series, mark.Series{Name: string(rune('a' + i)), Points: []mark.Bar{{Value: 1, Low: 1, High: 1, Dots: []float64{1}}}})
	}
	seen := map[string]string{}
	n := 0
	for _, e := range elements(t, Sweep("id", "t", "u", "point", []string{"1"}, series, false)) {
		if !strings.HasPrefix(e.attr["class"], "dot ") {
			continue
		}
		form := e.name + " " + e.attr["class"]
		var ys []float64
		for _, p := range strings.Split(strings.Trim(e.attr["d"], "MZ"), "L") {
			if _, y, ok := strings.Cut(p, " "); ok {
				ys = append(ys, place(t, y))
			}
		}
		for _, y := range ys {
			form += strconv.FormatBool(y > ys[0])
		}
		// The legend has each first, and then come the points in the same order.
		if n++; n > len(series) {
			continue
		}
		if other := seen[form]; other != "" {
			t.Errorf("series %d has the mark of %s: %s", n, other, form)
		}
		seen[form] = strconv.Itoa(n)
	}
	if n != 2*len(series) {
		t.Errorf("%d marks", n)
	}
}
