package analysis

import (
	"testing"
)

func TestTheOrderOfADrainIsToldByKind(t *testing.T) {
	type figures map[string]float64
	for name, tt := range map[string]struct {
		done         []ended
		places, gaps figures
	}{
		"nothing":    {nil, figures{}, figures{}},
		"one task":   {[]ended{{"a", 2}}, figures{"a": 0}, figures{"a": 2}},
		"a strictly": {[]ended{{"b", 4}, {"a", 1}, {"b", 3}, {"a", 2}, {"b", 5}}, figures{"a": 12.5, "b": 75}, figures{"a": 1, "b": 3}},
		"in turn":    {[]ended{{"a", 1}, {"b", 2}, {"a", 3}, {"b", 4}}, figures{"a": 100.0 / 3, "b": 200.0 / 3}, figures{"a": 2, "b": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			places, gaps := order(tt.done)
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
