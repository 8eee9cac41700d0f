package number

import (
	"math"
	"testing"
)

func TestShortHasThreeSignificantDigits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {1, "1.00"}, {3.0571, "3.06"}, {0.61129, "0.611"}, {0.0123456, "0.0123"}, {-0.5, "-0.500"},
		{999.4, "999"}, {999.6, "1,000"}, {9.999, "10.0"}, {0.9996, "1.00"}, {1121.37, "1,120"}, {48_213.7, "48,200"},
		{1_234_567, "1,230,000"}, {-12_345, "-12,300"}, {0.0001, "0.000100"}, {0.00001234, "1.23e-05"}, {1.5e15, "1.50e+15"},
		{math.NaN(), "n/a"}, {math.Inf(1), "infinite"}, {math.Inf(-1), "-infinite"}, {math.MaxFloat64, "1.80e+308"},
		{math.SmallestNonzeroFloat64, "4.94e-324"},
	} {
		if got := Short(c.v); got != c.want {
			t.Errorf("Short(%v) = %s, want %s", c.v, got, c.want)
		}
	}
}

func TestWordsAroundFigures(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{Count(33_500), "33,500"}, {Count(-1_000), "-1,000"}, {Count(999), "999"},
		{Percent(0.95), "95 %"}, {Percent(0.05), "5 %"}, {Percent(0.96875), "96.9 %"}, {Percent(0), "0 %"},
		{Percent(0.0712), "7.12 %"}, {Percent(1), "100 %"}, {Percent(math.NaN()), "n/a"},
		{P(0.0004), "< 0.001"}, {P(0), "< 0.001"}, {P(0.0033), "0.003"}, {P(1), "1.000"}, {P(math.NaN()), "n/a"},
		{Span(1110.2, 1130.9), "1,110 to 1,130"}, {Span(45.31, 1e304), "45.3 or more"}, {Span(1e-304, 3), "up to 3.00"},
		{Span(1e-304, 1e304), "anything"}, {Span(0, 0), "0 to 0"}, {Exact(3429), "3,429"}, {Exact(0.1), "0.1"},
		{Plural(1, "block"), "1 block"}, {Plural(6, "block"), "6 blocks"}, {Plural(0, "block"), "0 blocks"},
		{Raw(1.0 / 3), "0.3333333333333333"},
	} {
		if c[0] != c[1] {
			t.Errorf("got %q, want %q", c[0], c[1])
		}
	}
}
