package monitor

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tqbench/tqbench/trial"
)

const (
	// rateOver is the window of the rate.
	rateOver = time.Second
	// longest is the longest latency that the meter can distinguish; it keeps three digits of each.
	longest = time.Hour
)

// Meter sums up a trial's looks for one line: the current rate, and the 99th percentile of the phase's latencies so far.
type Meter struct {
	began     time.Time
	recent    []finished
	latencies *hdrhistogram.Histogram
}

// finished is how many tasks had finished when.
type finished struct {
	at time.Time
	n  int64
}

// NewMeter returns an empty meter.
func NewMeter() *Meter {
	return &Meter{latencies: hdrhistogram.New(1, longest.Microseconds(), 3)}
}

// Look takes a look. The first one of a phase resets the meter.
func (m *Meter) Look(at time.Time, l trial.Look) {
	if l.Began {
		m.began, m.recent = at, nil
		m.latencies.Reset()
	}
	if l.Counts.Finished > 0 {
		m.recent = append(m.recent, finished{at, l.Counts.Finished})
	}
	for _, t := range l.Tasks {
		if t.Latency >= 0 {
			// Longer ones count as the longest, so this can't fail.
			_ = m.latencies.RecordValue(min(t.Latency/1000, longest.Microseconds()))
		}
	}
}

// Rate is how many tasks finished per second in the last second, or since the phase began; ok is false if none did.
func (m *Meter) Rate(now time.Time) (perSecond float64, ok bool) {
	for len(m.recent) > 0 && now.Sub(m.recent[0].at) >= rateOver {
		m.recent = m.recent[1:]
	}
	var n int64
	for _, f := range m.recent {
		n += f.n
	}
	over := min(now.Sub(m.began), rateOver)
	if n == 0 || over <= 0 {
		return 0, false
	}
	return float64(n) / over.Seconds(), true
}

// P99 is the 99th percentile of the phase's latencies so far, each from when its task should have been sent; ok is false without any.
func (m *Meter) P99() (_ time.Duration, ok bool) {
	if m.latencies.TotalCount() == 0 {
		return 0, false
	}
	return time.Duration(m.latencies.ValueAtPercentile(99)) * time.Microsecond, true
}
