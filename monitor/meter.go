package monitor

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/tqbench/tqbench/trial"
)

const (
	// rateOver is the time that the rate is taken over.
	rateOver = time.Second
	// longest is the longest latency that the meter tells from longer ones; it tells three digits of each.
	longest = time.Hour
)

// Meter sums up the looks at a trial into what fits on a line: the rate now, and the 99th percentile of latency so far in
// the phase.
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

// NewMeter returns a meter that has seen nothing.
func NewMeter() *Meter {
	return &Meter{latencies: hdrhistogram.New(1, longest.Microseconds(), 3)}
}

// Look takes what was seen at a moment. The first at a phase begins it anew.
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

// Rate is how many tasks finished in each second of the last, or since the phase began; ok is false where none did.
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

// P99 is the 99th percentile of the phase's latencies so far, each from when its task should have been sent; ok is false
// where there is none.
func (m *Meter) P99() (_ time.Duration, ok bool) {
	if m.latencies.TotalCount() == 0 {
		return 0, false
	}
	return time.Duration(m.latencies.ValueAtPercentile(99)) * time.Microsecond, true
}
