package trial

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// entry is what is known about one task. The sender writes the first three times, the collector the rest.
type entry struct {
	intended, sent int64
	// acked is when the broker confirmed it: 0 if it refused it, loadgen.Unknown if that is unknown.
	acked             int64
	started, finished int64
	pid               int32
	ok, failed        uint16
	// sentWidth and ranWidth are how far the times of sending and of running can be from the true ones, in ns, where other hosts took them. A
	// connection that is silent for longer than their type can hold is cut.
	sentWidth, ranWidth uint32
}

// tally counts the tasks of one purpose, such as a phase, over all its spans.
type tally struct {
	name string
	// measured is false for readiness and warm-up tasks, which no result counts.
	measured bool
	// sentWidth and ranWidth are the greatest half-widths of the times of sending and of running, in ns, where other hosts took them.
	sentWidth, ranWidth atomic.Int64
	// done counts tasks with at least one record, taken those that the broker accepted.
	done, taken atomic.Int64
	// spans are in the order of their numbers, without gaps. The trial's goroutine adds them.
	spans []*span
}

// span is a run of tasks with neighbouring sequence numbers. A purpose has one, or one for each helping if the number of tasks isn't known
// at first.
type span struct {
	*tally
	first int64
	tasks []entry
	// kinds has each task's kind, an index into the scenario's kinds; nil means that all are of the first.
	kinds []uint8
	// sends is how many of the tasks a producer sends: the first ones. In a chain, each step has that many, and a step's tasks follow those
	// of the step before, which enqueue them.
	sends int
	// senders is how many hosts send these tasks by turns, if each also runs workers; else 0.
	senders int
	// refusable tasks are requested while the application that enqueues them stops: one that it didn't accept doesn't count.
	refusable bool
}

// record notes the sending of the span's task i.
func (s *span) record(i int, intended, sent, acked int64) {
	e := &s.tasks[i]
	e.intended, e.sent = intended, sent
	// A watcher may read the other fields once it sees this one.
	atomic.StoreInt64(&e.acked, acked)
	if acked > 0 {
		s.taken.Add(1)
	}
}

// ledger accounts for every task of a trial.
type ledger struct {
	mu    sync.RWMutex
	spans []*span
	next  int64
	// unsent are tasks with a record that were never sent.
	unsent map[uint64]accounting.Task
	watch  *watch
	// away are the hosts that take part, whose records may be missing.
	away Away
	// senders is as in a span.
	senders int
	// followed counts the tasks that tasks enqueued.
	followed int64
	// longest is the longest execution, in nanoseconds.
	longest atomic.Int64
}

// shuffled gives n tasks their kinds: exact shares, in an order drawn from rng.
func shuffled(n int, kinds []suite.Share, rng *rand.Rand) []uint8 {
	if len(kinds) == 1 {
		return nil
	}
	total := 0
	for _, k := range kinds {
		total += k.Share
	}
	out := make([]uint8, 0, n)
	sum := 0
	for i, k := range kinds {
		sum += k.Share
		for len(out) < n*sum/total {
			out = append(out, uint8(i))
		}
	}
	rng.Shuffle(n, func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// open adds a span of n tasks with its own tally.
func (l *ledger) open(name string, n int, measured bool) *span {
	return l.add(&tally{name: name, measured: measured}, n, 1)
}

// add adds a span to a tally: that number of sends, each with that number of steps.
func (l *ledger) add(t *tally, sends, steps int) *span {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &span{tally: t, first: l.next, tasks: make([]entry, sends*steps), sends: sends, senders: l.senders}
	l.next += int64(len(s.tasks))
	l.spans = append(l.spans, s)
	t.spans = append(t.spans, s)
	return s
}

// follows is how many tasks that tasks enqueued have ended.
func (l *ledger) follows() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.followed
}

// find returns the span of a sequence number.
func (l *ledger) find(seq uint64) *span {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if seq >= uint64(l.next) {
		return nil
	}
	after, _ := slices.BinarySearchFunc(l.spans, seq, func(s *span, seq uint64) int {
		if uint64(s.first) <= seq {
			return -1
		}
		return 1
	})
	return l.spans[after-1]
}

// note takes a probe record. A task's first success gives its times; a task that only failed has those of its first failure.
func (l *ledger) note(p results.Probe) {
	if took := int64(p.Finished - p.Started); took > l.longest.Load() { // only the collector writes it
		l.longest.Store(took)
	}
	if p.Seq&(results.ProbeForeign|results.ProbeFollowed) == results.ProbeFollowed {
		l.mu.Lock()
		l.followed++
		l.mu.Unlock()
		return
	}
	s := l.find(p.Seq)
	if s == nil {
		l.noteUnsent(p)
		return
	}
	i := int(p.Seq - uint64(s.first))
	e := &s.tasks[i]
	first := e.ok == 0 && e.failed == 0
	if first || e.ok == 0 && p.Outcome == results.ProbeOK {
		e.started, e.finished, e.pid = int64(p.Started), int64(p.Finished), int32(p.PID)
	}
	if p.Outcome == results.ProbeOK {
		e.ok++
		if e.ok == 1 && s.measured {
			l.watch.succeeded(s, i, p)
		}
	} else {
		e.failed++
	}
	if first {
		s.done.Add(1)
	}
}

// widen notes how far the times of a record of the task can be from the true ones. Only the collector calls it.
func (l *ledger) widen(seq uint64, halfWidth int64) {
	if s := l.find(seq); s != nil {
		s.ranWidth.Store(max(s.ranWidth.Load(), halfWidth))
		e := &s.tasks[seq-uint64(s.first)]
		e.ranWidth = max(e.ranWidth, width(halfWidth))
	}
}

// width is a half-width for an entry.
func width(ns int64) uint32 { return uint32(min(ns, math.MaxUint32)) }

// widen notes how far the times of sending the span's task i can be from the true ones, before they are recorded.
func (s *span) widen(i int, halfWidth int64) {
	s.sentWidth.Store(max(s.sentWidth.Load(), halfWidth))
	s.tasks[i].sentWidth = width(halfWidth)
}

// noteUnsent notes the record of a task that was never sent.
func (l *ledger) noteUnsent(p results.Probe) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.unsent == nil {
		l.unsent = map[uint64]accounting.Task{}
	}
	g := l.unsent[p.Seq]
	if p.Outcome == results.ProbeOK {
		g.Completed++
	} else {
		g.DeadLettered++
	}
	l.unsent[p.Seq] = g
}

// allWell reports whether each sent task ended well, once, and no others were seen.
func (l *ledger) allWell() bool {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, s := range l.spans {
		for i := range s.tasks {
			if e := &s.tasks[i]; e.ok != 1 || e.failed != 0 {
				return false
			}
		}
	}
	return len(l.unsent) == 0
}

// follow gives the later steps of a chain their sending times: each was enqueued and confirmed when the step before ended. All steps have
// the intended time of the first, so that the last one's latency is the whole chain's.
func (s *span) follow() {
	for i := s.sends; i < len(s.tasks); i++ {
		before, e := &s.tasks[i-s.sends], &s.tasks[i]
		if before.ok > 0 {
			e.intended, e.sent, e.acked = before.intended, before.finished, before.finished
			e.sentWidth = max(before.sentWidth, before.ranWidth)
		}
	}
}

// enqueued reports whether task i was ever meant to exist: a chain's step isn't if the one before didn't end.
func (s *span) enqueued(i int) bool {
	if s.refusable && s.tasks[i].acked <= 0 {
		return s.tasks[i].ok+s.tasks[i].failed > 0
	}
	return i < s.sends || s.tasks[i-s.sends].ok > 0 || s.tasks[i].ok+s.tasks[i].failed > 0
}

// losses are the hosts that were lost.
func (l *ledger) losses() []Loss {
	if l.away == nil {
		return nil
	}
	return l.away.Losses()
}

// task is what accounting must know about the span's task i.
func (s *span) task(i int, losses []Loss) accounting.Task {
	e := &s.tasks[i]
	t := accounting.Task{Attempted: true, Answer: accounting.Acknowledged, Completed: int(e.ok), DeadLettered: int(e.failed)}
	t.Unrecorded = len(losses) > 0 && s.unrecorded(i, losses)
	switch {
	case t.Unrecorded && e.sent == 0:
		t.Answer = accounting.Unknown
	case e.acked == 0:
		t.Answer = accounting.Rejected
	case e.acked == loadgen.Unknown:
		t.Answer = accounting.Unknown
	}
	return t
}

// outcome is the result for tasks.parquet.
func outcome(f accounting.Fate) string {
	switch f {
	case accounting.Once, accounting.Duplicated:
		return results.OutcomeFinished
	case accounting.Dead:
		return results.OutcomeFailed
	case accounting.Lost:
		return results.OutcomeLost
	case accounting.Unrecorded:
		return results.OutcomeUnknown
	}
	return results.OutcomeRejected
}

// counts accounts for all measured tasks. Sent = Finished + Failed + Lost + Unknown always holds: a task that ran counts as sent even if the broker
// seemed to refuse it.
func (l *ledger) counts() (c results.Counts, a accounting.Counts) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	c.Followed = l.followed
	for _, g := range l.unsent {
		a.Add(g)
		c.Unexpected += int64(g.Completed + g.DeadLettered)
	}
	for _, s := range l.spans {
		if s.measured {
			s.follow()
			s.count(&c, &a, l.losses())
		}
	}
	return c, a
}

// count adds the span's tasks to both.
func (s *span) count(c *results.Counts, a *accounting.Counts, losses []Loss) {
	for i := range s.tasks {
		if !s.enqueued(i) {
			continue
		}
		fate := a.Add(s.task(i, losses))
		switch outcome(fate) {
		case results.OutcomeRejected:
			c.Rejected++
			continue
		case results.OutcomeFinished:
			c.Finished++
		case results.OutcomeFailed:
			c.Failed++
		case results.OutcomeLost:
			c.Lost++
		case results.OutcomeUnknown:
			c.Unknown++
		}
		c.Sent++
		if fate == accounting.Duplicated {
			c.Duplicated++
		}
	}
}

// kind is the kind of the span's task i.
func (s *span) kind(i int) int {
	if s.kinds == nil {
		return i / s.sends
	}
	return int(s.kinds[i])
}

// measured is how many tasks have been planned so far that results count.
func (l *ledger) measured() (n int64) {
	for _, s := range l.spans {
		if s.measured {
			n += int64(len(s.tasks))
		}
	}
	return n
}

// rows are the measured tasks for tasks.parquet.
func (l *ledger) rows(kinds []suite.Share) []results.Task {
	rows := make([]results.Task, 0, l.measured()) // one that grows is there twice while it does
	losses := l.losses()
	for _, s := range l.spans {
		if !s.measured {
			continue
		}
		for i := range s.tasks {
			if !s.enqueued(i) {
				continue
			}
			e := &s.tasks[i]
			rows = append(rows, results.Task{
				Seq: s.first + int64(i), Phase: s.name, Kind: kinds[s.kind(i)].Kind,
				Intended: e.intended, Sent: e.sent, Acked: max(e.acked, 0), Started: e.started, Finished: e.finished,
				PID: e.pid, Attempts: int32(e.ok) + int32(e.failed), Outcome: outcome(s.task(i, losses).Fate()), HalfWidth: s.halfWidth(i),
			})
		}
	}
	return rows
}

// lastFinished is when the last task ended.
func (t *tally) lastFinished() int64 {
	var last int64
	for _, s := range t.spans {
		for i := range s.tasks {
			last = max(last, s.tasks[i].finished)
		}
	}
	return last
}
