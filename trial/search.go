package trial

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/tqbench/tqbench/metric"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// The bounds of a search for the highest rate.
const (
	// searchCap is the highest rate to try, in tasks per second.
	searchCap = 200_000
	// searchStep is how close the sustained rate must come to one that isn't.
	searchStep = 1.1
)

// search looks for the highest rate that holds.
type search struct {
	plain
	run *run
}

func (w *search) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.find) }

// find finds the highest rate at which the workers keep the scenario's bound on p99 without a growing queue. It doubles the rate until one
// fails, then halves the distance between the highest sustained and the lowest failed rate. The phase has the first rate and, by its tasks,
// how long each is offered.
func (w *search) find(ctx context.Context, p suite.Phase) error {
	length := time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second))
	held := 0
	var failed offer
	for rate := p.Rate; ; {
		o, err := w.try(ctx, p, rate, length)
		if err != nil {
			return err
		}
		if o.held {
			held = rate
		} else {
			failed = o
		}
		switch {
		case failed.rate == 0 && rate >= searchCap, held == 0 && rate == 1:
			w.run.rec.found(held, failed)
			return nil
		case failed.rate == 0:
			rate = min(2*rate, searchCap)
		case held == 0:
			rate = max(rate/2, 1)
		case float64(failed.rate) <= searchStep*float64(held) || failed.rate-held <= 1:
			w.run.rec.found(held, failed)
			return nil
		default:
			rate = (held + failed.rate) / 2
		}
	}
}

// offer is a rate that was tried.
type offer struct {
	rate int
	held bool
	// ours is how our generator can have made it fail; its Check is "" if it can't.
	ours results.Fact
}

// found keeps the highest sustained rate. The lowest failed one decides its meaning: if our generator made it fail, the rate is the
// generator's, not the workers'.
func (r *recorder) found(held int, failed offer) {
	r.value(metric.MaxRate, float64(held))
	if ours := failed.ours; ours.Check != "" {
		ours.Rate = failed.rate
		r.addFlag(results.FlagProducerBound, metric.MaxRate, ours)
	}
}

// try offers a rate for a while and reports whether it held. Its tasks are accounted for like any others.
func (w *search) try(ctx context.Context, p suite.Phase, rate int, length time.Duration) (offer, error) {
	r := w.run
	planned := p
	p.Rate = rate
	p.Tasks = max(int(length.Seconds()*float64(rate)), 50)
	p.Name = fmt.Sprintf("%s at %d", p.Name, rate)
	if err := r.driver.fits(p); err != nil {
		return offer{}, err
	}
	s := r.sender.span(p.Name, p.Tasks, true)
	out := newLoaded(p, s)
	r.rec.tell(p.Name, 0, out.Count)
	r.watch.begin(s.tally, planned) // one name for all rates
	waiting, err := r.driver.offered(ctx, p, s, &out, r.sender.sendWire)
	if err != nil {
		return offer{}, err
	}
	r.rec.drained(s.tally, &out)
	r.rec.lateness(p, s, &out)
	r.rec.keep(out)
	if s.done.Load() < out.Count {
		return offer{rate: rate}, nil // drained has flagged it
	}
	return judge(s, rate, waiting, time.Duration(r.Scenario.Hold)), nil
}

// judge reports whether a rate held: p99 was within the bound, and when the last task was sent, no more tasks were waiting than arrive
// within the bound. Late tasks count from their intended times, so a late generator can make a rate fail, too.
func judge(s *span, rate int, waiting int64, hold time.Duration) offer {
	var due, sent []int64
	for i := range s.tasks {
		first, finished := &s.tasks[i%s.sends], s.tasks[i].finished
		due, sent = append(due, finished-first.intended), append(sent, finished-first.sent)
	}
	slices.Sort(due)
	slices.Sort(sent)
	within := func(latencies []int64) bool { return results.NearestRank(latencies, 0.99) <= int64(hold) }
	growing := float64(waiting) > max(float64(rate)*hold.Seconds(), 20)
	o := offer{rate: rate, held: within(due) && !growing}
	late := latenessOf(s)
	switch broken := late.broken(); {
	case o.held:
	case broken.Check == results.CheckUnbracketed:
		o.ours, o.ours.Check = broken, results.CheckSearchLateness
	case broken.Check == results.CheckBehind:
		o.ours, o.ours.Check = broken, results.CheckSearchBehind
	case within(sent) && !growing:
		o.ours = results.Fact{Check: results.CheckSearchSent, Value: seconds(late.p99), Limit: hold.Seconds()}
	}
	return o
}
