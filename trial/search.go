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

// search finds the highest rate at which the workers hold the scenario's bound on p99 with a queue that doesn't grow:
// doubling until one fails, then halving the distance between the highest that held and the lowest that didn't. The
// phase gives the rate to begin with and, by its tasks, how long each is offered.
func (r *run) search(ctx context.Context, p suite.Phase) error {
	span := time.Duration(float64(p.Tasks) / float64(p.Rate) * float64(time.Second))
	held, failed := 0, 0
	for rate := p.Rate; ; {
		ok, err := r.offer(ctx, p, rate, span)
		if err != nil {
			return err
		}
		if ok {
			held = rate
		} else {
			failed = rate
		}
		switch {
		case failed == 0 && rate >= searchCap, held == 0 && rate == 1:
			return r.found(held)
		case failed == 0:
			rate = min(2*rate, searchCap)
		case held == 0:
			rate = max(rate/2, 1)
		case float64(failed) <= searchStep*float64(held) || failed-held <= 1:
			return r.found(held)
		default:
			rate = (held + failed) / 2
		}
	}
}

func (r *run) found(rate int) error {
	r.value(metric.MaxRate, float64(rate))
	return nil
}

// offer offers a rate for a while and tells whether it was held. Its tasks are accounted for like any others.
func (r *run) offer(ctx context.Context, p suite.Phase, rate int, span time.Duration) (bool, error) {
	planned := p
	p.Rate = rate
	p.Tasks = max(int(span.Seconds()*float64(rate)), 50)
	p.Name = fmt.Sprintf("%s at %d", p.Name, rate)
	s := r.span(p.Name, p.Tasks, true)
	out := newLoaded(p, s)
	r.tell(p.Name, 0, out.Count)
	r.watch.begin(s.tally, planned) // under one name, however many rates are tried
	waiting, err := r.offered(ctx, p, s, &out, r.sendWire)
	if err != nil {
		return false, err
	}
	out.Drained = s.lastFinished()
	r.lateness(p, s, &out, pacedLatencies)
	r.keep(out)
	if missing := out.Count - s.done.Load(); missing > 0 {
		r.addFlag(results.FlagNotDrained, "*", "%s: %d of %d tasks had not ended when its drain was given up", p.Name, missing, out.Count)
		return false, nil
	}
	latencies := make([]int64, 0, len(s.tasks))
	for i := range s.tasks {
		latencies = append(latencies, s.tasks[i].finished-s.tasks[i].intended)
	}
	slices.Sort(latencies)
	p99 := time.Duration(results.NearestRank(latencies, 0.99))
	// A queue that grows has more waiting at the end than arrive within the bound.
	growing := float64(waiting) > max(float64(rate)*time.Duration(r.Scenario.Hold).Seconds(), 20)
	return p99 <= time.Duration(r.Scenario.Hold) && !growing, nil
}
