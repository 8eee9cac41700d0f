package text

import (
	"strconv"
	"testing"
)

func TestAnIntervalWithoutABoundSaysSo(t *testing.T) {
	for want, ends := range map[string][2]float64{
		"0.93 to 8.57": {0.93, 8.57}, "up to 3": {1e-304, 3}, "45.3 or more": {45.3, 1e304}, "anything": {1e-304, 1e304},
		"0 to 0": {0, 0}, "-2 to 0": {-2, 0}, "-2 or more": {-2, 1e304},
	} {
		got := Span(ends[0], ends[1], func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) })
		if got != want {
			t.Errorf("%g to %g: %s, want %s", ends[0], ends[1], got, want)
		}
	}
}
