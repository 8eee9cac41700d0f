// Package clock bounds the difference between the monotonic clocks of two hosts, without trust in any time service.
//
// A message that leaves at T0 of the local clock arrives at T1 of the remote one, and its answer leaves at T2 and arrives at T3. No message
// arrives before it was sent, so the offset, remote minus local, is at most T1-T0 and at least T2-T3. That is an interval, not an estimate:
// nothing is assumed about how the round trip divides. Exchanges are intersected, as in Marzullo's algorithm (K. Marzullo, Maintaining the
// Time in a Distributed System, 1984), after each was widened by what the clocks can have drifted apart since.
package clock

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// DriftPPM is how fast the two clocks can drift apart, in parts per million: 100 for each. Quartz is specified to 50 or better, over
// temperature and age; the rest is for corrections by a time service. A faster one, as when a service corrects a large error at up to 500
// (MAXFREQ of the Linux kernel), shows as exchanges that contradict each other.
const DriftPPM = 200

const (
	// window is how long exchanges are kept as one: the tightest bounds of its time.
	window = int64(100 * time.Millisecond)
	// keep is for how many windows bounds are kept.
	keep = int(time.Hour / 100e6)
)

// ErrExchange marks an exchange whose times are not in order.
var ErrExchange = errors.New("times of an exchange are not in order")

// Exchange is one question and its answer. T0 and T3 are of the local clock, T1 and T2 of the remote one, in nanoseconds.
type Exchange struct{ T0, T1, T2, T3 int64 }

// Interval has the offset, remote minus local, in nanoseconds.
type Interval struct{ Low, High int64 }

// Interval bounds the offset by one exchange alone.
func (e Exchange) Interval() Interval { return Interval{Low: e.T2 - e.T3, High: e.T1 - e.T0} }

// HalfWidth is the greatest error of the interval's middle.
func (i Interval) HalfWidth() int64 { return (i.High-i.Low)/2 + 1 }

// Middle is the value with the least greatest error.
func (i Interval) Middle() int64 { return i.Low + (i.High-i.Low)/2 }

// Reading is a time of the local clock: the true one is at most HalfWidth away.
type Reading struct{ At, HalfWidth int64 }

// bounds are the tightest of one window, each with the local time at which it was true.
type bounds struct{ low, lowAt, high, highAt int64 }

// Tracker follows the offset of one remote clock. It is safe for concurrent use.
type Tracker struct {
	mu      sync.Mutex
	windows []bounds
	broken  int64
}

// Add takes an exchange; they come in the order of their T3.
func (t *Tracker) Add(e Exchange) error {
	if e.T3 < e.T0 || e.T2 < e.T1 || e.T2-e.T1 > e.T3-e.T0+drift(e.T3-e.T0) {
		return fmt.Errorf("%w: %d, %d, %d, %d", ErrExchange, e.T0, e.T1, e.T2, e.T3)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// The messages crossed at some time from T0 to T3.
	i, crossed := e.Interval(), drift(e.T3-e.T0)
	now := bounds{low: i.Low - crossed, lowAt: e.T3, high: i.High + crossed, highAt: e.T3}
	if known, ok := t.at(e.T3); ok && (known.Low > now.high || known.High < now.low) {
		t.broken++
		// What was known is no longer true.
		t.windows = append(t.windows[:0], now)
		return nil
	}
	last := len(t.windows) - 1
	if last < 0 || e.T3/window != t.windows[last].lowAt/window {
		t.windows = append(t.windows, now)
		if len(t.windows) > keep {
			t.windows = slices.Delete(t.windows, 0, len(t.windows)-keep)
		}
		return nil
	}
	w := &t.windows[last]
	if now.low > w.low-drift(e.T3-w.lowAt) {
		w.low, w.lowAt = now.low, now.lowAt
	}
	if now.high < w.high+drift(e.T3-w.highAt) {
		w.high, w.highAt = now.high, now.highAt
	}
	return nil
}

// Contradictions counts exchanges that can't be true together with earlier ones under DriftPPM, such as after a clock was slewed. Times from
// before the last one are not bounded.
func (t *Tracker) Contradictions() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken
}

// At bounds the offset at a time of the local clock, by exchanges before and after. It is false without any exchange.
func (t *Tracker) At(local int64) (Interval, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.at(local)
}

func (t *Tracker) at(local int64) (Interval, bool) {
	if len(t.windows) == 0 {
		return Interval{}, false
	}
	near, _ := slices.BinarySearchFunc(t.windows, local, func(b bounds, at int64) int {
		if b.lowAt <= at {
			return -1
		}
		return 1
	})
	near = max(near-1, 0)
	out := t.windows[near].widened(local)
	// A window further away than the drift over the interval's width can't make it narrower.
	for _, step := range []int{-1, 1} {
		for i := near + step; i >= 0 && i < len(t.windows); i += step {
			w := t.windows[i]
			if drift(min(distance(local, w.lowAt), distance(local, w.highAt))) > out.High-out.Low {
				break
			}
			other := w.widened(local)
			out.Low, out.High = max(out.Low, other.Low), min(out.High, other.High)
		}
	}
	return out, true
}

// Local turns a time of the remote clock into one of the local clock. It is false without any exchange.
func (t *Tracker) Local(remote int64) (Reading, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.windows) == 0 {
		return Reading{}, false
	}
	last := t.windows[len(t.windows)-1]
	at := remote - last.widened(last.lowAt).Middle()
	var i Interval
	for range 2 {
		i, _ = t.at(at)
		at = remote - i.Middle()
	}
	// The interval is of a time that is at most its width away from the true one.
	return Reading{At: at, HalfWidth: i.HalfWidth() + drift(i.High-i.Low)}, true
}

// Remote is the time of the remote clock that is closest to a local one. It is false without any exchange.
func (t *Tracker) Remote(local int64) (int64, bool) {
	i, ok := t.At(local)
	return local + i.Middle(), ok
}

// widened is what the window says of another time.
func (b bounds) widened(local int64) Interval {
	return Interval{Low: b.low - drift(distance(local, b.lowAt)), High: b.high + drift(distance(local, b.highAt))}
}

// drift is how far the clocks can drift apart over a time.
func drift(over int64) int64 { return over/(1e6/DriftPPM) + 1 }

func distance(a, b int64) int64 { return max(a-b, b-a) }
