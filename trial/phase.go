package trial

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/tqbench/tqbench/contender"
	"github.com/tqbench/tqbench/internal/process"
	"github.com/tqbench/tqbench/loadgen"
	"github.com/tqbench/tqbench/results"
	"github.com/tqbench/tqbench/suite"
)

const (
	sampleEvery = 100 * time.Millisecond
	// pssEvery is how many samples lie between two readings of memory, which cost the kernel a walk of page tables.
	pssEvery = 10
	// blockedLimit is how long nothing may be taken from a producer before the broker is asked whether workers that are
	// held keep it waiting.
	blockedLimit = time.Second
	// letGo is how long they then go on: enough to end what they are in the middle of, and not to empty the queue.
	letGo = 20 * time.Millisecond
	// stallLimit ends a drain in which nothing happens while the broker holds nothing.
	stallLimit = 5 * time.Second
	// startLead is how far ahead an open schedule starts, so that its first task isn't late.
	startLead = 20 * time.Millisecond
)

// wire is the load of a span sent by the wire producer.
func (r *run) wire(s *span) loadgen.Load {
	var mu sync.Mutex
	stream := uint64(s.first) << 8
	kinds := r.kinds(s.sends)
	return loadgen.Load{
		N: s.sends, Publisher: r.Broker, Record: s.record,
		NewEncode: func() (loadgen.Encode, error) {
			mu.Lock()
			defer mu.Unlock()
			stream++
			// Task ids follow from the trial's seed.
			return contender.Stream(r.Contender, r.Target, func(i int) contender.Kind { return kinds[r.pick(s, i)] }, s.first, rand.New(rand.NewPCG(r.Trial.Seed, stream)))
		},
	}
}

// kinds are the scenario's kinds of tasks, as a contender sends them in a span of that many.
func (r *run) kinds(sends int) []contender.Kind {
	if own := r.Scenario.Own; own != nil {
		var out []contender.Kind
		for _, c := range own.Calls {
			out = append(out, contender.Kind{Task: own.Tasks[r.Contender.Framework()], Own: &contender.Call{Args: c.Args, Kwargs: c.Kwargs}})
		}
		return out
	}
	if r.Scenario.Chain {
		return []contender.Kind{{Task: r.Scenario.Mix[0].Task, Args: []any{sends}}}
	}
	var out []contender.Kind
	for _, k := range r.Scenario.Kinds() {
		out = append(out, contender.Kind{Task: k.Task, Args: k.Args, Queue: r.queue(k)})
	}
	return out
}

// queue is where a kind of task goes, "" where there is one queue only.
func (r *run) queue(k suite.Share) string {
	if i := slices.Index(r.Scenario.Queues(), k.Queue); i >= 0 && i < len(r.Target.Queues) {
		return r.Target.Queues[i]
	}
	return ""
}

// pick is which of kinds the span's task i is: a user's own calls are taken in turn.
func (r *run) pick(s *span, i int) int {
	if own := r.Scenario.Own; own != nil {
		return i % len(own.Calls)
	}
	return s.kind(i)
}

// span opens a span of load, with kinds of tasks in their shares.
func (r *run) span(name string, n int, measured bool) *span {
	s := r.ledger.open(name, n*r.Scenario.Steps(), measured)
	s.sends = n
	if !r.Scenario.Chain {
		s.kinds = shuffled(n, r.Scenario.Kinds(), rand.New(rand.NewPCG(r.Trial.Seed, uint64(s.first))))
	}
	return s
}

// phase runs one phase and keeps what it measured.
func (r *run) phase(ctx context.Context, p suite.Phase) error {
	s := r.span(p.Name, p.Tasks, true)
	for i, a := range p.Recorded {
		if s.kinds != nil {
			s.kinds[i] = uint8(a.Kind)
		}
	}
	out := results.Phase{Name: p.Name, Arrivals: p.Arrivals, Producer: p.Producer, First: s.first,
		Count: int64(len(s.tasks)), Rate: float64(p.Rate)}
	r.tell(p.Name, 0, out.Count)
	r.watch.begin(s, p)

	send := r.sendWire
	if p.Producer == suite.Client {
		send = r.sendClient
	}
	var err error
	if p.Arrivals == suite.Backlog {
		err = r.backlog(ctx, p, s, &out, send)
	} else {
		err = r.open(ctx, p, s, &out, send)
	}
	if err != nil {
		return err
	}
	out.Drained = s.lastFinished()
	if missing := out.Count - s.done.Load(); missing > 0 {
		r.addFlag(results.FlagNotDrained, "*", "phase %s: %d of %d tasks had not ended when its drain was given up",
			p.Name, missing, out.Count)
	}
	r.lateness(p, s, &out)
	r.keep(out)
	return nil
}

// keep keeps a phase and flags it where others had a part of the machine.
func (r *run) keep(out results.Phase) {
	if out.Steal > stealBound {
		r.addFlag(results.FlagThrottled, "*", "phase %s: the hypervisor withheld %.1f %% of the CPU time, more than %.0f %%",
			out.Name, 100*out.Steal, 100*stealBound)
	}
	if out.Others > othersBound {
		r.addFlag(results.FlagDisturbed, "*", "phase %s: other processes used %.0f %% of the machine's CPU time, more than %.0f %%",
			out.Name, 100*out.Others, 100*othersBound)
	}
	r.result.Phases = append(r.result.Phases, out)
}

// sender sends a span; for open arrivals, from start on.
type sendFunc func(ctx context.Context, p suite.Phase, s *span, start int64, out *results.Phase) error

// backlog queues the span's tasks while the workers are held, then lets them go.
func (r *run) backlog(ctx context.Context, p suite.Phase, s *span, out *results.Phase, send sendFunc) error {
	if err := r.hold(ctx); err != nil {
		return err
	}
	out.EnqueueBegan = r.Clock.Now()
	err := r.unblocked(ctx, p.Name, s, func() error { return send(ctx, p, s, 0, out) })
	out.EnqueueEnded = r.Clock.Now()
	if err != nil {
		r.group.Release()
		return fmt.Errorf("send: %w", orCause(ctx, err))
	}
	if p.Producer == suite.Client {
		// The client's own start-up is no part of its enqueueing.
		out.EnqueueBegan, out.EnqueueEnded = firstSent(s), lastAcked(s)
	}
	m := r.measure(s)
	out.Released = r.Clock.Now()
	r.group.Release()
	profiled, err := r.profileCPU(ctx, p.Name, p.Producer)
	if err != nil {
		m.end(out)
		return err
	}
	err = r.drain(ctx, p.Name, time.Duration(r.Scenario.Limit), func() (int64, int64) { return s.done.Load(), out.Count })
	m.end(out)
	if err = errors.Join(err, profiled()); err != nil {
		return err
	}
	r.backlogCost(out)
	drained := float64(s.lastFinished()-out.Released) / 1e9
	enqueued := float64(out.EnqueueEnded-out.EnqueueBegan) / 1e9
	// Rates over the same tasks: their ratio is that of the times, the other way round. A drain that was given up has no
	// rate, and a flag of its own; of a client's tasks nobody asks how fast they were drained.
	if ratio := drained / enqueued; ratio < producerRatio && s.done.Load() == out.Count && p.Producer != suite.Client {
		r.addFlag(results.FlagProducerBound, "throughput", "phase %s: the producer was %.1f times as fast as the workers, "+
			"below the %d times that its drain rate is trusted at", p.Name, ratio, producerRatio)
	}
	return nil
}

// quieter is a broker on which a worker that is held at the wrong moment would keep others waiting.
type quieter interface {
	// Quiet tells whether nobody is in the middle of something.
	Quiet(ctx context.Context) (bool, error)
	// Blocked tells whether somebody waits for another.
	Blocked(ctx context.Context) (bool, error)
}

// hold stops the workers at a moment at which none of them keeps a lock on the broker.
func (r *run) hold(ctx context.Context) error {
	q, ok := r.Broker.(quieter)
	for {
		if err := r.group.Hold(ctx); err != nil || !ok {
			return err
		}
		// What the workers asked for last may still be on its way, and open what it finds nobody to close.
		if !sleep(ctx, r.RTT) {
			return context.Cause(ctx)
		}
		quiet, err := q.Quiet(ctx)
		if quiet {
			return nil
		}
		r.group.Release()
		if err != nil {
			return err
		}
		if !sleep(ctx, r.RTT+time.Duration(1+r.rng.IntN(20))*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// unblocked sends a span while the workers are held. What one of them asked for before it was held may reach a busy
// server after it was quiet, and takes a lock that nobody gives back: the workers are then let go for a moment.
func (r *run) unblocked(ctx context.Context, phase string, s *span, send func() error) error {
	q, ok := r.Broker.(quieter)
	if !ok {
		return send()
	}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	let := 0
	go func() {
		taken := int64(-1)
		for sleep(watching, blockedLimit) {
			before := taken
			if taken = s.taken.Load(); taken != before {
				continue
			}
			blocked, err := q.Blocked(watching)
			if err == nil && blocked {
				let++
				r.group.Release()
				sleep(ctx, r.RTT+letGo)
				err = r.group.Hold(ctx)
			}
			if err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	err := send()
	stop()
	if werr := <-ended; !errors.Is(werr, context.Canceled) {
		err = errors.Join(err, werr)
	}
	if let > 0 {
		r.addFlag(results.FlagDisturbed, "*", "phase %s: the workers were let go for a moment (%d times) before their time: "+
			"one of them was held with a lock for which the enqueueing waited", phase, let)
	}
	return err
}

// open sends the span's tasks on their schedule while the workers work.
func (r *run) open(ctx context.Context, p suite.Phase, s *span, out *results.Phase, send sendFunc) error {
	unfinished, err := r.offered(ctx, p, s, out, send)
	if err != nil {
		return err
	}
	// A chain has all its steps before it, and takes as long as they do.
	if bound := max(int64(p.Rate), 50) * int64(r.Scenario.Steps()); unfinished > bound && p.Arrivals != suite.Trace {
		r.addFlag(results.FlagSaturated, "latency_p50 latency_p99", "phase %s: %d tasks were waiting when the last was sent, "+
			"more than one second's arrivals: the workers don't sustain %d tasks/s", p.Name, unfinished, p.Rate)
	}
	return nil
}

// offered sends the span's tasks on their schedule and waits for their end. waiting is how many had none when the last
// was sent.
func (r *run) offered(ctx context.Context, p suite.Phase, s *span, out *results.Phase, send sendFunc) (waiting int64, err error) {
	m := r.measure(s)
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

func (r *run) sendWire(ctx context.Context, p suite.Phase, s *span, start int64, out *results.Phase) error {
	var bytes int64
	var err error
	switch p.Arrivals {
	case suite.Backlog:
		bytes, err = loadgen.Backlog(ctx, r.Clock, r.wire(s))
	case suite.Trace:
		t := &loadgen.Trace{}
		for _, a := range p.Recorded {
			t.At = append(t.At, int64(a.At*float64(time.Second)))
		}
		bytes, err = loadgen.Paced(ctx, r.Clock, start, t, r.wire(s))
	case suite.Poisson:
		bytes, err = loadgen.Paced(ctx, r.Clock, start, loadgen.NewPoisson(float64(p.Rate), r.Trial.Seed), r.wire(s))
	default:
		bytes, err = loadgen.Paced(ctx, r.Clock, start, &loadgen.Constant{Rate: uint64(p.Rate), Period: time.Second}, r.wire(s))
	}
	out.BytesPerTask = float64(bytes) / float64(s.sends)
	return err
}

// drain waits until as many tasks are done as were sent. It gives up, without an error, at the limit, when every
// worker has ended and none is started again, or when nothing moves while the broker holds nothing.
func (r *run) drain(ctx context.Context, stage string, limit time.Duration, count func() (done, total int64)) error {
	deadline := r.Clock.Now() + int64(limit)
	lastDone, lastMove := int64(-1), r.Clock.Now()
	for {
		done, total := count()
		if done >= total {
			return nil
		}
		now := r.Clock.Now()
		if done != lastDone {
			lastDone, lastMove = done, now
		}
		exits, _ := r.group.Exits()
		if now > deadline || len(exits) == len(r.setup.Commands) && !r.struck.supervised.Load() {
			return nil
		}
		if now-lastMove > int64(stallLimit) {
			if depth, err := r.Broker.Depth(ctx, r.setup.Places); err == nil && depth == 0 {
				return nil
			}
			lastMove = now
		}
		r.tell(stage, done, total)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-r.collect.turn:
		}
	}
}

// The bounds of what a trial may look like without a flag.
const (
	// stealBound is the share of CPU time that the hypervisor may withhold.
	stealBound = 0.02
	// othersBound is the share of CPU time that other processes may use.
	othersBound = 0.10
	// lateBound is how late after its intended time the 99th percentile of sends may be. Lateness is in every
	// latency, on both sides alike; beyond this it would be a visible part of it.
	lateBound = 5 * time.Millisecond
	// lateShare is how much of the median latency the median lateness may be before that is told. It keeps no trial out:
	// it is in both sides' latencies, and so makes their ratio smaller, not larger.
	lateShare = 0.01
	// producerRatio is how many times faster than the workers a backlog must have been queued.
	producerRatio = 5
)

// lateness notes how well the schedule was kept.
func (r *run) lateness(p suite.Phase, s *span, out *results.Phase) {
	if p.Arrivals == suite.Backlog {
		return
	}
	late := make([]int64, s.sends)
	for i := range late {
		late[i] = s.tasks[i].sent - s.tasks[i].intended
	}
	sort.Slice(late, func(i, j int) bool { return late[i] < late[j] })
	out.LateP50, out.LateP99, out.LateMax = rank(late, 0.5), rank(late, 0.99), late[len(late)-1]
	if p.Producer != suite.Wire {
		return
	}
	if out.LateP99 > int64(lateBound) {
		r.addFlag(results.FlagLate, "latency_p50 latency_p99", "phase %s: the generator's 99th percentile was %s late, more than %s",
			p.Name, time.Duration(out.LateP99).Round(10*time.Microsecond), lateBound)
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
	return rank(latencies, 0.5)
}

// rank is the nearest-rank quantile of sorted values.
func rank(sorted []int64, q float64) int64 {
	return sorted[max(int(math.Ceil(q*float64(len(sorted)))), 1)-1]
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

// flag looks at the trial as a whole.
func (r *run) flag() {
	c := r.result.Counts
	for _, f := range []struct {
		code, metrics, what string
		n                   int64
	}{
		{results.FlagLost, "*", "were lost: the broker took them and no worker ran them", c.Lost},
		{results.FlagDuplicated, "*", "ran more than once", c.Duplicated},
		{results.FlagFailed, "*", "failed, though none was meant to", c.Failed},
		{results.FlagRejected, "*", "were refused by the broker, or it gave no answer", c.Rejected},
		{results.FlagUnexpected, "*", "records carry a number that was never sent", c.Unexpected},
	} {
		if f.n > 0 {
			r.addFlag(f.code, f.metrics, "%d of %d tasks %s", f.n, c.Sent+c.Rejected, f.what)
		}
	}
}

// backlogCost notes what the harness itself used while a backlog drained.
func (r *run) backlogCost(out *results.Phase) {
	u := out.HarnessUsage
	if u.WallSeconds > 0 {
		r.result.Harness.CPUShare = max(r.result.Harness.CPUShare, u.CPUSeconds/u.WallSeconds)
	}
	r.result.Harness.PSSMiB = max(r.result.Harness.PSSMiB, u.PSSMiB)
}

// usageOf turns two readings into what was used between them.
func usageOf(before, after process.Usage, pss int64, wall float64, measured bool) results.Usage {
	return results.Usage{
		Measured: measured, CPUSeconds: (after.CPU - before.CPU).Seconds(), WallSeconds: wall,
		PSSMiB:            float64(pss) / (1 << 20),
		VoluntarySwitches: after.Voluntary - before.Voluntary, InvoluntarySwitches: after.Involuntary - before.Involuntary,
		Processes: after.Processes,
	}
}
