package analysis

import (
	"testing"
	"time"
)

func TestTheOrderOfADrainIsToldByKind(t *testing.T) {
	t.Parallel()
	type figures map[string]float64
	for name, tt := range map[string]struct {
		done         [][]int64 // by kind, in seconds
		places, gaps figures
	}{
		"nothing":    {[][]int64{{}, {}}, figures{}, figures{}},
		"one task":   {[][]int64{{2}, {}}, figures{"a": 0}, figures{"a": 2}},
		"a strictly": {[][]int64{{1, 2}, {3, 4, 5}}, figures{"a": 12.5, "b": 75}, figures{"a": 1, "b": 3}},
		"in turn":    {[][]int64{{1, 3}, {2, 4}}, figures{"a": 100.0 / 3, "b": 200.0 / 3}, figures{"a": 2, "b": 2}},
		"at once":    {[][]int64{{1, 2}, {2, 2}}, figures{"a": 50.0 / 3, "b": 250.0 / 3}, figures{"a": 1, "b": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, list := range tt.done {
				for i := range list {
					list[i] *= int64(time.Second)
				}
			}
			places, gaps := order([]string{"a", "b"}, tt.done)
			if len(places) != len(tt.places) || len(gaps) != len(tt.gaps) {
				t.Fatalf("places %v, gaps %v", places, gaps)
			}
			for k, want := range tt.places {
				near(t, "place of "+k, places[k], want)
			}
			for k, want := range tt.gaps {
				near(t, "gap of "+k, gaps[k], want)
			}
		})
	}
}
