package text

import "testing"

func TestABoundNextTo1NeverReadsAs1(t *testing.T) {
	for x, want := range map[float64]string{1: "1.00", 1.003: "1.003", 0.9963: "0.996", 0.99996: "0.99996", 7.104: "7.10", 12.34: "12.3",
		123.4: "123", 0.0123: "0.012", 3e9: "3e+09"} {
		if got := Times(x); got != want {
			t.Errorf("Times(%v) = %s, want %s", x, got, want)
		}
	}
}
