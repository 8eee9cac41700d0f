package trial

import (
	"testing"
	"time"
)

// A backlog has what the workers drain in a quarter of a second, at least what was planned and at most 16 times that.
func TestABacklogIsDeepenedForFastWorkers(t *testing.T) {
	for _, tt := range []struct {
		ended   int64
		elapsed time.Duration
		depth   int64
	}{
		{0, 0, 100}, {0, time.Millisecond, 100},
		{40, 100 * time.Millisecond, 100}, // 400 a second
		{80, 100 * time.Millisecond, 200},
		{1000, 100 * time.Millisecond, 1600},
	} {
		f := &feeder{tally: &tally{}, depth: 100, sent: 100}
		f.tally.done.Store(tt.ended)
		f.deepen(int64(tt.elapsed))
		if got := f.depth + f.deeper; got != tt.depth || f.missing() != tt.depth-100+tt.ended {
			t.Errorf("%d tasks in %s: depth %d, %d missing, want %d", tt.ended, tt.elapsed, got, f.missing(), tt.depth)
		}
		f.deepen(int64(time.Hour))
		if got := f.depth + f.deeper; got != tt.depth {
			t.Errorf("a depth of %d became %d when the workers slowed down", tt.depth, got)
		}
	}
}
