// Package mark holds what a chart shows, apart from how: the charts of the page and the chart files are drawn from
// the same marks.
package mark

import (
	"math"
	"slices"
)

// Side is the side of a comparison that a mark belongs to. Neutral marks belong to none: a verdict that is no
// verdict has no winner's colour.
type Side int

// The sides.
const (
	Neutral Side = iota
	Baseline
	Candidate
)

// Bar is an estimate with its interval and the single trials behind it.
type Bar struct {
	Name      string
	Side      Side
	Value     float64
	Low, High float64
	Dots      []float64
	// Spoiled is true where none of its trials counts: it is shown, and parts of nothing.
	Spoiled bool
}

// Ends are the lowest and the highest of the values that are drawn of it.
func (b Bar) Ends() (low, high float64) {
	all := append([]float64{b.Value, b.Low, b.High}, b.Dots...)
	return slices.Min(all), slices.Max(all)
}

// Line is a curve with the band of its trials.
type Line struct {
	Name   string
	Side   Side
	Points []Point
}

// Point is a point of a line: the median over trials, and the smallest and largest.
type Point struct {
	X, Y, Low, High float64
}

// Series is one arm along the points of a sweep. A point without dots has no data.
type Series struct {
	Name   string
	Side   Side
	Points []Bar
	// Joined has for each point whether a line leads to it from the one before.
	Joined []bool
	// Ring is the number, from 1, of the point that is a knee; 0 if none is.
	Ring int
}

// Strip is the ratio of one metric: its interval, and one dot a block.
type Strip struct {
	Label string
	// Verdict is next to the strip in words.
	Verdict string
	// Side is the one that the verdict puts ahead.
	Side      Side
	Value     float64
	Low, High float64
	// Least and Most are the interval whatever noise did; both are 0 where noise did nothing visible.
	Least, Most float64
	Dots        []float64
}

// Finite tells whether all values can be drawn.
func Finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}
