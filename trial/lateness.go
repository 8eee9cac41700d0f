package trial

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// lateness is how well a span's sends kept the schedule, in ns.
type lateness struct {
	p50, p99, most int64
	// last is the lateness of the last one, schedule the length of the schedule.
	last, schedule int64
}

func latenessOf(s *span) lateness {
	late := make([]int64, s.sends)
	for i := range late {
		late[i] = s.tasks[i].sent - s.tasks[i].intended
	}
	l := lateness{last: late[len(late)-1], schedule: s.tasks[s.sends-1].intended - s.tasks[0].intended}
	slices.Sort(late)
	l.p50, l.p99, l.most = results.NearestRank(late, 0.5), results.NearestRank(late, 0.99), late[len(late)-1]
	return l
}

// broken describes a missed schedule, if the load was not the requested one; otherwise it is "".
func (l lateness) broken() string {
	behind := max(float64(lateLimit), stretchLimit*float64(l.schedule))
	switch {
	case l.p99 > int64(lateLimit):
		return fmt.Sprintf("the generator's 99th percentile was %s late, more than the %s", l.shown(), lateLimit)
	case float64(l.last) > behind:
		return fmt.Sprintf("the generator was %s behind its schedule of %s at its end, more than the %s", time.Duration(l.last).Round(time.Millisecond),
			time.Duration(l.schedule).Round(time.Millisecond), time.Duration(behind).Round(time.Millisecond))
	}
	return ""
}

func (l lateness) shown() time.Duration { return time.Duration(l.p99).Round(10 * time.Microsecond) }

// lateness notes how well a phase kept its schedule. If the load was not the requested one, the phase gives no latencies. A framework's own
// client keeps its schedule as well as it can: that is the measurement.
func (r *recorder) lateness(p suite.Phase, s *span, out *loaded) {
	if !p.Scheduled() {
		return
	}
	l := latenessOf(s)
	out.lateness(l)
	if p.Producer != suite.Wire {
		return
	}
	r.late(p.Name, l, pacedLatencies())
	if latency := s.medianLatency(); float64(l.p50) > lateShare*float64(latency) {
		r.addFlag(results.FlagLate, "", "phase %s: the generator's median lateness of %s is %.1f %% of the median latency of %s, more than %g %%",
			p.Name, time.Duration(l.p50).Round(time.Microsecond), 100*float64(l.p50)/float64(latency),
			time.Duration(latency).Round(10*time.Microsecond), 100*lateShare)
	}
}

// late flags a schedule that our generator didn't keep, which spoils the given latencies.
func (r *recorder) late(phase string, l lateness, latencies string) {
	if broken := l.broken(); broken != "" {
		r.addFlag(results.FlagLate, latencies, "phase %s: %s up to which latencies are bracketed", phase, broken)
	} else if l.p99 > int64(lateBound) {
		r.addFlag(results.FlagLate, "", "phase %s: the generator's 99th percentile was %s late, more than %s", phase, l.shown(), lateBound)
	}
}

// medianLatency is over the tasks that ended, in a chain from the first step's due time to the last one's end. Without any, no lateness
// matters.
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
