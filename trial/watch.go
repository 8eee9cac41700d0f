package trial

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/accounting"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

// watchEvery is how often a trial's watcher gets a look. Between two looks, a task costs a few words in a list.
const watchEvery = 250 * time.Millisecond

// Look is what happened in one phase of a trial since the previous look.
type Look struct {
	Phase, Arrivals, Producer string
	// Counts are of measured tasks. Sent and Finished are reported at once, the others at the trial's end: until then, a failed task may be
	// retried, and a task that seems lost may be late. Over a whole trial, they add up to its result.
	Counts results.Counts
	// Tasks are those that succeeded.
	Tasks []Timing
	// CPU is in seconds, of the phases only, and adds up to their results.
	CPU Parts
	// Memory is the proportional set size in bytes, 0 if it wasn't read: the workers' is read once a second, the others' at the end of a
	// phase.
	Memory Parts
	// Depth is how many tasks the broker holds, -1 if unknown.
	Depth int64
	// Began marks a phase's first look, Over the last ones, after its load.
	Began, Over bool
}

// Parts are figures of the three parts that share a machine.
type Parts struct{ Harness, Workers, Broker float64 }

// Timing is the length of parts of a task's life, in ns, and -1 for meaningless ones: in a backlog, tasks wait as long as they are held,
// and the middle steps of a chain have no latency.
type Timing struct{ Late, Wait, Service, Latency int64 }

// watch reports on a trial while it runs. It only reads what the trial notes anyway. A nil watch does nothing.
type watch struct {
	tell func(Look)

	mu sync.Mutex // locked for a few instructions by the measurement
	// fresh are tasks that succeeded since the last look.
	fresh []success
	// sampled is the current measurement and its last sample.
	sampled *measurement
	sample  results.Sample
	// workerPSS is the last reading of memory, in MiB.
	workerPSS float64

	looking sync.Mutex // locked while a look is reported
	phases  []*watched
	// unsent are tasks whose end was seen before their sending was noted.
	unsent []success
	// used is what was reported of the current phase.
	used Parts
}

// success is the end of a task, as it was read.
type success struct {
	span              *span
	i                 int
	started, finished int64
	// halfWidth is how far both can be from the true times, own that the host that sent the task ran it.
	halfWidth int64
	own       bool
}

// watched is a tally under watch, and what looks have reported of it.
type watched struct {
	tally    *tally
	phase    suite.Phase
	reported results.Counts
}

func newWatch(tell func(Look)) *watch {
	if tell == nil {
		return nil
	}
	return &watch{tell: tell}
}

// begin is called before the tally's first task is sent.
func (w *watch) begin(t *tally, p suite.Phase) {
	if w == nil {
		return
	}
	w.look()
	w.looking.Lock()
	defer w.looking.Unlock()
	begun := &watched{tally: t, phase: p}
	w.phases = append(w.phases, begun)
	w.used = Parts{}
	l := begun.newLook()
	l.Began = true
	w.tell(l)
}

// succeeded is called by the collector for the first success of a measured task.
func (w *watch) succeeded(s *span, i int, p results.Probe) {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.fresh = append(w.fresh, success{span: s, i: i, started: int64(p.Started), finished: int64(p.Finished), halfWidth: int64(s.tasks[i].ranWidth), own: s.own(i)})
	w.mu.Unlock()
}

// note keeps a sample of a measurement.
func (w *watch) note(m *measurement, s results.Sample) {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.sampled, w.sample = m, s
	if s.WorkerPSS > 0 {
		w.workerPSS = s.WorkerPSS
	}
	w.mu.Unlock()
}

// end is called with the phase's own figures, when the last load has ended.
func (w *watch) end(out results.Phase) {
	if w == nil {
		return
	}
	w.mu.Lock()
	w.sampled, w.workerPSS = nil, 0
	w.mu.Unlock()
	w.look()
	w.looking.Lock()
	defer w.looking.Unlock()
	const mib = 1 << 20
	l := w.phases[len(w.phases)-1].newLook()
	l.Over = true
	l.CPU = w.since(Parts{out.HarnessUsage.CPUSeconds, out.Workers.CPUSeconds, out.BrokerUsage.CPUSeconds})
	l.Memory = Parts{mib * out.HarnessUsage.PSSMiB, mib * out.Workers.PSSMiB, mib * out.BrokerUsage.PSSMiB}
	w.tell(l)
}

// keepLooking looks until the context ends.
func (w *watch) keepLooking(ctx context.Context) {
	if w == nil {
		return
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			w.look()
		}
	}
}

// look reports what is new.
func (w *watch) look() {
	w.looking.Lock()
	defer w.looking.Unlock()
	w.mu.Lock()
	fresh, m, sample, pss := w.fresh, w.sampled, w.sample, w.workerPSS
	w.fresh = nil
	w.mu.Unlock()

	ended := map[*tally]int64{}
	for _, e := range fresh {
		ended[e.span.tally]++
		if e.i+e.span.sends < len(e.span.tasks) {
			e.span.taken.Add(1) // a chain's step has enqueued the next
		}
	}
	waiting := append(w.unsent, fresh...)
	w.unsent = nil
	timings := map[*tally][]Timing{}
	for _, e := range waiting {
		if t, ok := e.timing(w.arrivals(e.span.tally)); ok {
			timings[e.span.tally] = append(timings[e.span.tally], t)
		} else {
			w.unsent = append(w.unsent, e)
		}
	}
	for _, p := range w.phases {
		l := p.newLook()
		l.Tasks = timings[p.tally]
		if p.tally.measured {
			l.Counts.Finished = ended[p.tally]
			l.Counts.Sent = p.tally.taken.Load() - p.reported.Sent
		}
		current := m != nil && m.tally == p.tally
		if current {
			l.Depth = sample.Depth
			l.Memory.Workers = pss * (1 << 20)
			l.CPU = w.since(Parts{m.ownUse(process.Self()).Seconds(), sample.WorkerCPU - m.workers.CPU.Seconds(),
				sample.BrokerCPU - m.broker.CPU.Seconds()})
		}
		if current || len(l.Tasks) > 0 || l.Counts != (results.Counts{}) {
			p.say(w, l)
		}
	}
}

// account reports what the trial's end showed about its tasks, with the hosts that were lost.
func (w *watch) account(losses []Loss) {
	if w == nil {
		return
	}
	w.look()
	w.looking.Lock()
	defer w.looking.Unlock()
	for _, p := range w.phases {
		if !p.tally.measured {
			continue
		}
		l := p.newLook()
		l.Over = true
		var all results.Counts
		for _, s := range p.tally.spans {
			s.count(&all, &accounting.Counts{}, losses)
		}
		l.Counts = results.Counts{Sent: all.Sent - p.reported.Sent, Rejected: all.Rejected, Finished: all.Finished - p.reported.Finished,
			Failed: all.Failed, Lost: all.Lost, Unknown: all.Unknown, Duplicated: all.Duplicated}
		p.say(w, l)
	}
}

// since is the phase's use of resources since the last report.
func (w *watch) since(used Parts) Parts {
	// A reading that is due at the same moment as the phase's own may be older.
	now := Parts{max(used.Harness, w.used.Harness), max(used.Workers, w.used.Workers), max(used.Broker, w.used.Broker)}
	more := Parts{now.Harness - w.used.Harness, now.Workers - w.used.Workers, now.Broker - w.used.Broker}
	w.used = now
	return more
}

// arrivals are those of a tally's phase.
func (w *watch) arrivals(t *tally) string {
	for _, p := range w.phases {
		if p.tally == t {
			return p.phase.Arrivals
		}
	}
	return ""
}

func (p *watched) newLook() Look {
	return Look{Phase: p.phase.Name, Arrivals: p.phase.Arrivals, Producer: p.phase.Producer, Depth: -1}
}

func (p *watched) say(w *watch, l Look) {
	p.reported.Sent += l.Counts.Sent
	p.reported.Finished += l.Counts.Finished
	w.tell(l)
}

// timing is how long a task took, once its sending is known, too.
func (e success) timing(arrivals string) (t Timing, ok bool) {
	first := &e.span.tasks[e.i%e.span.sends]
	// The sending's times can be read once this is set.
	if atomic.LoadInt64(&first.acked) == 0 {
		return t, false
	}
	t = Timing{Late: -1, Wait: -1, Service: e.finished - e.started, Latency: -1}
	switch arrivals {
	case suite.Open, suite.Poisson, suite.Trace:
	default:
		return t, true
	}
	if e.span.senders > 0 && !e.own {
		t.Late = first.sent - first.intended
		return t, true // its latency doesn't count
	}
	if e.i < e.span.sends {
		t.Late, t.Wait = first.sent-first.intended, e.resolved(e.started-first.sent)
	}
	if e.i >= len(e.span.tasks)-e.span.sends {
		t.Latency = e.resolved(e.finished - first.intended)
	}
	return t, true
}

// resolved is a time from the task's sending on. What is too short for the clocks of several hosts is shown as the shortest that isn't.
func (e success) resolved(ns int64) int64 {
	if w := int64(e.span.tasks[e.i%e.span.sends].sentWidth) + e.halfWidth; w > 0 && !e.own {
		return max(ns, results.ClockWidths*w)
	}
	return ns
}
