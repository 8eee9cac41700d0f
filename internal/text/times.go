package text

import (
	"strconv"
	"strings"
)

// Times prints a ratio with about three significant digits. A bound that isn't 1 must not read as 1, or a verdict would
// contradict its own numbers.
func Times(x float64) string {
	switch {
	case x < 0.1 || x >= 1e6:
		return strconv.FormatFloat(x, 'g', 2, 64)
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	for digits := 2; digits <= 5; digits++ {
		if s := strconv.FormatFloat(x, 'f', digits, 64); strings.Trim(s, "0.") != "1" {
			return s
		}
	}
	return "1.00"
}
