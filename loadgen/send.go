package loadgen

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

// Publisher accepts messages; a broker is one.
type Publisher interface {
	Publish(ctx context.Context, messages []broker.Message) (int, error)
}

// Batcher is a publisher with limits for the messages in one call and for concurrent calls.
type Batcher interface {
	Batches() (messages, calls int)
}

// Encode appends the body of task i's message to dst, and sets the message's destination and its properties, if its broker has them; m may
// hold those of an earlier task. Each sending goroutine has its own.
type Encode func(dst []byte, m *broker.Message, i int) ([]byte, error)

// Load is what to send.
type Load struct {
	// N is the number of tasks, numbered from 0.
	N int
	// NewEncode makes an encoder for one sending goroutine.
	NewEncode func() (Encode, error)
	// Publisher accepts the messages.
	Publisher Publisher
	// Record gets task i's intended time, its sending time, and the broker's confirmation. acked is 0 if the broker refused it, and Unknown
	// if the result is unknown. Many goroutines call it, once per task.
	Record func(i int, intended, sent, acked int64)
	// Alone limits a paced publish to one task: if a publisher works on one at a time, tasks that are due together would wait for each
	// other.
	Alone bool
}

// Unknown replaces the time of the broker's confirmation if its answer is missing: the broker may have the task, or not.
const Unknown = -1

const (
	// backlogBatch is how many messages one publish takes in a backlog: beyond a few hundred, nothing is gained.
	backlogBatch = 500
	// backlogSenders lets one encode while the other waits for the broker.
	backlogSenders = 2
	// openSenders bounds the publishes under way; tasks that become due while all of them wait are sent together with the next.
	openSenders = 16
	// openBatch bounds how many due tasks one publish takes.
	openBatch = 64
	// aloneSenders bounds the single tasks under way.
	aloneSenders = 256
)

// Backlog sends all tasks as fast as the broker accepts them. It returns the bytes sent.
func Backlog(ctx context.Context, c *clock.Clock, l Load) (bytes int64, err error) {
	batch, senders := backlogBatch, backlogSenders
	if b, ok := broker.As[Batcher](l.Publisher); ok {
		batch, senders = b.Batches()
	}
	senders = min(senders, (l.N+batch-1)/batch)
	var next, sum atomic.Int64
	send := func(ctx context.Context) error {
		s, err := newSender(c, l)
		if err != nil {
			return err
		}
		indices := make([]int, 0, batch)
		for ctx.Err() == nil {
			first := int(next.Add(int64(batch))) - batch
			if first >= l.N {
				break
			}
			indices = indices[:0]
			for i := first; i < min(first+batch, l.N); i++ {
				indices = append(indices, i)
			}
			n, err := s.send(ctx, indices, nil)
			sum.Add(n)
			if err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	err = together(ctx, senders, send)
	return sum.Load(), err
}

// Paced sends each task at its time after start and never waits for answers. It returns when the broker has accepted all, or they have
// failed.
func Paced(ctx context.Context, c *clock.Clock, start int64, a Arrivals, l Load) (bytes int64, err error) {
	var sum atomic.Int64
	q := newQueue(NewTimer(c), start, a, l.N)
	senders, batch := openSenders, openBatch
	if l.Alone {
		senders, batch = aloneSenders, 1
	}
	send := func(ctx context.Context) error {
		s, err := newSender(c, l)
		if err != nil {
			return err
		}
		indices := make([]int, 0, batch)
		for {
			if indices, err = q.take(ctx, indices[:0], batch); err != nil || len(indices) == 0 {
				return err
			}
			n, err := s.send(ctx, indices, q.intended)
			sum.Add(n)
			if err != nil && ctx.Err() != nil {
				return err
			}
		}
	}
	err = together(ctx, senders, send)
	return sum.Load(), err
}

// queue hands out a schedule's tasks. Its senders take turns in waiting for the next task: the one that wakes up sends it, and another
// waits for the next. A single waiter would have to wake a sender for each, and the second wake-up takes as long as the first.
type queue struct {
	timer    Timer
	arrivals Arrivals
	start    int64
	intended []int64

	mu sync.Mutex
	// free says that no sender waits for the next task, awaited that one does. A mutex alone would, after a millisecond, pass to a sleeping
	// sender, even if one that is awake asks for it.
	free    sync.Cond
	awaited bool
	// next is the first task that was not taken; known says that intended has its time.
	next  int
	known bool
}

func newQueue(t Timer, start int64, a Arrivals, n int) *queue {
	q := &queue{timer: t, start: start, arrivals: a, intended: make([]int64, n)}
	q.free.L = &q.mu
	return q
}

// take waits for the next task and appends it to dst, with those that are also due by then, up to most. If it appends nothing, none are
// left.
func (q *queue) take(ctx context.Context, dst []int, most int) ([]int, error) {
	q.lead()
	defer q.leave()
	if q.next == len(q.intended) {
		return dst, nil
	}
	if err := q.timer.SleepUntil(ctx, q.due()); err != nil {
		return dst, err
	}
	for now := q.timer.Now(); len(dst) < most && q.next < len(q.intended) && q.due() <= now; q.next, q.known = q.next+1, false {
		dst = append(dst, q.next)
	}
	return dst, nil
}

// lead makes the caller the one that waits.
func (q *queue) lead() {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.awaited {
		q.free.Wait()
	}
	q.awaited = true
}

func (q *queue) leave() {
	q.mu.Lock()
	q.awaited = false
	q.mu.Unlock()
	q.free.Signal()
}

// due is when the next task is due.
func (q *queue) due() int64 {
	if !q.known {
		q.intended[q.next], q.known = q.start+q.arrivals.Next(), true
	}
	return q.intended[q.next]
}

// together runs n copies of f and returns the first error, which stops the others.
func together(ctx context.Context, n int, f func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if err := f(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// sender encodes and publishes from one goroutine, with its own buffers.
type sender struct {
	clock    *clock.Clock
	load     Load
	encode   Encode
	arena    []byte
	ends     []int
	messages []broker.Message
}

func newSender(c *clock.Clock, l Load) (*sender, error) {
	encode, err := l.NewEncode()
	if err != nil {
		return nil, err
	}
	return &sender{clock: c, load: l, encode: encode}, nil
}

// send publishes the tasks together and records each. intended is nil if the sending time is the intended one.
func (s *sender) send(ctx context.Context, indices []int, intended []int64) (bytes int64, err error) {
	s.arena, s.ends = s.arena[:0], s.ends[:0]
	// Reuse messages, so that their properties need not be made again.
	for len(s.messages) < len(indices) {
		s.messages = append(s.messages, broker.Message{})
	}
	messages := s.messages[:len(indices)]
	for k, i := range indices {
		if s.arena, err = s.encode(s.arena, &messages[k], i); err != nil {
			return 0, err
		}
		s.ends = append(s.ends, len(s.arena))
	}
	begin := 0
	for k, end := range s.ends {
		messages[k].Body = s.arena[begin:end]
		begin = end
	}
	sent := s.clock.Now()
	taken, err := s.load.Publisher.Publish(ctx, messages)
	acked := s.clock.Now()
	untaken := int64(Unknown)
	if broker.Refused(err) {
		untaken = 0
	}
	for k, i := range indices {
		due := sent
		if intended != nil {
			due = intended[i]
		}
		if k < taken {
			s.load.Record(i, due, sent, acked)
		} else {
			s.load.Record(i, due, sent, untaken)
		}
	}
	return int64(len(s.arena)), err
}
