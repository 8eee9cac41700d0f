package axis

import "math"

// Scale places a value of the data on the drawing.
type Scale func(v float64) float64

// Linear maps low..high to from..to evenly.
func Linear(low, high, from, to float64) Scale {
	if low == high {
		return func(float64) float64 { return (from + to) / 2 }
	}
	return func(v float64) float64 { return from + (v-low)/(high-low)*(to-from) }
}

// Logarithmic maps low..high, both above zero, so that equal ratios are equally far apart.
func Logarithmic(low, high, from, to float64) Scale {
	even := Linear(math.Log(low), math.Log(high), from, to)
	return func(v float64) float64 { return even(math.Log(v)) }
}

// Tail maps quantiles below 1 by log(1/(1-q)): each further nine gets the same room, since the slowest tasks are
// the ones that a queue is judged by.
func Tail(low, high, from, to float64) Scale {
	nines := func(q float64) float64 { return -math.Log1p(-q) }
	even := Linear(nines(low), nines(high), from, to)
	return func(q float64) float64 { return even(nines(q)) }
}
