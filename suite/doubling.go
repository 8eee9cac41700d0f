package suite

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
)

const (
	// leastUpTo allows a comparison of two numbers of workers; mostUpTo is the limit of a scenario's processes.
	leastUpTo = 2
	mostUpTo  = 1024
	// deepFactor is how many times the tasks that the most workers hold are in the backlog.
	deepFactor = 5
)

// upTo is the plan's largest number of worker processes in scenarios that double them.
func (o Options) upTo() int {
	switch {
	case o.UpTo > 0:
		return o.UpTo
	case o.Hosts != nil:
		return max(o.Hosts.Workers, leastUpTo)
	}
	return max(o.Environment.CPUs, leastUpTo)
}

// checkUpTo refuses a number of workers that no scenario can have.
func (o Options) checkUpTo() error {
	doubling := slices.ContainsFunc(o.Scenarios, func(s Scenario) bool { return s.Doubling })
	switch {
	case o.UpTo != 0 && (o.UpTo < leastUpTo || o.UpTo > mostUpTo):
		return fmt.Errorf("%w: at most %d workers: must be from %d to %d", ErrPlan, o.UpTo, leastUpTo, mostUpTo)
	case o.UpTo != 0 && !doubling:
		return fmt.Errorf("%w: at most %d workers: only scenarios that double their workers have a largest number, such as scaling", ErrPlan, o.UpTo)
	case doubling && o.Defaults:
		return fmt.Errorf("%w: as installed, each queue has its own number of workers, which scaling would change: leave out --defaults", ErrPlan)
	}
	return nil
}

// doubled is a doubling scenario with a point for each number of workers, and with a backlog that is deep enough for the largest. Others stay
// as they are.
func (s Scenario) doubled(most int) Scenario {
	if !s.Doubling {
		return s
	}
	for n := 1; ; n *= 2 {
		n = min(n, most)
		s.Sweep = append(s.Sweep, Point{Name: strconv.Itoa(n), Setting: Setting{Processes: n}})
		if n == most {
			break
		}
	}
	deep := func(depth int) int {
		if depth == 0 {
			return 0
		}
		return max(depth, deepFactor*most*s.Concurrency)
	}
	s.Phases = slices.Clone(s.Phases)
	for i := range s.Phases {
		p := &s.Phases[i]
		p.Depth, p.On = deep(p.Depth), maps.Clone(p.On)
		for name, l := range p.On {
			l.Depth = deep(l.Depth)
			p.On[name] = l
		}
	}
	return s
}

// checkDoubling checks that a scenario can have points with other numbers of workers.
func (s Scenario) checkDoubling(all *slips) {
	if s.Doubling {
		all.when(s.measure() != Load, "doubling: only phases of load can be measured with other numbers of workers")
		all.when(len(s.Sweep) > 0, "doubling, sweep: set one of the two")
	}
}

// UpTo is the plan's largest number of workers of scenarios that double them, 0 if there is none.
func (p Plan) UpTo() int {
	most := 0
	for _, s := range p.Scenarios {
		if s.Doubling {
			most = max(most, s.Processes)
		}
	}
	return most
}
