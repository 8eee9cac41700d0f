package trial

import (
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// stretch is the time from one moment to another.
type stretch struct{ from, to int64 }

// share is which share of the time between two readings is within the stretch. What happened between them counts as evenly spread.
// were spread evenly.
func (s stretch) share(from, to int64) float64 {
	within := min(to, s.to) - max(from, s.from)
	if within <= 0 {
		return 0
	}
	return float64(within) / float64(to-from)
}

// lengthOf is the total length of stretches.
func lengthOf(stretches []stretch) float64 {
	sum := 0.0
	for _, s := range stretches {
		sum += float64(max(s.to-s.from, 0))
	}
	return sum
}

// loaded is a current or finished phase, with its measured stretches.
type loaded struct {
	results.Phase
	stretches []stretch
}

func newLoaded(p suite.Phase, s *span) loaded {
	return loaded{Phase: results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, First: s.first,
		Count: int64(len(s.tasks)), Rate: float64(p.Rate)}}
}

// lateness notes how well the phase kept its schedule.
func (l *loaded) lateness(late lateness) {
	l.LateP50, l.LateP99, l.LateMax = late.p50, late.p99, late.most
}
