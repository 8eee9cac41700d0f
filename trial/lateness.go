package trial

import (
	"math"
	"slices"

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
	late := make([]int64, 0, s.sends)
	var first, last int64
	for i := range s.sends {
		if e := &s.tasks[i]; e.sent > 0 { // a host that was lost may have taken its notes along
			if len(late) == 0 {
				first = e.intended
			}
			late, last = append(late, e.sent-e.intended), e.intended
		}
	}
	if len(late) == 0 {
		return lateness{}
	}
	l := lateness{last: late[len(late)-1], schedule: last - first}
	slices.Sort(late)
	l.p50, l.p99, l.most = results.NearestRank(late, 0.5), results.NearestRank(late, 0.99), late[len(late)-1]
	return l
}

// broken is the missed schedule, if the load was not the requested one; otherwise its Check is "".
func (l lateness) broken() results.Fact {
	behind := max(float64(lateLimit), stretchLimit*float64(l.schedule))
	switch {
	case l.p99 > int64(lateLimit):
		return results.Fact{Check: results.CheckUnbracketed, Value: seconds(l.p99), Limit: lateLimit.Seconds()}
	case float64(l.last) > behind:
		return results.Fact{Check: results.CheckBehind, Value: seconds(l.last), Base: seconds(l.schedule), Limit: behind / 1e9}
	}
	return results.Fact{}
}

func seconds(ns int64) float64 { return float64(ns) / 1e9 }

// lateness notes how well a phase kept its schedule. If the load was not the requested one, the phase gives no latencies and no CPU time. A framework's own
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
	r.late(p.Name, l, pacedMetrics())
	if latency := s.medianLatency(); float64(l.p50) > lateShare*float64(latency) {
		r.addFlag(results.FlagLate, "", results.Fact{Check: results.CheckMedianLateness, Phase: p.Name,
			Value: seconds(l.p50), Base: seconds(latency), Limit: lateShare})
	}
}

// late flags a schedule that our generator didn't keep, which spoils the given metrics.
func (r *recorder) late(phase string, l lateness, metrics string) {
	if broken := l.broken(); broken.Check != "" {
		broken.Phase = phase
		r.addFlag(results.FlagLate, metrics, broken)
	} else if l.p99 > int64(lateBound) {
		r.addFlag(results.FlagLate, "", results.Fact{Check: results.CheckLateness, Phase: phase, Value: seconds(l.p99), Limit: lateBound.Seconds()})
	}
}

// medianLatency is over the tasks that ended, in a chain from the first step's due time to the last one's end. Without any, no lateness
// matters.
func (s *span) medianLatency() int64 {
	latencies := make([]int64, 0, s.sends)
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
