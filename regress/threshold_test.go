package regress

import (
	"errors"
	"strings"
	"testing"
)

func TestThresholdsAreReadStrictly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Threshold{
		"throughput < -5%":      {"throughput < -5%", "*", "*", "*", "throughput", false, -5},
		" throughput<-5% ":      {"throughput < -5%", "*", "*", "*", "throughput", false, -5},
		"latency_p99 > +10%":    {"latency_p99 > +10%", "*", "*", "*", "latency_p99", true, 10},
		"pss > +0.25%":          {"pss > +0.25%", "*", "*", "*", "pss", true, 0.25},
		"throughput < +3 %":     {"throughput < +3 %", "*", "*", "*", "throughput", false, 3},
		"throughput < 0%":       {"throughput < 0%", "*", "*", "*", "throughput", false, 0},
		"io: throughput < -5%":  {"io: throughput < -5%", "io", "*", "*", "throughput", false, -5},
		"*/redis: pss > +5%":    {"*/redis: pss > +5%", "*", "redis", "*", "pss", true, 5},
		"*/*: pss > +5%":        {"pss > +5%", "*", "*", "*", "pss", true, 5},
		"latency_p95:a > +5%":   {"latency_p95:a > +5%", "*", "*", "*", "latency_p95:a", true, 5},
		"x: latency_p95:a > 0%": {"x: latency_p95:a > 0%", "x", "*", "*", "latency_p95:a", true, 0},
		"throughput@2x10/redis/celery/prefork#2: throughput < -5%": {"throughput@2x10/redis/celery/prefork#2: throughput < -5%",
			"throughput@2x10", "redis", "celery/prefork#2", "throughput", false, -5},
	} {
		got, err := ParseThreshold(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v %v, want %+v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":                             "neither < nor >",
		"throughput":                   "write [SCENARIO/BROKER/ARM: ]METRIC < -5% or > +10%",
		"throughput -5%":               "neither < nor >",
		"two words < -5%":              `no metric "two words"`,
		"< -5%":                        `no metric ""`,
		"throughput < -5":              "not in percent",
		"throughput < 5%":              `"5%" has no sign: write +5% or -5%`,
		"throughput < five%":           "not a percentage",
		"throughput < --5%":            "not a percentage",
		"throughput < -%":              "not a percentage",
		"throughput < -1e3%":           "not a percentage",
		"throughput < -.5%":            "not a percentage",
		"throughput < -5.%":            "not a percentage",
		"throughput < -0x5%":           "not a percentage",
		"throughput < -NaN%":           "not a percentage",
		"throughput <= -5%":            "not a percentage",
		"throughput < -5% or > +5%":    "not a percentage",
		"throughput < -100%":           "above -100%",
		"throughput > +9999999%":       "up to +1000000%",
		"/redis: throughput < -5%":     "is no scope",
		"a b: throughput < -5%":        "is no scope",
		"io//x: throughput < -5%":      "is no scope",
		"throughput < -5%\nx":          "can't be printed",
		"throughput < -5%, pss > +10%": "not a percentage",
	} {
		_, err := ParseThreshold(text)
		if !errors.Is(err, ErrThreshold) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// Whatever is written, it is refused in one line, or reads as itself once more.
func FuzzParseThreshold(f *testing.F) {
	for _, s := range []string{"throughput < -5%", "*/redis/celery/prefork: latency_p99 > +10.5 %", "x: latency_p50:a<0%", "a/b/c/d: pss > +1%", ": pss > +1%", "0:>00%", "Push: ns/op > +5%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseThreshold(s)
		if err != nil {
			if !errors.Is(err, ErrThreshold) || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		if b, err := ParseThreshold(a.Text); err != nil || a != b {
			t.Fatalf("%q reads as %+v, and that as %+v (%v)", s, a, b, err)
		}
		if r := a.Ratio(); !(r > 0) || r > 1e5 {
			t.Fatalf("%q: the ratio is %v", s, r)
		}
	})
}
