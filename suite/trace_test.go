package suite

import (
	"math"
	"strings"
	"testing"
)

func TestTracesAreReadStrictly(t *testing.T) {
	t.Parallel()
	kinds := []Share{{Kind: "io"}, {Kind: "heavy"}}
	got, err := ParseTrace([]byte("at,kind\n0,io\n0.5,heavy\n 0.5 ,io\n"), kinds)
	if err != nil || len(got) != 3 || got[1] != (Arrival{0.5, 1}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := ParseTrace([]byte("at\n1\n2\n"), kinds); err != nil || len(got) != 2 || got[1].At != 2 {
		t.Errorf("%v, %v", got, err)
	}
	for bad, want := range map[string]string{
		"":                           "no header",
		"time\n1\n":                  "the header is",
		"at,what\n1,io\n":            "the header is",
		"at\n":                       "has no tasks",
		"at\nx\n":                    `line 2: at is "x"`,
		"at\n-1\n":                   `line 2: at is "-1"`,
		"at\n1\n\n0.5\n":             `line 4: at is "0.5"`,
		"at\nNaN\n":                  `line 2: at is "NaN"`,
		"at\n1e9\n":                  `line 2: at is "1e9"`,
		"at,kind\n1,light\n":         `line 2: the scenario has no kind of task "light"`,
		"at,kind\n1,io\n2\n":         "line 3",
		"at,kind\n1,io\n2,io,3\n":    "line 3",
		"at,kind\n1,\"io\n2,heavy\n": "line",
	} {
		if _, err := ParseTrace([]byte(bad), kinds); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: err = %v, want one line with %q", bad, err, want)
		}
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add([]byte("at,kind\n0,io\n0.5,heavy\n"))
	f.Add([]byte("at\n1e3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := ParseTrace(data, []Share{{Kind: "io"}, {Kind: "heavy"}})
		if err != nil {
			return
		}
		last := 0.0
		for _, a := range got {
			if !(a.At >= last) || math.IsInf(a.At, 0) || a.Kind < 0 || a.Kind > 1 {
				t.Fatalf("%+v after %v", a, last)
			}
			last = a.At
		}
	})
}

// A share of a day has the day's shape and rates.
func TestAShortenedTraceKeepsItsRates(t *testing.T) {
	t.Parallel()
	var all []Arrival
	for i := range 1000 {
		all = append(all, Arrival{At: math.Sqrt(float64(i)), Kind: i % 3})
	}
	for _, scale := range []float64{0.001, 0.02, 0.5, 1} {
		got := shortened(all, scale)
		if want := max(int(1000*scale), 1); len(got) != want {
			t.Fatalf("scale %v: %d tasks, want %d", scale, len(got), want)
		}
		rate, whole := float64(len(got))/got[len(got)-1].At, 1000/all[999].At
		if len(got) > 10 && math.Abs(rate/whole-1) > 0.1 {
			t.Errorf("scale %v: %v tasks a second, the whole has %v", scale, rate, whole)
		}
		for i := 1; i < len(got); i++ {
			if got[i].At < got[i-1].At {
				t.Fatalf("scale %v: %v after %v", scale, got[i], got[i-1])
			}
		}
	}
	if s := shortened(all, 1); s[17] != all[17] {
		t.Error("a whole trace is not as it was")
	}
}
