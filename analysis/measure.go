package analysis

import (
	"slices"
	"time"

	"github.com/tqbench/tqbench/internal/radix"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/sizing"
	"github.com/tqbench/tqbench/stats/steady"
	"github.com/tqbench/tqbench/suite"
)

// scratch is the room that a trial's tasks are read into. It is used again for the next trial, so that a run of many takes
// no more than those that are read at a time; what readMeasured returns lies in it, and is to be used before.
type scratch struct {
	tasks  results.Stays
	series results.Depths
	// delays and done are nanoseconds: how long after their intended times the tasks of the open phase ended, and how long
	// after the release those of the backlog. byKind and doneByKind are the same by the places of their kinds.
	delays, done       []int64
	byKind, doneByKind [][]int64
	// fromSending and left are as in spared, in nanoseconds, of all tasks and by the places of their kinds.
	fromSending, left             []int64
	fromSendingByKind, leftByKind [][]int64
	spare                         []int64
	latencies, ends               []float64
	values                        []float64
	stays                         []sizing.Task
	// pacedTasks is as in measured.
	pacedTasks int
}

// readMeasured reads a trial's tasks and takes from them what metrics and curves need.
func (s *scratch) readMeasured(out string, t results.Trial, sc suite.Scenario) (*measured, error) {
	m := &measured{Trial: t, byKind: map[string][]float64{}}
	if err := t.CheckFiles(results.TrialDir(out, t.ID)); err != nil || !t.Done() {
		return m, err
	}
	if err := s.tasks.Read(results.TrialDir(out, t.ID), t); err != nil {
		return nil, err
	}
	if err := s.series.Read(results.TrialDir(out, t.ID), t); err != nil {
		return nil, err
	}
	if err := s.contradicted(out, t, sc.Steps()); err != nil {
		return nil, err
	}
	open, paces := m.paced(suite.Open, suite.Poisson, suite.Trace)
	drain, drains := m.drained()
	if paces {
		m.held[0] = depthsOf(&s.series, open)
	}
	if drains {
		m.held[1] = depthsOf(&s.series, drain)
	}
	still := standstillsOf(&s.series, open)
	s.gather(sc, open, drain, &still)
	m.pacedTasks = s.pacedTasks
	s.latencies = multiples(s.latencies, s.delays, 1e6)
	m.medians = steady.Medians(s.latencies)
	s.spare = radix.Sort(s.delays, s.spare)
	s.latencies = multiples(s.latencies, s.delays, 1e6)
	m.latencies = s.latencies
	for k, delays := range s.byKind {
		if len(delays) > 0 {
			s.spare = radix.Sort(delays, s.spare)
			m.byKind[s.tasks.Kind.List[k]] = multiples(nil, delays, 1e6)
		}
	}
	if paces && noisy(open) {
		m.spared = s.spareOf(&still, open)
	}
	if paces && sc.Own != nil {
		m.services, m.sparedServices = s.servicesOf(open, &still)
	}
	s.spare = radix.Sort(s.done, s.spare)
	s.ends = multiples(s.ends, s.done, 1e9)
	m.ends = s.ends
	if drain.SteadyTo > drain.SteadyFrom {
		m.rates, m.window = steady.Rates(m.steadyEnds(drain), 0)
	} else {
		m.rates, m.window = steady.Rates(m.ends, steady.Tail)
	}
	for _, done := range s.doneByKind {
		s.spare = radix.Sort(done, s.spare)
	}
	m.places, m.gaps = order(s.tasks.Kind.List, s.doneByKind)
	m.failed = s.failedRates(t, time.Duration(sc.Hold))
	m.sized = s.size(m, sizable(sc.For(t.Broker)))
	return m, nil
}

// gather takes the times of the finished tasks of both phases.
func (s *scratch) gather(sc suite.Scenario, open, drain results.Phase, still *standstills) {
	tasks := &s.tasks
	kinds := sc.Kinds()
	last := kinds[len(kinds)-1].Kind
	finished, ends := tasks.Outcome.Is(results.OutcomeFinished), tasks.Kind.Is(last)
	paced, backlog := tasks.Phase.Is(open.Name), tasks.Phase.Is(drain.Name)
	s.delays, s.done, s.pacedTasks = s.delays[:0], s.done[:0], 0
	s.byKind, s.doneByKind = emptied(s.byKind, len(tasks.Kind.List)), emptied(s.doneByKind, len(tasks.Kind.List))
	s.fromSending, s.left = s.fromSending[:0], s.left[:0]
	s.fromSendingByKind, s.leftByKind = emptied(s.fromSendingByKind, len(tasks.Kind.List)), emptied(s.leftByKind, len(tasks.Kind.List))
	noisy := noisy(open)
	s.delays, s.done = slices.Grow(s.delays, among(tasks.Phase, paced)), slices.Grow(s.done, among(tasks.Phase, backlog))
	ofKinds, queued := ofKinds(sc), len(sc.Queues()) > 0
	for i, kind := range tasks.Kind.Index {
		// A chain is done when its last step is; that step's latency is the whole chain's.
		if !finished[tasks.Outcome.Index[i]] || sc.Chain && !ends[kind] {
			continue
		}
		phase := tasks.Phase.Index[i]
		if paced[phase] {
			s.pacedTasks++
		}
		switch {
		case paced[phase] && tasks.Intended[i] == 0:
			// The note of its sending is with a host that was lost.
		case paced[phase] && open.OwnOf > 0 && i < len(tasks.HalfWidth) && tasks.HalfWidth[i] > 0:
			// It ran on another host than the one that sent it.
		case paced[phase]:
			delay := tasks.Finished[i] - tasks.Intended[i]
			s.delays = append(s.delays, delay)
			if ofKinds {
				s.byKind[kind] = append(s.byKind[kind], delay)
			}
			if !noisy {
				continue
			}
			// A chain's first task is sent when it is sent; how late that was is in none of the later ones.
			began := max(tasks.Intended[i], min(tasks.Sent[i], tasks.Started[i]))
			if sc.Chain {
				began = tasks.Intended[i]
			}
			sending := max(tasks.Finished[i]-began, 0)
			left := max(sending-still.added(began, tasks.Finished[i]), 0)
			s.fromSending, s.left = append(s.fromSending, sending), append(s.left, left)
			if ofKinds {
				s.fromSendingByKind[kind], s.leftByKind[kind] = append(s.fromSendingByKind[kind], sending), append(s.leftByKind[kind], left)
			}
		case backlog[phase]:
			done := tasks.Finished[i] - drain.Released
			s.done = append(s.done, done)
			if queued {
				s.doneByKind[kind] = append(s.doneByKind[kind], done)
			}
		}
	}
}

// among is how many rows have one of those words.
func among(column results.Words, words []bool) int {
	n := 0
	for _, k := range column.Index {
		if words[k] {
			n++
		}
	}
	return n
}

// emptied are n lists without content, whose room stays.
func emptied(lists [][]int64, n int) [][]int64 {
	for len(lists) < n {
		lists = append(lists, nil)
	}
	lists = lists[:n]
	for i := range lists {
		lists[i] = lists[i][:0]
	}
	return lists
}

// multiples writes nanoseconds as multiples of unit into room.
func multiples(room []float64, ns []int64, unit float64) []float64 {
	room = slices.Grow(room[:0], len(ns))
	for _, v := range ns {
		room = append(room, float64(v)/unit)
	}
	return room
}

// order tells for each kind the mean place of its tasks among all, 0 for the first that was done and 100 for the last,
// and the longest time in seconds without one: from the release to its first, or between two that follow each other. Of
// each kind it is given when its tasks were done, in ascending nanoseconds after the release. Of tasks that were done in
// the same nanosecond, those of the first kind come first.
func order(kinds []string, done [][]int64) (places, gaps map[string]float64) {
	places, gaps = map[string]float64{}, map[string]float64{}
	all := 0
	for _, ns := range done {
		all += len(ns)
	}
	sums, longest, last, taken := make([]float64, len(done)), make([]float64, len(done)), make([]float64, len(done)), make([]int, len(done))
	for i := range all {
		k := -1
		for j, ns := range done {
			if taken[j] < len(ns) && (k < 0 || ns[taken[j]] < done[k][taken[k]]) {
				k = j
			}
		}
		at := float64(done[k][taken[k]]) / 1e9
		if all > 1 {
			sums[k] += 100 * float64(i) / float64(all-1)
		}
		longest[k] = max(longest[k], at-last[k])
		last[k] = at
		taken[k]++
	}
	for k, n := range taken {
		if n > 0 {
			places[kinds[k]], gaps[kinds[k]] = sums[k]/float64(n), longest[k]
		}
	}
	return places, gaps
}

// visiblyLate is from which lateness of the generator on latencies are counted from the sending, too.
const visiblyLate = int64(100 * time.Microsecond)

// noisy tells whether noise can have changed the latencies of an open phase.
func noisy(open results.Phase) bool { return noiseOf(open).any() || open.LateP99 > visiblyLate }

// spareOf sorts what gather took for brackets.
func (s *scratch) spareOf(still *standstills, open results.Phase) *spared {
	out := s.sparedOf(still, open, s.fromSending, s.left)
	for k := range s.fromSendingByKind {
		s.spareInto(out, s.tasks.Kind.List[k], s.fromSendingByKind[k], s.leftByKind[k])
	}
	return out
}

// sparedOf sorts the times of all tasks, and what is left of them.
func (s *scratch) sparedOf(still *standstills, open results.Phase, sending, left []int64) *spared {
	out := &spared{sent: map[string][]float64{}, left: map[string][]float64{}, slowed: noiseOf(open).slowed()}
	s.spareInto(out, "", sending, left)
	if n := len(sending); n > 0 {
		out.touched = still.touched(sending[n/2])
	}
	return out
}

// spareInto sorts the times of one kind, and has them in ms.
func (s *scratch) spareInto(out *spared, kind string, sending, left []int64) {
	if len(sending) == 0 {
		return
	}
	s.spare = radix.Sort(sending, s.spare)
	s.spare = radix.Sort(left, s.spare)
	out.sent[kind], out.left[kind] = multiples(nil, sending, 1e6), multiples(nil, left, 1e6)
}

// servicesOf are the service times of the open phase's finished tasks in ms, ascending, and what noise leaves of them.
func (s *scratch) servicesOf(open results.Phase, still *standstills) ([]float64, *spared) {
	tasks := &s.tasks
	finished, paced := tasks.Outcome.Is(results.OutcomeFinished), tasks.Phase.Is(open.Name)
	var all, left []int64
	for i, phase := range tasks.Phase.Index {
		if !paced[phase] || !finished[tasks.Outcome.Index[i]] {
			continue
		}
		took := max(tasks.Finished[i]-tasks.Started[i], 0)
		all, left = append(all, took), append(left, max(took-still.added(tasks.Started[i], tasks.Finished[i]), 0))
	}
	out := s.sparedOf(still, open, all, left)
	return out.sent[""], out
}
