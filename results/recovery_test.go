package results_test

import (
	"testing"

	"github.com/tqbench/tqbench/results"
)

// A task that isn't back is lost only if its framework says that it should be; otherwise it is late, or never comes back by design.
func TestWhatBecameOfTasksDependsOnWhatWasSaid(t *testing.T) {
	t.Parallel()
	soon, late, never := &results.Recovery{AfterSeconds: 10}, &results.Recovery{AfterSeconds: 600}, &results.Recovery{Never: "by design"}
	for _, tt := range []struct {
		name string
		lost int64
		said *results.Recovery
		gone bool
		want string
	}{
		{"all ended", 0, soon, false, results.FateBack},
		{"all ended, though nothing was said", 0, nil, false, results.FateBack},
		{"all ended, against what was said", 0, never, true, results.FateBack},
		{"they should be back", 2, soon, false, results.FateLost},
		{"they may still come", 2, late, false, results.FateLate},
		{"the broker has none that could come", 2, late, true, results.FateLost},
		{"they never come", 2, never, false, results.FateNever},
		{"they never come, and the broker has none", 2, never, true, results.FateNever},
		{"nothing was said", 2, nil, false, results.FateLate},
		{"nothing was said, and the broker has none", 2, nil, true, results.FateLost},
	} {
		if got := (results.Fate{Lost: tt.lost, Of: 9, LimitSeconds: 28, Said: tt.said}).Fated(tt.gone).Outcome; got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}
