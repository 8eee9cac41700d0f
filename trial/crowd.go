package trial

import (
	"time"

	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
)

// crowd bounds for how long other programs can have stopped a phase's critical path.
type crowd struct {
	began, last reading
	// ours is what we and all that we started had used when the phase began.
	ours time.Duration
	// others is the most that other programs were seen to have used since then. Processes count in whole ticks, each at
	// its own moments, so that what is left for the others goes up and down by some: what was seen once isn't counted again.
	others time.Duration
	waits  waits
	// spare is what the others used before the last reading of which no wait of ours was seen yet: the kernel counts a wait
	// when it is over.
	spare time.Duration
	// crowded is for how long they can have stopped the path so far, and beside for how long they ran.
	crowded, beside time.Duration
}

// waits tells how long threads of ours waited for a CPU since it was asked before, and whether it knows.
type waits interface{ Since() (time.Duration, bool) }

// note takes in a reading, with the CPU time that was ours by then. Between two readings, others can't have stopped one critical
// path for longer than that time, nor for longer than they ran, nor while a CPU was idle (all were busy for no more than the
// share of their time that wasn't idle), nor while no thread of ours was ready and waiting.
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
		return // nothing to bound: a quiet machine is read no further
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

// crowdedOver is for which share of some stretches of time other programs can have stopped a phase's critical path, and for which
// they ran beside it, by its samples.
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
	return min(crowded, stillMost), min(beside, 1)
}
