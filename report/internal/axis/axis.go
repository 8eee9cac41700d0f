// Package axis chooses the ticks of a chart's axis and places values along it.
//
// Ticks are at numbers that people count in, 1, 2 and 5 times a power of ten, and reach around the data, so that
// no mark lies beyond the last label.
package axis

import (
	"math"

	"github.com/tqbench/tqbench/report/internal/number"
)

// Tick is a labelled place on an axis.
type Tick struct {
	Value float64
	Label string
}

// FromZero spans zero to high in about n steps. Lengths are compared from zero or they mislead.
func FromZero(high float64, n int) []Tick { return WithZero(0, high, n) }

// WithZero spans zero and low to high in about n steps, for what may be below zero.
func WithZero(low, high float64, n int) []Tick {
	low, high = math.Min(low, 0), math.Max(high, 0)
	// Below the smallest there is no room left for a step.
	if span := high - low; !(span > 1e-300) || math.IsInf(span, 0) {
		low, high = 0, 1
	}
	return steps(low, high, (high-low)/float64(n))
}

// Log spans low to high, both above zero, on a logarithmic axis: at 1, 2 and 5 where that leaves few enough ticks
// to read, else at powers of ten.
func Log(low, high float64) []Tick {
	if !(low > 0) || !(high >= low) || math.IsInf(high, 0) {
		low, high = 1, 10
	}
	const most = 9
	mantissas := []float64{1, 2, 5}
	from := int(math.Floor(math.Log10(low)))
	to := int(math.Ceil(math.Log10(high)))
	stride := 1
	if decades := to - from; decades*len(mantissas) > most {
		mantissas = mantissas[:1]
		stride = (decades + most - 1) / most
	}
	var ticks []Tick
	for e := from; e <= to+stride; e += stride {
		for _, m := range mantissas {
			v := m * math.Pow10(e)
			// Ticks close in on the data: the last one below it is the first that stays.
			if v <= low {
				ticks = ticks[:0]
			}
			ticks = append(ticks, Tick{v, number.Fixed(v, max(0, -e))})
			if v >= high && v > low {
				return ticks
			}
		}
	}
	return ticks
}

// Ratio spans low to high around 1 on a logarithmic axis. Ratios near 1 are what is looked at closest, so a narrow
// span gets even steps; a wide one is labelled as Log does.
func Ratio(low, high float64) []Tick {
	low, high = math.Min(low, 1), math.Max(high, 1)
	if !(low > 0) || math.IsInf(high, 0) || high/low > 4 {
		return Log(low, high)
	}
	if high == low {
		low, high = 0.9, 1.1
	}
	ticks := steps(low, high, (high-low)/4)
	// A logarithmic axis has no zero.
	for len(ticks) > 0 && ticks[0].Value <= 0 {
		ticks = ticks[1:]
	}
	return ticks
}

// Quantiles are the percentiles that are spoken of, as far as a curve reaches from low to high (0 to 1).
func Quantiles(low, high float64) []Tick {
	var ticks []Tick
	for _, t := range []Tick{
		{0, "0"}, {0.5, "50"}, {0.9, "90"}, {0.99, "99"}, {0.999, "99.9"}, {0.9999, "99.99"}, {0.99999, "99.999"},
	} {
		if t.Value >= low && t.Value <= high {
			ticks = append(ticks, t)
		}
	}
	return ticks
}

// steps are multiples of a round number no smaller than least, from the last below low to the first above high.
func steps(low, high, least float64) []Tick {
	e := int(math.Floor(math.Log10(least)))
	m := 1.0
	// The tolerance keeps 0.2 from becoming 0.5 for the sake of its last bit.
	for _, m = range []float64{1, 2, 5, 10} {
		if m*math.Pow10(e) >= least*(1-1e-9) {
			break
		}
	}
	step := m * math.Pow10(e)
	if m == 10 {
		e++
	}
	first := math.Floor(low/step + 1e-9)
	count := math.Ceil(high/step-1e-9) - first
	var ticks []Tick
	for i := 0.0; i <= count; i++ {
		v := (first + i) * step
		ticks = append(ticks, Tick{v, number.Fixed(v, max(0, -e))})
	}
	return ticks
}
