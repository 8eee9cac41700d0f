package trial

import (
	"context"

	"github.com/tqbench/tqbench/internal/clock"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// driver runs phases: it offers their load, waits for its end, and keeps the measurements.
type driver struct {
	clock    *clock.Clock
	scenario suite.Scenario
	// processes are those of the workers on all machines; the scenario has those of one.
	processes int
	sender    *sender
	clients   *clients
	holder    *holder
	waiter    *waiter
	meter     *meter
	profiler  *profiler
	rec       *recorder
	watch     *watch
	memory    memory
}

// phase runs one phase and keeps what it measured.
func (d *driver) phase(ctx context.Context, p suite.Phase) error {
	if p.Arrivals == suite.Sustained {
		return d.sustained(ctx, p)
	}
	if err := d.fits(p); err != nil {
		return err
	}
	s := d.sender.span(p.Name, p.Tasks, true)
	for i, a := range p.Recorded {
		if s.kinds != nil {
			s.kinds[i] = uint8(a.Kind)
		}
	}
	out := newLoaded(p, s)
	d.rec.tell(p.Name, 0, out.Count)
	d.watch.begin(s.tally, p)

	send := d.sender.sendWire
	if p.Producer == suite.Client {
		send = d.clients.send
	}
	var err error
	if p.Arrivals == suite.Backlog {
		err = d.backlog(ctx, p, s, &out, send)
	} else {
		err = d.open(ctx, p, s, &out, send)
	}
	if err != nil {
		return err
	}
	d.rec.drained(s.tally, &out)
	left, err := d.waiter.settle(ctx)
	if err != nil {
		return err
	}
	if left > 0 {
		d.rec.addFlag(results.FlagNotDrained, "", results.Fact{Check: results.CheckFollowed, Phase: p.Name, Count: left})
	}
	d.rec.lateness(p, s, &out)
	d.rec.keep(out)
	return nil
}
