package trial

import (
	"fmt"
	"time"

	"github.com/tqbench/tqbench/suite"
)

// taskBytes is about how much memory a task's times need in all: its entry in the ledger, its row for tasks.parquet, its part of the file
// before that is written, copies of latencies, and its record in the probe folder, which may be in memory, too.
const taskBytes = 256

// laterBytes is the part of it that is only needed when the trial ends: all but the entry.
const laterBytes = 200

// memory is that of the machine.
type memory struct {
	// free is how much of it programs can still get, in MiB; 0 is unknown.
	free func() int64
	// release gives back what this process no longer uses.
	release func()
}

// fits returns why the times of a phase's tasks don't fit into the free memory. What this process no longer uses, such as the times of the
// trial before, is not free until it is given back. That takes a moment, so it is left for when it matters.
func (d *driver) fits(p suite.Phase) error {
	steps := d.scenario.Steps()
	if room(p, steps, d.free()) == nil {
		return nil
	}
	d.memory.release()
	return room(p, steps, d.free())
}

// free is the free memory, in MiB, less what the results of the trial's earlier tasks will take; 0 is unknown.
func (d *driver) free() int64 {
	free := d.memory.free()
	if free == 0 {
		return 0
	}
	return max(free-d.sender.ledger.measured()*laterBytes>>20, 1)
}

// share is a side's of the free memory.
type share struct {
	// free is in MiB; 0 is unknown.
	free  int64
	sides int
}

// share is the side's: sides that take turns keep the times of their tasks until all have drained.
func (d *driver) share() share {
	free := func() int64 {
		d.memory.release()
		return d.free()
	}
	if d.holder.turn == nil {
		return share{free(), 1}
	}
	each, sides := d.holder.turn.Share(free)
	return share{each, sides}
}

// fits returns why the times of that many tasks don't fit.
func (s share) fits(tasks int64) error {
	err := room(suite.Phase{Tasks: int(tasks)}, 1, s.free)
	if err != nil && s.sides > 1 {
		return fmt.Errorf("%w for each of %d sides", err, s.sides)
	}
	return err
}

// room returns why the times of a phase's tasks, each with that many steps, don't fit into the free memory, in MiB; 0 is unknown. Without
// this, a soak of a fast queue would be killed after hours, when it writes its results.
func room(p suite.Phase, steps int, free int64) error {
	tasks := int64(p.Tasks) * int64(steps)
	need := tasks * taskBytes >> 20
	if free == 0 || need <= free {
		return nil
	}
	if p.Rate == 0 {
		return NotRun("the times of %d tasks need about %d MiB of memory, and %d MiB are free", tasks, need, free)
	}
	length := time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second))
	fits := time.Duration(float64(length) * float64(free) / float64(need))
	return NotRun("the times of %d tasks, %s at %d a second, need about %d MiB of memory, and %d MiB are free: %s would fit", tasks,
		length.Round(time.Second), p.Rate, need, free, fits.Truncate(time.Second))
}
