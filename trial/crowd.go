package trial

import (
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// crowd bounds how long other programs can have stopped a phase's critical path.
type crowd struct {
	began, last reading
	// ours is what we and our processes had used when the phase began.
	ours time.Duration
	// others is the maximum that other programs used since then. Processes count in whole ticks, at different moments, so the rest for
	// others fluctuates: time that was seen once isn't counted again.
	others time.Duration
	waits  waits
	// spare is what the others used before the last reading without a wait of ours: the kernel only counts a wait when it is over.
	spare time.Duration
	// crowded is how long they can have stopped the path so far, and beside how long they ran.
	crowded, beside time.Duration
}

// waits returns how long our threads waited for a CPU since the last call, and whether that is known.
type waits interface{ Since() (time.Duration, bool) }

// note takes a reading, with our CPU time by then. Between two readings, others can have stopped one critical path for at most that time,
// for as long as they ran, while all CPUs were busy (at most the share of time that wasn't idle), and while a thread of ours was ready and
// waiting.
func (c *crowd) note(at int64, machine process.Machine, ours time.Duration) {
	now := reading{at, machine}
	if c.began.at == 0 {
		c.began, c.last, c.ours = now, now, ours
		c.waited()
		return
	}
	spent := machine.Since(c.began.Machine)
	more := max(spent.Busy-spent.Interrupts-(ours-c.ours)-c.others, 0)
	c.others += more
	length, step := time.Duration(at-c.last.at), machine.Since(c.last.Machine)
	c.last = now
	if more+c.spare == 0 {
		return // nothing to bound: a quiet machine needs no more readings
	}
	bound := min(more+c.spare, length)
	if step.All > 0 {
		bound = min(bound, time.Duration(float64(length)*float64(step.Busy+step.Stolen)/float64(step.All)))
	}
	if waited, ok := c.waited(); ok {
		bound = min(bound, waited)
	}
	c.spare = min(more, max(more+c.spare-bound, 0))
	c.crowded += bound
	c.beside += min(more, length)
}

func (c *crowd) waited() (time.Duration, bool) {
	if c.waits == nil {
		return 0, false
	}
	return c.waits.Since()
}

// crowdedOver is for which share of some stretches other programs can have stopped a phase's critical path, and for which share they ran
// during it, by its samples.
func crowdedOver(samples []results.Sample, phase string, stretches []stretch) (crowded, beside float64) {
	whole := lengthOf(stretches)
	if whole == 0 {
		return 0, 0
	}
	last := -1
	for i, b := range samples {
		if b.Phase != phase {
			continue
		}
		if last >= 0 {
			a := samples[last]
			for _, s := range stretches {
				share := s.share(a.At, b.At) / whole
				crowded += share * float64(b.Crowded-a.Crowded)
				beside += share * float64(b.Beside-a.Beside)
			}
		}
		last = i
	}
	return min(crowded, results.MostStill), min(beside, 1)
}
