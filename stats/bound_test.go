package stats

import (
	"math"
	"slices"
	"testing"

	"github.com/tqbench/tqbench/stats/sequential"
)

// around are nine blocks whose log ratios are about that of a ratio, by up to 2 %.
func around(ratio float64) Blocks {
	var logs []float64
	for i := range 9 {
		logs = append(logs, math.Log(ratio)+0.02*float64(i%3-1))
	}
	return Exactly(logs)
}

func TestBoundsArePlacedOnTheRightSide(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		bound Bound
		place Place
		grade Grade
	}{
		{"surely below", Bound{Blocks: around(0.9), Limit: 0.95}, Beyond, Sure},
		{"surely not below", Bound{Blocks: around(1), Limit: 0.95}, Within, Sure},
		{"about the limit", Bound{Blocks: around(0.95), Limit: 0.95}, Unknown, ""},
		{"surely above", Bound{Blocks: around(1.2), Limit: 1.1, Above: true}, Beyond, Sure},
		{"surely not above", Bound{Blocks: around(1), Limit: 1.1, Above: true}, Within, Sure},
		{"five blocks", Bound{Blocks: around(0.9)[:5], Limit: 0.95}, Unknown, ""},
		{"no block", Bound{Limit: 0.95}, Unknown, ""},
		{"the median isn't on the side of the mean", Bound{Blocks: Exactly([]float64{-3, -3, -3, -3, 0.01, 0.01, 0.02, 0.01, 0.01, 0.02}), Limit: 0.999}, Unknown, ""},
		{"without spread", Bound{Blocks: Exactly(make([]float64, 8)), Limit: 0.95}, Within, Sure},
		{"without spread at the limit", Bound{Blocks: Exactly(make([]float64, 8)), Limit: 1}, Within, Sure},
		{"noise may have made it", Bound{Blocks: widened(around(0.9), 0.1), Limit: 0.95}, Beyond, Here},
		{"noise may hide it", Bound{Blocks: widened(around(1), 0.1), Limit: 0.95}, Within, Here},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := slices.Clone(test.bound.Blocks)
			p := PlaceAll([]Bound{test.bound})[0]
			if p.Place != test.place || p.Grade != test.grade {
				t.Errorf("%s %q, want %s %q (%+v)", p.Place, p.Grade, test.place, test.grade, p)
			}
			if !slices.Equal(before, test.bound.Blocks) {
				t.Error("the blocks were changed")
			}
		})
	}
}

// widened are blocks with brackets that reach as far as by.
func widened(b Blocks, by float64) Blocks {
	for i := range b {
		b[i].Low, b[i].High = b[i].Low-by, b[i].High+by
	}
	return b
}

// A family makes it harder to fail, and not to pass.
func TestOnlyFailuresAreCorrectedForTheFamily(t *testing.T) {
	t.Parallel()
	alone := PlaceAll([]Bound{{Blocks: around(0.93), Limit: 0.95}})[0]
	var family []Bound
	for range 8 {
		family = append(family, Bound{Blocks: around(0.93), Limit: 0.95}, Bound{Blocks: around(0.98), Limit: 0.95})
	}
	among := PlaceAll(family)
	if !(among[0].Beyond.Plain > 10*alone.Beyond.Plain) {
		t.Errorf("p %g alone and %g among 16", alone.Beyond.Plain, among[0].Beyond.Plain)
	}
	pass := PlaceAll(family[1:2])[0]
	if pass.Place != Within || among[1].Within != pass.Within {
		t.Errorf("%+v alone and %+v among 16", pass, among[1])
	}
}

func TestTheNeedOfABoundGrowsTowardsTheLimit(t *testing.T) {
	t.Parallel()
	need := func(ratio float64) int {
		b := Bound{Blocks: around(ratio), Limit: 0.95}
		return b.need(1)
	}
	if near, far := need(0.953), need(0.962); !(near > far && far > 9) || need(0.95) != 0 {
		t.Errorf("%d blocks near the limit, %d further away, %d at it", near, far, need(0.95))
	}
	if n := (Bound{Blocks: around(1)[:1], Limit: 0.95}).need(1); n != 0 {
		t.Errorf("one block needs %d", n)
	}
}

// Repeated looks take more than one.
func TestLooksAtABoundTakeMore(t *testing.T) {
	t.Parallel()
	scale, err := BoundScale([]sequential.Look{{Fraction: 0.25, Data: 10}})
	if err != nil {
		t.Fatal(err)
	}
	b := Bound{Blocks: around(0.96), Limit: 0.95}
	once := PlaceAll([]Bound{b})[0]
	b.Scale = scale
	if early := PlaceAll([]Bound{b})[0]; !(early.Within.Plain > 3*once.Within.Plain) {
		t.Errorf("p %g at an early look, %g at the only one", early.Within.Plain, once.Within.Plain)
	}
	if _, err := BoundScale([]sequential.Look{{Fraction: 0.5, Data: 5}, {Fraction: 0.2, Data: 8}}); err == nil {
		t.Error("falling fractions make a scale")
	}
	if levels, err := sequential.LevelsBy(boundSpending(), 0.05, []float64{0.2, 1}); err != nil || math.Abs(levels[0]-0.002) > 1e-6 {
		t.Errorf("levels %v, %v: a fifth of the data may use a twenty-fifth of the rate", levels, err)
	}
}
