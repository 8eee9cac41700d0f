package html

import (
	"encoding/json"
	"html/template"
	"math"
	"strconv"

	"github.com/tqbench/tqbench/report/internal/mark"
	"github.com/tqbench/tqbench/report/internal/view"
)

// zoomOpen begins the element that holds the data of a curve.
const zoomOpen = `<script type="application/json" class="zoom">`

// zoomed is a curve as a script draws it: for each line the places, the median over trials there, and the smallest and the
// largest trial.
type zoomed struct {
	// Kind is latency, completions or depth.
	Kind  string     `json:"kind"`
	Lines []zoomLine `json:"lines"`
}

type zoomLine struct {
	Name string `json:"name"`
	// Side is "base" or "cand".
	Side string     `json:"side"`
	X    []rounded6 `json:"x"`
	Y    []rounded6 `json:"y"`
	Low  []rounded6 `json:"low"`
	High []rounded6 `json:"high"`
}

// rounded6 is written with six digits, which is more than any screen shows, and half as long as all.
type rounded6 float64

// MarshalJSON writes a number, and null for what JSON has no number for.
func (v rounded6) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(v), 'g', 6, 64), nil
}

// zoom is the element that holds the data of a curve. A name in it can't end it: JSON is written with escaped brackets.
func zoom(kind string, lines []mark.Line) template.HTML {
	z := zoomed{Kind: kind}
	for _, l := range lines {
		out := zoomLine{Name: l.Name, Side: view.SideClass(l.Side)}
		for _, p := range l.Points {
			// A quantile of 1 lies infinitely far out on its axis.
			if kind == "latency" && p.X >= 1 {
				continue
			}
			out.X, out.Y = append(out.X, rounded6(p.X)), append(out.Y, rounded6(p.Y))
			out.Low, out.High = append(out.Low, rounded6(p.Low)), append(out.High, rounded6(p.High))
		}
		z.Lines = append(z.Lines, out)
	}
	data, err := json.Marshal(z)
	if err != nil {
		return "" // no value of these types fails
	}
	return template.HTML(zoomOpen + string(data) + `</script>`)
}
