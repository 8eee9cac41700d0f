package selfcheck

import (
	"fmt"
	"math"
	"slices"

	"github.com/tqbench/tqbench/stats"
)

// Figure is a measured value, with an interval if there were enough rounds.
type Figure struct {
	Value float64 `json:"value"`
	// Low and High are the interval's ends; both are Value where there is none.
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Values are what each round measured.
	Values []float64 `json:"values,omitempty"`
	// Goal is what it ought to be, nil where nothing was promised.
	Goal *Goal `json:"goal,omitempty"`
}

// Goal is a figure's bound, and whether the figure keeps it.
type Goal struct {
	Bound float64 `json:"bound"`
	// Most is true where the figure is to be at most the bound, and not at least.
	Most bool `json:"most"`
	Met  bool `json:"met"`
	// Sure is false where the figure's interval has both sides of the bound.
	Sure bool `json:"sure"`
}

func (g Goal) String() string {
	side := "at least"
	if g.Most {
		side = "at most"
	}
	return fmt.Sprintf("%s %g", side, g.Bound)
}

// Verdict says whether the goal is met.
func (g Goal) Verdict() string {
	verdict := "missed"
	if g.Met {
		verdict = "met"
	}
	if !g.Sure {
		verdict += " (interval includes the goal)"
	}
	return verdict
}

// exactly is a figure without an interval.
func exactly(v float64) Figure { return Figure{Value: v, Low: v, High: v} }

// medianOf is the median of rounds, with the interval that an analysis would give it.
func medianOf(values []float64) Figure {
	i := stats.MedianOrRange(values, stats.Confidence)
	return Figure{Value: i.Estimate, Low: i.Low, High: i.High, Values: slices.Clone(values)}
}

// over is by what the rounds of one way are above those of another: the ratio of geometric means, with the interval that
// a comparison of runs would give it. It supposes nothing of which rounds stood side by side, and is the wider for it.
func over(values, base []float64) (Figure, error) {
	u, err := stats.CompareUnpaired(base, values)
	if err != nil {
		return Figure{}, err
	}
	return Figure{Value: u.Ratio.Estimate, Low: u.Ratio.Low, High: u.Ratio.High}, nil
}

// atLeast holds the figure to a goal; one of 0 is none.
func (f Figure) atLeast(bound float64) Figure {
	if bound > 0 {
		f.Goal = &Goal{Bound: bound, Met: f.Value >= bound, Sure: f.Low >= bound || f.High < bound}
	}
	return f
}

// atMost holds the figure to a goal.
func (f Figure) atMost(bound float64) Figure {
	f.Goal = &Goal{Bound: bound, Most: true, Met: f.Value <= bound, Sure: f.High <= bound || f.Low > bound}
	return f
}

// verdict is what a table says of the figure's goal.
func (f Figure) verdict() (goal, verdict string) {
	if f.Goal == nil {
		return "", ""
	}
	return f.Goal.String(), f.Goal.Verdict()
}

// in writes the figure with its interval, digits behind the point.
func (f Figure) in(digits int) string {
	if f.Low == f.High {
		return fmt.Sprintf("%.*f", digits, f.Value)
	}
	return fmt.Sprintf("%.*f (%.*f..%.*f)", digits, f.Value, digits, f.Low, digits, f.High)
}

// ratio writes a ratio with three digits, and more where it is large.
func (f Figure) ratio() string {
	return f.in(max(0, 2-int(math.Floor(math.Log10(math.Max(f.Value, 0.01))))))
}
