package loadgen

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tqbench/tqbench/broker"
	"github.com/tqbench/tqbench/internal/clock"
)

// Publisher takes messages; a broker is one.
type Publisher interface {
	Publish(ctx context.Context, messages []broker.Message) (int, error)
}

// Batcher is a publisher that takes no more than so many messages in one call, and as many calls at once.
type Batcher interface {
	Batches() (messages, calls int)
}

// Encode appends the body of task i's message to dst, and sets where the message goes and its properties, where its
// broker has such; m may hold those of an earlier task. Each sending goroutine has its own.
type Encode func(dst []byte, m *broker.Message, i int) ([]byte, error)

// Load is what is to be sent.
type Load struct {
	// N is the number of tasks, numbered from 0.
	N int
	// NewEncode makes an encoder for one sending goroutine.
	NewEncode func() (Encode, error)
	// Publisher takes the messages.
	Publisher Publisher
	// Record is told of task i: when it was meant to be sent, when it was, and when the broker had it. acked is 0 for
	// one that the broker refused, and Unknown for one of which nobody can tell. It is called from many goroutines, once
	// a task.
	Record func(i int, intended, sent, acked int64)
	// Alone lets a paced publish take one task only: where a publisher works on one at a time, those that are due
	// together would wait for each other.
	Alone bool
}

// Unknown stands for the time at which the broker had a task when its answer is missing: it may have it, or not.
const Unknown = -1

const (
	// backlogBatch is how many messages one publish takes in a backlog: past a few hundred nothing is gained.
	backlogBatch = 500
	// backlogSenders lets one encode while the other waits for the broker.
	backlogSenders = 2
	// openSenders bounds how many publishes are on their way at once; what is due while all of them wait goes
	// out together with the next.
	openSenders = 16
	// openBatch bounds how many due tasks one publish takes.
	openBatch = 64
	// aloneSenders bounds how many single tasks are on their way at once.
	aloneSenders = 256
)

// Backlog sends all tasks as fast as the broker takes them. It returns the bytes sent.
func Backlog(ctx context.Context, c *clock.Clock, l Load) (bytes int64, err error) {
	batch, senders := backlogBatch, backlogSenders
	if b, ok := l.Publisher.(Batcher); ok {
		batch, senders = b.Batches()
	}
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

// Paced sends each task at its time after start and never waits for answers. It returns when all have been taken by
// the broker or have failed.
func Paced(ctx context.Context, c *clock.Clock, start int64, a Arrivals, l Load) (bytes int64, err error) {
	var sum atomic.Int64
	intended := make([]int64, l.N)
	// The channel holds them all, so that the schedule never waits for a sender.
	due := make(chan int, l.N)
	senders, batch := openSenders, openBatch
	if l.Alone {
		senders, batch = aloneSenders, 1
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	scheduled := make(chan error, 1)
	go func() {
		defer close(due)
		timer, release, err := newThreadTimer(c)
		if err != nil {
			scheduled <- err
			return
		}
		defer release()
		scheduled <- dispatch(ctx, timer, start, a, intended, due)
	}()
	send := func(ctx context.Context) error {
		s, err := newSender(c, l)
		if err != nil {
			return err
		}
		indices := make([]int, 0, openBatch)
		for i := range due {
			indices = append(indices[:0], i)
		more:
			for len(indices) < batch {
				select {
				case j, ok := <-due:
					if !ok {
						break more
					}
					indices = append(indices, j)
				default:
					break more
				}
			}
			n, err := s.send(ctx, indices, intended)
			sum.Add(n)
			if err != nil && ctx.Err() != nil {
				return err
			}
		}
		return nil
	}
	err = together(ctx, senders, send)
	cancel()
	if serr := <-scheduled; serr != nil && !errors.Is(serr, context.Canceled) {
		err = errors.Join(serr, err)
	}
	return sum.Load(), err
}

// dispatch hands out each task's number at its time.
func dispatch(ctx context.Context, t Timer, start int64, a Arrivals, intended []int64, due chan<- int) error {
	for i := range intended {
		intended[i] = start + a.Next()
		if err := t.SleepUntil(ctx, intended[i]); err != nil {
			return err
		}
		due <- i
	}
	return nil
}

// together runs n copies of f and returns the first error; one that fails stops the others.
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

// sender encodes and publishes from one goroutine, with buffers of its own.
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

// send publishes the tasks together and records each. intended is nil where a task is meant to be sent when it is.
func (s *sender) send(ctx context.Context, indices []int, intended []int64) (bytes int64, err error) {
	s.arena, s.ends = s.arena[:0], s.ends[:0]
	// Messages are used again, so that their properties need not be made anew.
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
