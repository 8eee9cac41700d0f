package axis

import (
	"math"
	"strings"
	"testing"
)

func labels(ticks []Tick) string {
	var out []string
	for _, t := range ticks {
		out = append(out, t.Label)
	}
	return strings.Join(out, " ")
}

func TestTicks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		got  []Tick
		want string
	}{
		{"thousands", FromZero(3507, 5), "0 1,000 2,000 3,000 4,000"},
		{"a step is 1, 2 or 5", FromZero(20_000, 5), "0 5,000 10,000 15,000 20,000"},
		{"the last tick is at the data", FromZero(1000, 5), "0 200 400 600 800 1,000"},
		{"decimals only where steps have them", FromZero(0.87, 5), "0 0.2 0.4 0.6 0.8 1.0"},
		{"small", FromZero(0.0031, 5), "0 0.001 0.002 0.003 0.004"},
		{"no data", FromZero(0, 5), "0 0.2 0.4 0.6 0.8 1.0"},
		{"no number", FromZero(math.NaN(), 5), "0 0.2 0.4 0.6 0.8 1.0"},
		{"infinite", FromZero(math.Inf(1), 5), "0 0.2 0.4 0.6 0.8 1.0"},

		{"below zero, too", WithZero(-31.7, 190, 5), "-50 0 50 100 150 200"},
		{"below zero alone", WithZero(-13.4, -2, 5), "-15 -10 -5 0"},
		{"from zero all the same", WithZero(20, 3507, 5), "0 1,000 2,000 3,000 4,000"},
		{"beyond what a span can be", WithZero(-1.7e308, 1.7e308, 5), "0 0.2 0.4 0.6 0.8 1.0"},

		{"log of a decade", Log(1.2, 8.9), "1 2 5 10"},
		{"log closes in on the data", Log(2.5, 45), "2 5 10 20 50"},
		{"log below one", Log(0.03, 0.4), "0.02 0.05 0.1 0.2 0.5"},
		{"log of powers of ten", Log(10, 1000), "10 20 50 100 200 500 1,000"},
		{"log of one value", Log(5, 5), "5 10"},
		{"log of many decades", Log(0.5, 300_000), "0.1 1 10 100 1,000 10,000 100,000 1,000,000"},
		{"log of very many decades", Log(1e-9, 1e9), "0.000000001 0.0000001 0.00001 0.001 0.1 10 1,000 100,000 10,000,000 1,000,000,000"},
		{"log of nothing", Log(0, 10), "1 2 5 10"},

		{"ratios near one", Ratio(0.93, 1.08), "0.90 0.95 1.00 1.05 1.10"},
		{"ratios above one reach down to it", Ratio(2.9, 3.2), "1 2 3 4"},
		{"ratios below one reach up to it", Ratio(0.58, 0.66), "0.4 0.6 0.8 1.0"},
		{"ratios far apart", Ratio(0.3, 3.1), "0.2 0.5 1 2 5"},
		{"no difference", Ratio(1, 1), "0.90 0.95 1.00 1.05 1.10"},

		{"percentiles", Quantiles(0.5, 0.999), "50 90 99 99.9"},
		{"percentiles from zero", Quantiles(0, 0.99), "0 50 90 99"},
		{"percentiles of nothing", Quantiles(0.51, 0.52), ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := labels(c.got); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Whatever the data, ticks rise, are few enough to be read, and reach around it.
func TestTicksReachAroundTheData(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{1e-12, 0.0999, 0.1, 0.3, 1, 1.0000001, 7, 9.99, 10, 999, 1000, 1001, 3.3e7, 1e12} {
		for name, c := range map[string]struct {
			ticks     []Tick
			low, high float64
		}{
			"from zero": {FromZero(v, 5), 0, v},
			"log":       {Log(v, 3*v), v, 3 * v},
			"wide log":  {Log(v, 1e5*v), v, 1e5 * v},
			"ratio":     {Ratio(math.Min(v, 1), math.Max(v, 1)), math.Min(v, 1), math.Max(v, 1)},
		} {
			n := len(c.ticks)
			if n < 2 || n > 13 {
				t.Errorf("%s of %v: %d ticks", name, v, n)
				continue
			}
			for i := 1; i < n; i++ {
				if !(c.ticks[i].Value > c.ticks[i-1].Value) || c.ticks[i].Label == c.ticks[i-1].Label {
					t.Errorf("%s of %v: tick %v after %v", name, v, c.ticks[i], c.ticks[i-1])
				}
			}
			const slack = 1e-9
			if name != "ratio" && c.ticks[0].Value > c.low*(1+slack) || c.ticks[n-1].Value < c.high*(1-slack) {
				t.Errorf("%s of %v: ticks %s don't reach from %v to %v", name, v, labels(c.ticks), c.low, c.high)
			}
		}
	}
}

func TestScales(t *testing.T) {
	t.Parallel()
	near := func(got, want float64) bool { return math.Abs(got-want) < 1e-9 }
	linear := Linear(0, 10, 100, 200)
	if !near(linear(0), 100) || !near(linear(10), 200) || !near(linear(5), 150) {
		t.Error("linear scale")
	}
	if got := Linear(3, 3, 100, 200)(3); !near(got, 150) {
		t.Errorf("a single value stands at %v, not in the middle", got)
	}
	// Equal ratios are equally far apart: 1 to 10 is as far as 10 to 100.
	log := Logarithmic(1, 100, 0, 200)
	if !near(log(1), 0) || !near(log(10), 100) || !near(log(100), 200) {
		t.Error("logarithmic scale")
	}
	// 1/(1-q) is 10, 100 and 1000 at the 90th, 99th and 99.9th percentile, so these are equally far apart.
	tail := Tail(0.9, 0.999, 0, 200)
	if !near(tail(0.9), 0) || !near(tail(0.99), 100) || !near(tail(0.999), 200) {
		t.Errorf("tail scale: %v, %v, %v", tail(0.9), tail(0.99), tail(0.999))
	}
}
