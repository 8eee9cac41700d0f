package stats

import (
	"math"
	"sort"

	"github.com/tqbench/tqbench/stats/sequential"
)

// Bound asks whether the ratio of candidate over baseline is beyond a limit, such as below 0.95.
type Bound struct {
	Blocks Blocks
	// Limit is a ratio above 0. Ratios above it are beyond if Above is true, and those below it otherwise.
	Limit float64
	Above bool
	// Scale is that of the looks at blocks that came in one after another, see BoundScale; the zero value is for a single look.
	Scale sequential.Scale
}

// Place is where a ratio is with respect to a bound.
type Place string

// The places.
const (
	// Beyond: the ratio is surely beyond the limit.
	Beyond Place = "beyond"
	// Within: it is surely not.
	Within Place = "within"
	// Unknown: the blocks don't say.
	Unknown Place = "unknown"
)

// Placement is what is said of one bound of a family.
type Placement struct {
	Place Place
	// Grade is empty where the place is unknown.
	Grade Grade
	// Beyond are the p-values of the ratio not being beyond the limit, for all looks and corrected for the family. Within are those
	// of its being beyond, for all looks.
	Beyond, Within PValues
	// Need is how many blocks would decide, where the place is unknown, if the ratio and its spread stay as they are: 0 means
	// more than MaxNeed.
	Need int
}

// boundSpending is how the looks at bounds use up their error rates. A change of no importance is far from the limit, so an early
// look should be able to see that; docs/gate.md has the simulation of this and of O'Brien and Fleming's function.
func boundSpending() sequential.Spending { return sequential.Power(2) }

// BoundScale is the scale for looks at bounds.
func BoundScale(looks []sequential.Look) (sequential.Scale, error) {
	return sequential.NewScaleAt(boundSpending(), looks)
}

// PlaceAll decides a family of bounds, at least MinBlocks blocks for each.
//
// Beyond takes a paired t-test of the log ratios against the limit that stays below Alpha, two-sided, for all looks and after
// Holm's correction over the family: the chance that any of them is wrongly called so is at most half of Alpha. Within takes
// a one-sided t-test that stays below Alpha for all looks, like each of the two of TOST. It isn't corrected: where only a
// family that is within altogether passes, each wrong pass needs the one that is beyond to be called within (Berger,
// "Multiparameter hypothesis testing and acceptance sampling", Technometrics 24, 1982). Beyond also takes a median block on its
// side, as in Judge. The grade is Sure where the place is the same at both ends of the brackets.
func PlaceAll(family []Bound) []Placement {
	plain, bracketed := make([]float64, len(family)), make([]float64, len(family))
	out := make([]Placement, len(family))
	for i, b := range family {
		out[i].Beyond, out[i].Within = b.test(1), b.test(-1)
		plain[i], bracketed[i] = out[i].Beyond.Plain, out[i].Beyond.Bracketed
	}
	plain, factors := Holm(plain)
	bracketed, _ = Holm(bracketed)
	for i, b := range family {
		p := &out[i]
		p.Beyond = PValues{plain[i], bracketed[i]}
		p.Place, p.Grade = b.place(*p)
		if p.Place == Unknown {
			p.Need = b.need(factors[i])
		}
	}
	return out
}

// past are the logarithms' distances beyond the limit: positive where they are beyond it.
func (b Bound) past(logs []float64) []float64 {
	limit, sign := math.Log(b.Limit), -1.0
	if b.Above {
		sign = 1
	}
	out := make([]float64, len(logs))
	for i, x := range logs {
		out[i] = sign * (x - limit)
	}
	return out
}

// test is the test for the side of the limit, 1 for beyond and -1 for within, for all looks: two-sided p-values of ratios on that
// side, and 1 of others. Bracketed is that of the worst end.
func (b Bound) test(side float64) PValues {
	value := func(logs []float64) float64 {
		m := MomentsOf(b.past(logs))
		switch {
		case m.N > 1 && m.SD == 0 && m.Mean == 0 && side < 0:
			return 0 // it is at the limit in every block, which isn't beyond
		case m.N < 2 || side*m.Mean <= 0:
			return 1
		}
		return b.Scale.P(pairedT(m).P)
	}
	p := PValues{Plain: value(b.Blocks.Logs())}
	p.Bracketed = max(p.Plain, value(b.Blocks.Lows()), value(b.Blocks.Highs()))
	return p
}

// place is the place by p-values that were corrected for the family.
func (b Bound) place(p Placement) (Place, Grade) {
	if len(b.Blocks) < MinBlocks {
		return Unknown, ""
	}
	beyond := func(logs []float64) bool { return side(b.past(logs)) > 0 }
	switch {
	case p.Beyond.Plain < Alpha && beyond(b.Blocks.Logs()):
		return Beyond, graded(p.Beyond.Bracketed < Alpha && beyond(b.Blocks.Lows()) && beyond(b.Blocks.Highs()))
	case p.Within.Plain < 2*Alpha:
		return Within, graded(p.Within.Bracketed < 2*Alpha)
	}
	return Unknown, ""
}

func graded(sure bool) Grade {
	if sure {
		return Sure
	}
	return Here
}

// need estimates how many blocks would decide.
func (b Bound) need(factor int) int {
	m := MomentsOf(b.past(b.Blocks.Logs()))
	if m.N < 2 {
		return 0
	}
	level := 2 * Alpha
	if m.Mean > 0 {
		level = Alpha / float64(factor)
	}
	least := max(MinBlocks, len(b.Blocks)+1)
	n := least + sort.Search(max(0, MaxNeed+1-least), func(i int) bool { return math.Abs(m.Mean) > halfWidth(m.SD, least+i, 1-level) })
	if n > MaxNeed {
		return 0
	}
	return n
}
