package madeup

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	// perSecond is how many tasks a side with Drain 1 drains, and wait how many nanoseconds a task waits with Wait 1.
	perSecond = 5000
	wait      = 2.4e6
	// batch is how many tasks the wire producer sends at once, with the same time.
	batch = 500
	// working is how many CPUs the workers use while they drain.
	working = 1.2
	// sampled is how often the state is sampled.
	sampled = int64(100 * time.Millisecond)
	// sustainedPerSecond is how many tasks of a planned sustained backlog end, and more is how much longer than planned they take in all.
	sustainedPerSecond, more = 1000, 1.2
)

// history is the events of one trial, in phases.
type history struct {
	rng   *rand.Rand
	kinds []suite.Share
	speed float64
	// steps is how many tasks a chain has, 1 for tasks that are in none.
	steps int
	// planned makes the phases' times follow from plan and tasks, as those of a real run do. Otherwise, a sustained backlog has the number of tasks
	// that it is given.
	planned bool
	wait    float64
	pids    []int32
	now     int64
	rows    []results.Task
	phases  []results.Phase
	series  []results.Sample
}

func newHistory(rng *rand.Rand, sc suite.Scenario, side Side) *history {
	h := &history{rng: rng, kinds: sc.Kinds(), steps: 1, now: int64(10 * time.Hour), pids: make([]int32, max(1, sc.Processes))}
	h.speed = perSecond * side.Drain * math.Exp(0.03*rng.NormFloat64())
	h.wait = wait * side.Wait
	for i := range h.pids {
		h.pids[i] = int32(1000 + rng.IntN(30_000))
	}
	return h
}

// about is a time around ns, log-normal.
func (h *history) about(ns, spread float64) int64 {
	return int64(ns * math.Exp(spread*h.rng.NormFloat64()))
}

// kind draws a task's kind by its share.
func (h *history) kind() string {
	all := 0
	for _, k := range h.kinds {
		all += k.Share
	}
	at := h.rng.IntN(all)
	for _, k := range h.kinds {
		if at -= k.Share; at < 0 {
			return k.Kind
		}
	}
	return h.kinds[0].Kind
}

// phase adds a phase of n tasks or chains: a backlog is sent and then drained, a sustained one is topped up, and paced tasks are worked off as
// they come.
func (h *history) phase(p suite.Phase, n int) {
	first := len(h.rows)
	speed := h.speed
	sustained := h.planned && p.Arrivals == suite.Sustained
	if sustained {
		speed = speed * sustainedPerSecond / perSecond
		n = max(int(more*speed*(p.Ramp()+time.Duration(p.Lasts)).Seconds()), p.Depth)
	}
	for i := range n * h.steps {
		kind := h.kind()
		if h.steps > 1 {
			kind = h.kinds[i/n].Kind
		}
		h.rows = append(h.rows, results.Task{Seq: int64(first + i), Phase: p.Name, Kind: kind, Attempts: 1,
			PID: h.pids[h.rng.IntN(len(h.pids))], Outcome: results.OutcomeFinished})
	}
	all := h.rows[first:]
	rows := all[:n] // those that a producer sends
	began := h.now
	released := began
	var sent int64
	queued := n
	switch p.Arrivals {
	case suite.Sustained:
		queued = min(p.Depth, (n+1)/2)
		if sustained {
			queued = p.Depth
		}
		fallthrough
	case suite.Backlog:
		sent = h.enqueue(rows[:queued], p.Producer)
		released = sent + h.about(70e6, 0.1)
		h.drain(rows, queued, released, speed)
	default:
		sent = h.pace(rows, p, released)
	}
	h.follow(all, n)
	drained := released
	for _, r := range all {
		drained = max(drained, r.Finished)
	}
	wall := float64(drained-released) / 1e9
	busy := wall
	usage := func(share float64) results.Usage {
		return results.Usage{Measured: true, CPUSeconds: share * wall, WallSeconds: wall, PSSMiB: 60 + 10*h.rng.Float64(), Processes: 1}
	}
	out := results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, First: int64(first), Count: int64(len(all)),
		Rate: float64(p.Rate), EnqueueBegan: began, EnqueueEnded: sent, Released: released, Drained: drained,
		BytesPerTask: 500, Workers: usage(working), BrokerUsage: usage(0.2), HarnessUsage: usage(0.03)}
	if p.Arrivals == suite.Sustained {
		out.Depth, out.SteadyFrom, out.SteadyTo = int64(queued), released+(drained-released)/10, drained-(drained-released)/10
	}
	if sustained {
		out.Turns, out.SteadyFrom, out.SteadyTo = turns(p, released+int64(p.Ramp()))
	}
	if h.planned && p.Producer == suite.Client && p.Arrivals == suite.Backlog {
		out.EnqueueBegan = rows[0].Sent
	}
	if p.Scheduled() {
		busy = float64(len(all)) / h.speed // a task takes as much as in a drain
		var late []int64
		for _, r := range rows {
			late = append(late, r.Sent-r.Intended)
		}
		slices.Sort(late)
		out.LateP50, out.LateP99, out.LateMax = results.NearestRank(late, 0.5), results.NearestRank(late, 0.99), late[n-1]
	}
	out.Workers.CPUSeconds = working * busy
	h.phases = append(h.phases, out)
	h.sample(all, p.Name, released, drained, working*busy/wall)
	h.now = drained + int64(time.Second)
}

// turns are those of a phase, one right after the other, and when the first begins and the last ends; a phase without turns has its whole time.
func turns(p suite.Phase, began int64) (list []results.Turn, from, to int64) {
	n, each := p.TurnsOf()
	if n == 0 {
		return nil, began, began + int64(p.Lasts)
	}
	for to = began; n > 0; n-- {
		list = append(list, results.Turn{From: to, To: to + int64(each)})
		to += int64(each)
	}
	return list, began, to
}

// enqueue sends a backlog and returns its end.
func (h *history) enqueue(rows []results.Task, producer string) int64 {
	at, acked := h.now, h.now
	for i := range rows {
		if producer == suite.Client || i%batch == 0 {
			at = acked + h.about(1e3, 0.2)
			acked = at + h.about(140e3, 0.3)
		}
		rows[i].Intended, rows[i].Sent, rows[i].Acked = at, at, acked
	}
	return acked
}

// drain works off a backlog nearly in order, at that speed in tasks per second. A task that wasn't queued before is sent when enough others have
// ended.
func (h *history) drain(rows []results.Task, queued int, released int64, speed float64) {
	at := float64(released)
	for i := range rows {
		at += h.rng.ExpFloat64() * 1e9 / speed
		if i >= queued {
			due := rows[i-queued].Finished + h.about(5e6, 0.5)
			rows[i].Intended, rows[i].Sent, rows[i].Acked = due, due, due+h.about(200e3, 0.3)
			at = max(at, float64(rows[i].Acked))
		}
		rows[i].Started = int64(at) + h.about(500e3, 0.7)
		rows[i].Finished = rows[i].Started + h.about(400, 0.3)
	}
}

// pace sends at the phase's rate and returns its end.
func (h *history) pace(rows []results.Task, p suite.Phase, released int64) int64 {
	due, last := float64(released), released
	each := 1e9 / float64(max(1, p.Rate))
	for i := range rows {
		r := &rows[i]
		r.Intended = int64(due)
		r.Sent = r.Intended + h.about(60e3, 0.4)
		r.Acked = r.Sent + h.about(75e3, 0.4)
		r.Started = r.Sent + h.about(h.wait, 0.5)
		r.Finished = r.Started + h.about(400, 0.3)
		last = r.Acked
		if p.Arrivals == suite.Poisson {
			due += h.rng.ExpFloat64() * each
		} else {
			due += each
		}
	}
	return last
}

// follow makes the tasks behind the first n the later steps of their chains, each of which is sent when the step before ends.
func (h *history) follow(rows []results.Task, n int) {
	for i := n; i < len(rows); i++ {
		r, before := &rows[i], rows[i-n]
		r.Intended, r.Sent, r.Acked = before.Intended, before.Finished, before.Finished
		r.Started = r.Sent + h.about(h.wait, 0.5)
		r.Finished = r.Started + h.about(400, 0.3)
	}
}

// sample samples a phase as a run's monitor does. The workers use this share of a CPU.
func (h *history) sample(rows []results.Task, phase string, released, drained int64, workers float64) {
	var sent, ends []int64
	for _, r := range rows {
		sent, ends = append(sent, r.Sent), append(ends, r.Finished)
	}
	slices.Sort(sent)
	slices.Sort(ends)
	for at := released; at < drained+sampled; at += sampled {
		came, _ := slices.BinarySearch(sent, at)
		done, _ := slices.BinarySearch(ends, at)
		s := float64(at-released) / 1e9
		h.series = append(h.series, results.Sample{At: at, Phase: phase, Done: int64(done), Depth: int64(came - done),
			WorkerCPU: workers * s, BrokerCPU: 0.2 * s, WorkerPSS: 60})
	}
}
