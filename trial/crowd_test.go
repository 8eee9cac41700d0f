package trial

import (
	"testing"
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// Two CPUs, read ten times a second: other programs stop one critical path for at most the time between two readings, and only while no CPU
// is idle.
func TestOtherProgramsCrowdOnlyWhileNoCPUIsIdle(t *testing.T) {
	const ms = time.Millisecond
	type step struct{ busy, interrupts, ours, waited, crowded, beside time.Duration }
	const long = time.Hour
	for name, steps := range map[string][]step{
		"alone":                       {{200 * ms, 0, 200 * ms, long, 0, 0}, {200 * ms, 0, 200 * ms, long, 0, 0}},
		"interrupts are no program's": {{200 * ms, 50 * ms, 150 * ms, long, 0, 0}},
		"one other on full CPUs":      {{200 * ms, 0, 150 * ms, long, 50 * ms, 50 * ms}, {200 * ms, 0, 200 * ms, long, 0, 0}},
		"two others at once":          {{200 * ms, 0, 20 * ms, long, 100 * ms, 100 * ms}},
		"one CPU is idle":             {{100 * ms, 0, 20 * ms, long, 50 * ms, 80 * ms}},
		"both are idle for most":      {{20 * ms, 0, 0, long, 10 * ms, 20 * ms}},
		"none of ours waited":         {{200 * ms, 0, 100 * ms, 0, 0, 100 * ms}},
		"ours waited a little":        {{200 * ms, 0, 100 * ms, 7 * ms, 7 * ms, 100 * ms}},
		"a wait is seen when it is over": {{200 * ms, 0, 150 * ms, 0, 0, 50 * ms}, {200 * ms, 0, 200 * ms, 40 * ms, 40 * ms, 0},
			{200 * ms, 0, 200 * ms, 40 * ms, 0, 0}},
		"rounding goes up and down": {{200 * ms, 0, 190 * ms, long, 10 * ms, 10 * ms}, {200 * ms, 0, 210 * ms, long, 0, 0},
			{200 * ms, 0, 190 * ms, long, 0, 0}, {200 * ms, 0, 180 * ms, long, 20 * ms, 20 * ms}},
	} {
		var waited waitedFor
		c := crowd{waits: &waited}
		var machine process.Machine
		var ours, crowded, beside time.Duration
		at := int64(time.Hour)
		c.note(at, machine, ours)
		for i, s := range steps {
			at += int64(100 * ms)
			machine.Busy += s.busy
			machine.Interrupts += s.interrupts
			machine.All += 200 * ms
			ours += s.ours
			waited = waitedFor(s.waited)
			crowded, beside = crowded+s.crowded, beside+s.beside
			if c.note(at, machine, ours); c.crowded != crowded || c.beside != beside {
				t.Errorf("%s: crowded %s, beside %s after reading %d, want %s and %s", name, c.crowded, c.beside, i+1, crowded, beside)
			}
		}
	}
}

// waitedFor is how long threads waited since the reading before.
type waitedFor time.Duration

func (w *waitedFor) Since() (time.Duration, bool) { return time.Duration(*w), true }

func TestASampleThatStraddlesAMomentCountsInPart(t *testing.T) {
	samples := []results.Sample{
		{At: 0, Phase: "a"}, {At: 100, Phase: "a", Crowded: 50, Beside: 80}, {At: 150, Phase: "b"},
		{At: 200, Phase: "a", Crowded: 50, Beside: 80}, {At: 250, Phase: "b", Crowded: 100, Beside: 200},
	}
	for _, tt := range []struct {
		phase           string
		from, to        int64
		crowded, beside float64
	}{
		{"a", 0, 200, 0.25, 0.4}, {"a", 0, 100, 0.5, 0.8}, {"a", 50, 150, 0.25, 0.4}, {"a", 100, 200, 0, 0}, {"a", 100, 100, 0, 0},
		{"b", 150, 250, results.MostStill, 1}, {"c", 0, 200, 0, 0},
	} {
		if crowded, beside := crowdedOver(samples, tt.phase, []stretch{{tt.from, tt.to}}); crowded != tt.crowded || beside != tt.beside {
			t.Errorf("phase %s from %d to %d: %v and %v, want %v and %v", tt.phase, tt.from, tt.to, crowded, beside, tt.crowded, tt.beside)
		}
	}
}
