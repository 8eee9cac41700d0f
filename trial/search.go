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
	// searchCap is the highest rate that is tried, in tasks per second.
	searchCap = 200_000
	// searchStep is how near the rate that holds must come to one that doesn't.
	searchStep = 1.1
)

// search looks for the highest rate that holds.
type search struct {
	plain
	run *run
}

func (w *search) measure(ctx context.Context) error { return w.run.eachPhase(ctx, w.find) }

// find finds the highest rate at which the workers hold the scenario's bound on p99 with a queue that doesn't grow:
// doubling until one fails, then halving the distance between the highest that held and the lowest that didn't. The
// phase gives the rate to begin with and, by its tasks, how long each is offered.
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
	// ours tells in words how our generator can have made it fail, "" where it didn't.
	ours string
}

// found keeps the highest rate that held. The lowest that failed decides what it is: where our generator made that fail, the rate is the
// generator's and not the workers'.
func (r *recorder) found(held int, failed offer) {
	r.value(metric.MaxRate, float64(held))
	if failed.ours != "" {
		r.addFlag(results.FlagProducerBound, metric.MaxRate, "the search ended at %d tasks/s, which was not held because %s", failed.rate, failed.ours)
	}
}

// try offers a rate for a while and tells whether it was held. Its tasks are accounted for like any others.
func (w *search) try(ctx context.Context, p suite.Phase, rate int, length time.Duration) (offer, error) {
	r := w.run
	planned := p
	p.Rate = rate
	p.Tasks = max(int(length.Seconds()*float64(rate)), 50)
	p.Name = fmt.Sprintf("%s at %d", p.Name, rate)
	s := r.sender.span(p.Name, p.Tasks, true)
	out := newLoaded(p, s)
	r.rec.tell(p.Name, 0, out.Count)
	r.watch.begin(s.tally, planned) // under one name, however many rates are tried
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

// judge tells whether a rate was held: whether p99 was within the bound, and no more tasks were waiting when the last was sent than
// arrive within that. Tasks that were sent late count from their intended times, so that a late generator can make a rate fail, too.
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
	case broken != "":
		o.ours = broken + " up to which a load is the one that was asked for"
	case within(sent) && !growing:
		o.ours = fmt.Sprintf("the generator's 99th percentile was %s late: counted from their sending, its tasks were within %s", late.shown(), hold)
	}
	return o
}
