// Package number writes the figures of a report: three significant digits, thousands separators, and the unrounded
// value for whoever wants it. It is one package so that a figure looks the same wherever it is.
package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tqbench/tqbench/internal/text"
)

// Short writes v with three significant digits. No one compares more of them by eye, and the spread between trials
// rarely leaves more that mean anything.
func Short(v float64) string {
	if s, ok := special(v); ok {
		return s
	}
	// Rounding comes first: 999.6 has no decimals left once it is 1000.
	s := strconv.FormatFloat(v, 'e', 2, 64)
	_, e, _ := strings.Cut(s, "e")
	exp, err := strconv.Atoi(e)
	if err != nil || exp < -4 || exp >= 15 {
		return s
	}
	rounded, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return Fixed(rounded, max(0, 2-exp))
}

// Fixed writes v with a given number of decimals.
func Fixed(v float64, decimals int) string {
	if s, ok := special(v); ok {
		return s
	}
	return group(strconv.FormatFloat(v, 'f', decimals, 64))
}

// Exact writes v with as many decimals as it has: a figure that was set or published, not measured.
func Exact(v float64) string { return Fixed(v, -1) }

// Count writes a whole number in full.
func Count(n int64) string { return group(strconv.FormatInt(n, 10)) }

// Raw writes v unrounded, as analysis.json has it.
func Raw(v float64) string { return Digits(v, -1) }

// Digits writes v with that many significant digits, and with all of them for -1.
func Digits(v float64, digits int) string { return strconv.FormatFloat(v, 'g', digits, 64) }

// Percent writes a share of 1 in percent.
func Percent(share float64) string {
	if s, ok := special(share); ok && share != 0 {
		return s
	}
	p := share * 100
	if r := math.Round(p); r != 0 && math.Abs(p-r) < 1e-9 {
		return Fixed(r, 0) + " %"
	}
	return Short(p) + " %"
}

// P writes a p-value. Below a thousandth its digits say nothing that the assumptions of a test could bear.
func P(p float64) string {
	if p >= 0 && p < 0.001 {
		return "< 0.001"
	}
	return Fixed(p, 3)
}

// Span writes an interval.
func Span(low, high float64) string { return text.Span(low, high, Short) }

// Plural writes a count and its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", Count(int64(n)), noun)
}

func special(v float64) (string, bool) {
	switch {
	case math.IsNaN(v):
		return "n/a", true
	case math.IsInf(v, 1):
		return "infinite", true
	case math.IsInf(v, -1):
		return "-infinite", true
	case v == 0:
		return "0", true
	}
	return "", false
}

// group puts a comma before every third digit of the whole part.
func group(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, found := strings.Cut(s, ".")
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if found {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return sign + b.String()
}
