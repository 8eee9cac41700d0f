package trial

import (
	"testing"
	"time"
)

// Workers that can't carry a load have a queue at its end, also where it was short. Those that look for tasks at intervals have one, too, and
// empty it at once.
func TestWorkersThatFallBehindAShortLoadAreSeen(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		unfinished, all   int64
		sending, draining time.Duration
		want              bool
	}{
		"a quarter of the rate":      {291, 400, time.Second, 2700 * ms, true},
		"the rate":                   {20, 400, time.Second, 50 * ms, false},
		"a look every half second":   {180, 400, time.Second, 60 * ms, false},
		"all of it waits for a look": {400, 400, time.Second, 200 * ms, false},
		"somewhat below the rate":    {80, 400, time.Second, 250 * ms, false},
		"too short to tell":          {70, 80, 200 * ms, 800 * ms, false},
		"the last ones were lost":    {200, 400, time.Second, -ms, false},
	} {
		if got := fellBehind(tt.unfinished, tt.all, tt.sending, tt.draining); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
