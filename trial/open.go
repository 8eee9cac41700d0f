package trial

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// open sends the span's tasks on their schedule while the workers work.
func (r *run) open(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) error {
	unfinished, err := r.offered(ctx, p, s, out, send)
	if err != nil {
		return err
	}
	// A chain has all its steps before it, and takes as long as they do.
	if bound := max(int64(p.Rate), 50) * int64(r.Scenario.Steps()); unfinished > bound && p.Arrivals != suite.Trace {
		r.addFlag(results.FlagSaturated, pacedLatencies, "phase %s: %d tasks were waiting when the last was sent, "+
			"more than one second's arrivals: the workers don't sustain %d tasks/s", p.Name, unfinished, p.Rate)
	}
	return nil
}

// offered sends the span's tasks on their schedule and waits for their end. waiting is how many had none when the last
// was sent.
func (r *run) offered(ctx context.Context, p suite.Phase, s *span, out *loaded, send sendFunc) (waiting int64, err error) {
	m := r.measure(s.tally)
	start := r.Clock.Now() + int64(startLead)
	out.Released = start
	err = send(ctx, p, s, start, out)
	waiting = out.Count - s.done.Load()
	if err == nil {
		out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
		err = r.drain(ctx, p.Name, time.Duration(r.Scenario.Limit), func() (int64, int64) { return s.done.Load(), out.Count })
	}
	m.end(out)
	if err != nil {
		return waiting, fmt.Errorf("send: %w", orCause(ctx, err))
	}
	return waiting, nil
}

// lateness notes how well the schedule was kept. Where it was kept so badly that the load was another one, the phase is
// kept out of the latencies named.
func (r *run) lateness(p suite.Phase, s *span, out *loaded, latencies string) {
	if !p.Scheduled() {
		return
	}
	late := make([]int64, s.sends)
	for i := range late {
		late[i] = s.tasks[i].sent - s.tasks[i].intended
	}
	first, last := s.tasks[0].intended, late[len(late)-1]
	schedule := s.tasks[s.sends-1].intended - first
	slices.Sort(late)
	out.LateP50, out.LateP99, out.LateMax = results.NearestRank(late, 0.5), results.NearestRank(late, 0.99), late[len(late)-1]
	// The framework's own client is what is measured, but for requests of a web application, which the harness sends.
	if p.Producer != suite.Wire && r.web == nil {
		return
	}
	p99 := time.Duration(out.LateP99).Round(10 * time.Microsecond)
	behind := max(float64(lateLimit), stretchLimit*float64(schedule))
	switch {
	case out.LateP99 > int64(lateLimit):
		r.addFlag(results.FlagLate, latencies, "phase %s: the generator's 99th percentile was %s late, more than the %s up to which "+
			"latencies are bracketed", p.Name, p99, lateLimit)
	case float64(last) > behind:
		r.addFlag(results.FlagLate, latencies, "phase %s: the generator was %s behind its schedule of %s at its end, more than the %s "+
			"up to which latencies are bracketed", p.Name, time.Duration(last).Round(time.Millisecond),
			time.Duration(schedule).Round(time.Millisecond), time.Duration(behind).Round(time.Millisecond))
	case out.LateP99 > int64(lateBound):
		r.addFlag(results.FlagLate, "", "phase %s: the generator's 99th percentile was %s late, more than %s", p.Name, p99, lateBound)
	}
	if p.Producer != suite.Wire {
		return // a request's own latency is in no result
	}
	if latency := s.medianLatency(); float64(out.LateP50) > lateShare*float64(latency) {
		r.addFlag(results.FlagLate, "", "phase %s: the generator's median lateness of %s is %.1f %% of the median latency of %s, more than %g %%",
			p.Name, time.Duration(out.LateP50).Round(time.Microsecond), 100*float64(out.LateP50)/float64(latency),
			time.Duration(latency).Round(10*time.Microsecond), 100*lateShare)
	}
}

// medianLatency is that of the tasks that ended, in a chain from the first step's time to the last one's end. Without any,
// nothing could be late for it.
func (s *span) medianLatency() int64 {
	var latencies []int64
	for i := len(s.tasks) - s.sends; i < len(s.tasks); i++ {
		if e := &s.tasks[i]; e.ok > 0 {
			latencies = append(latencies, e.finished-s.tasks[i%s.sends].intended)
		}
	}
	if len(latencies) == 0 {
		return math.MaxInt64
	}
	slices.Sort(latencies)
	return results.NearestRank(latencies, 0.5)
}

func firstSent(s *span) int64 {
	first := int64(math.MaxInt64)
	for i := range s.sends {
		first = min(first, s.tasks[i].sent)
	}
	return first
}

func lastAcked(s *span) int64 {
	var last int64
	for i := range s.sends {
		last = max(last, s.tasks[i].acked)
	}
	return last
}
