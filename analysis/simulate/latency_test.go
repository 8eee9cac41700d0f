package simulate

import (
	"slices"
	"testing"
	"time"
)

// A bracket holds what the same arrivals and the same work would have had on a quiet machine, and isn't so wide that it
// would hold anything.
func TestLatencyBracketsHoldTheQuietLatency(t *testing.T) {
	t.Parallel()
	for i, w := range Waitings() {
		for k, q := range []float64{0.5, 0.99} {
			h, err := TryWaiting(t.Context(), w, q, 200, 8, uint64(10*i+k))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s, p%.0f: held in %.3f, within 5 %% as measured in %.3f, width %.2f", w.Name, 100*q, h.Covered.Of(), h.Plain.Of(), h.Width)
			if h.Covered.Of() < 0.93 || h.Width < 1 {
				t.Errorf("%s, p%.0f: %+v", w.Name, 100*q, h)
			}
		}
	}
}

func TestWorkWaitsForStandstills(t *testing.T) {
	t.Parallel()
	stalls := []stall{{10, 20}, {30, 35}}
	for _, tt := range []struct{ at, takes, want int64 }{
		{0, 5, 5}, {0, 10, 10}, {0, 11, 21}, {5, 10, 25}, {12, 3, 23}, {0, 25, 40}, {40, 3, 43}, {20, 5, 25},
	} {
		if got := work(tt.at, tt.takes, stalls); got != tt.want {
			t.Errorf("%d from %d is done at %d, want %d", tt.takes, tt.at, got, tt.want)
		}
	}
	ms := int64(time.Millisecond)
	if got := stolenBy([]int64{0, 15 * ms, 100 * ms}, [2][]stall{{{0, 25 * ms}}, nil}); !slices.Equal(got, []int64{0, 10 * ms, 20 * ms}) {
		t.Errorf("%d", got)
	}
}
