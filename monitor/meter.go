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

// Meter sums up a trial's looks for one line: the current rates, and the 99th percentile of the phase's latencies so far.
type Meter struct {
	began     time.Time
	recent    []counted
	latencies *hdrhistogram.Histogram
}

// counted is how many tasks were sent and had finished when.
type counted struct {
	at             time.Time
	sent, finished int64
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
	if l.Counts.Sent > 0 || l.Counts.Finished > 0 {
		m.recent = append(m.recent, counted{at, l.Counts.Sent, l.Counts.Finished})
	}
	for _, t := range l.Tasks {
		if t.Latency >= 0 {
			// Longer ones count as the longest, so this can't fail.
			_ = m.latencies.RecordValue(min(t.Latency/1000, longest.Microseconds()))
		}
	}
}

// Rates are how many tasks were sent and how many finished per second in the last second, or since the phase began.
func (m *Meter) Rates(now time.Time) (sent, finished float64) {
	for len(m.recent) > 0 && now.Sub(m.recent[0].at) >= rateOver {
		m.recent = m.recent[1:]
	}
	over := min(now.Sub(m.began), rateOver)
	if over <= 0 {
		return 0, 0
	}
	for _, c := range m.recent {
		sent += float64(c.sent)
		finished += float64(c.finished)
	}
	return sent / over.Seconds(), finished / over.Seconds()
}

// P99 is the 99th percentile of the phase's latencies so far, each from when its task should have been sent; ok is false without any.
func (m *Meter) P99() (_ time.Duration, ok bool) {
	if m.latencies.TotalCount() == 0 {
		return 0, false
	}
	return time.Duration(m.latencies.ValueAtPercentile(99)) * time.Microsecond, true
}
