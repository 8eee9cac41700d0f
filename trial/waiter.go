package trial

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

const (
	// stallLimit ends a drain in which nothing happens while the broker holds no tasks, unless they take long. Before a user's first task has
	// ended, how long they take isn't known, and firstLimit does.
	stallLimit = 5 * time.Second
	firstLimit = 30 * time.Second
	// settleEvery is how often to ask whether the broker still holds tasks.
	settleEvery = 50 * time.Millisecond
	// settleLimit is how long to wait: tasks with a delay, or that enqueue themselves, may never be over.
	settleLimit = time.Minute
	// settleSilence is how long no such task may have ended.
	settleSilence = 1500 * time.Millisecond
	// stuckLimit ends a drain in which no task ends while the broker holds some, unless they take long. As installed, a failed task may wait a
	// minute for its next attempt.
	stuckLimit = 90 * time.Second
	// emptyFor is for how long a broker must hold no tasks. AsyncTasQ's workers fetch all tasks with a delay once a second and give back those
	// that aren't due: in between, RabbitMQ counts none.
	emptyFor = 100 * time.Millisecond
)

// emptiness is since when a broker has held no tasks in each reading; 0 if it held some in the last one, or gave no answer.
type emptiness int64

// lasts takes a reading, and reports whether the broker is empty, and not for a moment only.
func (e *emptiness) lasts(now, depth int64, err error) bool {
	switch {
	case err != nil || depth > 0:
		*e = 0
	case *e == 0:
		*e = emptiness(now)
	}
	return *e > 0 && now-int64(*e) >= int64(emptyFor)
}

// waiter waits for tasks to end, as long as there is hope.
type waiter struct {
	clock   *clock.Clock
	broker  broker.Broker
	places  []broker.Place
	fleet   *fleet
	ledger  *ledger
	collect *collector
	rec     *recorder
	// limit is how long a drain may take.
	limit time.Duration
	// own says that the tasks are the user's.
	own bool
	// faulty says that the trial has a fault, so that no silence means an end.
	faulty bool
	// back is until when the tasks of killed workers may come back, even if a drain's limit is over; 0 if none were killed.
	back atomic.Int64
}

// drain waits until all sent tasks are done. It gives up, without an error, when patience is over.
func (w *waiter) drain(ctx context.Context, stage string, count func() (done, total int64)) error {
	return w.drainWithin(ctx, w.limit, stage, count)
}

// drainWithin is drain with another limit.
func (w *waiter) drainWithin(ctx context.Context, limit time.Duration, stage string, count func() (done, total int64)) error {
	p := w.patience(limit)
	for {
		done, total := count()
		if done >= total || p.over(ctx, done) {
			return nil
		}
		w.rec.tell(stage, done, total)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-w.collect.turn:
		}
	}
}

// settle waits until the broker holds no tasks, if a user's tasks may have enqueued others, and returns how many it holds when patience is
// over: they would add to the next load. Workers may hold tasks that a broker doesn't count, such as those with a delay of a second, so
// there must also be silence.
func (w *waiter) settle(ctx context.Context) (left int64, err error) {
	if !w.own {
		return 0, nil
	}
	p := w.patience(min(w.limit, settleLimit))
	var empty emptiness
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	for {
		if left, err = w.broker.Depth(ctx, w.places); err != nil {
			return 0, orCause(ctx, err)
		}
		follows := w.ledger.follows()
		over := p.over(ctx, follows)
		silent := follows == 0 || w.clock.Now()-p.ended > int64(settleSilence)
		if empty.lasts(w.clock.Now(), left, nil) && silent || over {
			return left, nil
		}
		w.rec.tell("tasks that tasks enqueued", follows, follows+left)
		select {
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		case <-tick.C:
		}
	}
}

// patience is how long to wait for a drain.
type patience struct {
	waiter   *waiter
	deadline int64
	// done is the last number of done tasks, ended when it changed; at looked, the broker was last asked.
	done, ended, looked int64
	// empty is since when the broker has been.
	empty emptiness
}

func (w *waiter) patience(limit time.Duration) *patience {
	now := w.clock.Now()
	return &patience{waiter: w, deadline: max(now+int64(limit), w.back.Load()), done: -1, ended: now, looked: now}
}

// over reports whether to give up at this number of done tasks: the limit is reached, every worker has ended and none is restarted, nothing
// happens after a host was lost, nothing happens while the broker holds no tasks, or no task has ended for long. In a trial with a fault, tasks may come back at any time.
func (p *patience) over(ctx context.Context, done int64) bool {
	w, now := p.waiter, p.waiter.clock.Now()
	if done != p.done {
		p.done, p.ended, p.looked, p.empty = done, now, now, 0
	}
	if now > p.deadline || w.fleet.gone() {
		return true
	}
	if now-p.ended > int64(stallLimit) && len(w.ledger.losses()) > 0 {
		return true // what a lost host held may never come back
	}
	// Several brokers don't count the tasks that workers run.
	stall := max(stallLimit, 2*time.Duration(w.ledger.longest.Load()))
	if w.own && done <= 0 {
		stall = max(stall, firstLimit)
	}
	if now-p.looked > int64(stall) {
		depth, err := w.broker.Depth(ctx, w.places)
		if p.empty.lasts(now, depth, err) {
			return true
		}
		if p.empty == 0 {
			p.looked = now // otherwise, the next look is the caller's next one
		}
	}
	stuck := max(stuckLimit, 10*time.Duration(w.ledger.longest.Load()))
	return !w.faulty && now-p.ended > int64(stuck)
}

// until waits until ok, which the collector's goroutine calls after each reading of the probe files. It fails when the context ends or when
// every worker has ended.
func (w *waiter) until(ctx context.Context, ok func() bool) error {
	for {
		_, changed := w.fleet.group.Exits()
		if err := w.fleet.dead(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
		case <-w.collect.turn:
			if ok() {
				return nil
			}
		}
	}
}

// orCause prefers a context's cause to the error that follows from it.
func orCause(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}
