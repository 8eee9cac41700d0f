package svg

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tqbench/tqbench/report/internal/mark"
)

func curve(side mark.Side, name string, of func(x float64) float64) mark.Line {
	l := mark.Line{Name: name, Side: side}
	for i := range 100 {
		x := float64(i) / 100
		y := of(x)
		l.Points = append(l.Points, mark.Point{X: x, Y: y, Low: 0.9 * y, High: 1.2 * y})
	}
	return l
}

// points are the absolute places along a path's data, in either form.
func points(t *testing.T, data string) [][2]float64 {
	t.Helper()
	number := regexp.MustCompile(`-?\d+(\.\d+)?`)
	var out [][2]float64
	var values []float64
	for _, s := range number.FindAllString(data, -1) {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	if len(values)%2 != 0 {
		t.Fatalf("%d coordinates in %.80s", len(values), data)
	}
	x, y := 0.0, 0.0
	for i := 0; i < len(values); i += 2 {
		if strings.HasPrefix(data, "m") {
			x, y = x+values[i], y+values[i+1]
		} else {
			x, y = values[i], values[i+1]
		}
		out = append(out, [2]float64{x, y})
	}
	return out
}

// A coarse drawing has the same paths, to half a unit, in fewer letters.
func TestCoarsePathsAreTheSamePaths(t *testing.T) {
	t.Parallel()
	fine := Latency("id", "title", []mark.Line{
		curve(mark.Baseline, "a", func(x float64) float64 { return 1 + x }),
		curve(mark.Candidate, "b", func(x float64) float64 { return math.Exp(5 * x) }),
	})
	coarse := Coarse(fine)
	if len(coarse) > len(fine)*2/3 {
		t.Errorf("%d bytes became %d", len(fine), len(coarse))
	}
	a, b := elements(t, fine), elements(t, coarse)
	if len(a) != len(b) {
		t.Fatalf("%d elements became %d", len(a), len(b))
	}
	paths := 0
	for i := range a {
		if a[i].name != "path" {
			continue
		}
		paths++
		p, q := points(t, a[i].attr["d"]), points(t, b[i].attr["d"])
		if len(p) != len(q) {
			t.Fatalf("%d points became %d", len(p), len(q))
		}
		for k := range p {
			if math.Abs(p[k][0]-q[k][0]) > 0.51 || math.Abs(p[k][1]-q[k][1]) > 0.51 {
				t.Fatalf("point %d moved from %v to %v", k, p[k], q[k])
			}
		}
		if strings.HasSuffix(a[i].attr["d"], "Z") != strings.HasSuffix(b[i].attr["d"], "z") {
			t.Error("a closed path isn't")
		}
	}
	if paths != 4 {
		t.Errorf("%d paths", paths)
	}
	if plain := `<path d="no path"/>`; Coarse(plain) != plain {
		t.Error("what is no path was changed")
	}
}

// More tasks are done within a longer time: the line never falls, and twice as fast is further left.
func TestSharesRiseWithLatency(t *testing.T) {
	t.Parallel()
	es := elements(t, Shares("id", "title", []mark.Line{
		curve(mark.Baseline, "a", func(x float64) float64 { return 10 + 10*x }),
		curve(mark.Candidate, "b", func(x float64) float64 { return 5 + 5*x }),
	}))
	// The first of each class is in the legend.
	a, b := classed(es, "line base-side"), classed(es, "line cand-side")
	if len(a) != 2 || len(b) != 2 {
		t.Fatalf("%d and %d lines", len(a), len(b))
	}
	slow, fast := points(t, a[1].attr["d"]), points(t, b[1].attr["d"])
	for i := 1; i < len(slow); i++ {
		if slow[i][0] < slow[i-1][0] || slow[i][1] > slow[i-1][1] {
			t.Fatalf("the line goes from %v to %v", slow[i-1], slow[i])
		}
	}
	if fast[0][0] >= slow[0][0] || fast[len(fast)-1][0] >= slow[len(slow)-1][0] {
		t.Error("the faster side isn't left of the slower one")
	}
	for _, want := range []string{"a: 10 % of tasks within 11.0 ms", "b: 10 % of tasks within 5.50 ms", "50 % of tasks within 15.0 ms"} {
		if !strings.Contains(es[2].text, want) {
			t.Errorf("the description %q lacks %q", es[2].text, want)
		}
	}
	if Shares("id", "title", []mark.Line{{Name: "one point", Points: []mark.Point{{X: 0.5, Y: 1, Low: 1, High: 1}}}}) != "" {
		t.Error("one point is drawn as a line")
	}
}

func TestDepthSaysItsHighestAndItsLast(t *testing.T) {
	t.Parallel()
	es := elements(t, Depth("id", "title", []mark.Line{curve(mark.Candidate, "b", func(x float64) float64 { return 100 * x * (1 - x) })}))
	if want := "b: at most 25.0 tasks, 0.990 at the end, after 0.990 s."; !strings.Contains(es[2].text, want) {
		t.Errorf("the description %q lacks %q", es[2].text, want)
	}
}
